import { ActionTypes, type Activity, type TurnContext } from 'botbuilder';
import { cardMessage } from '../cards/card.ts';
import { helpCard, type Tab, welcomeCard } from '../cards/talk-cards.ts';
import { type Right, rightsInWords, rightsOf } from '../src/access.ts';
import { actions } from '../src/actions/index.ts';
import type { DialogServices } from './services.ts';

type Services = Pick<DialogServices, 'inventory' | 'access' | 'speakerOf'>;

/** Teams shows no more of them. */
const MOST_SUGGESTED = 3;

/** What this person may do here, by task, each with an example that would work. */
export function helpFor(services: Services, context: TurnContext): Partial<Activity> {
  const { tabs, limits, suggested } = possibilities(services, context);
  return suggesting(suggested, cardMessage(helpCard({ tabs, rights: limits })), services, context);
}

/** What people see first where the bot was added: what the person who added it may do, and how to speak to it. */
export function welcomeFor(services: Services, context: TurnContext): Partial<Activity> {
  const { access, speakerOf } = services;
  const { person, place } = speakerOf(context);
  const { rights, limits, suggested } = possibilities(services, context);
  const name = context.activity.recipient.name || 'Network Assistant';
  const may = rightsInWords(rights);
  if (place.kind === 'personal') {
    const lines = may === '' ? [limits] : [`You may ${may}.`, limits];
    const card = welcomeCard({ name, lines, say: [...suggested, 'help'] });
    return suggesting(suggested, cardMessage(card), services, context);
  }
  const mayAlert = rights.includes('alerts');
  const here = place.kind === 'channel' ? 'this channel' : 'this chat';
  const alerts = `@${name} alerts here`;
  const lines = [
    `In ${here}, mention it in every message, such as: @${name} help`,
    mayAlert
      ? `To get the alerts in ${here}, write: ${alerts}`
      : `To get the alerts in ${here}, ask somebody with that right to write: ${alerts}`,
    access.isLocal
      ? `Everybody here may ${may}.`
      : `${person.name} may ${may || 'do nothing here'}. Write help to see what you may do.`,
    ...(may === '' ? [limits] : []),
  ];
  return cardMessage(welcomeCard({ name, lines, say: [...(mayAlert ? ['alerts here'] : []), 'help'] }));
}

/** With buttons above the box to write in; Teams has them in every chat, but in others the mention would be missing. */
function suggesting(
  suggested: string[],
  message: Partial<Activity>,
  { speakerOf }: Services,
  context: TurnContext,
): Partial<Activity> {
  if (speakerOf(context).place.kind !== 'personal' || suggested.length === 0) return message;
  const buttons = suggested.map((say) => ({ type: ActionTypes.ImBack, title: say, value: say }));
  return { ...message, suggestedActions: { to: [context.activity.from.id], actions: buttons } };
}

function possibilities({ inventory, access, speakerOf }: Services, context: TurnContext) {
  const { person, place } = speakerOf(context);
  const { rights: all, devicesFor } = rightsOf(person, place, access);
  const deviceFor = (right: Right) => devicesFor(right, inventory.all())[0];
  // Who may act on no device may not act.
  const rights = all.filter((right) => deviceFor(right) !== undefined || actions.every(({ name }) => name !== right));
  const acting = actions.flatMap(({ name, title, example }) => {
    const right = rights.find((each) => each === name);
    const device = right && deviceFor(right);
    return device === undefined ? [] : [{ title, example: example(device) }];
  });
  const look = (right: Right, title: string, example: string) => {
    const device = deviceFor(right);
    if (!rights.includes(right) || (example.includes('DEVICE') && device === undefined)) return [];
    return [{ title, example: example.replace('DEVICE', device ?? '') }];
  };
  const scheduled = look('show-reboot', 'See what is scheduled', 'show reboots');
  const happened = look('events', 'See what happened', 'events DEVICE');
  const tabs: Tab[] = [
    { title: 'Devices', tasks: [...acting, ...scheduled, ...look('devices', 'See the devices', 'devices')] },
    {
      title: 'Alerts',
      tasks: [
        ...happened,
        ...look('alerts', 'Have the alerts posted here', 'alerts here'),
        ...look('alerts', 'Have them posted nowhere', 'alerts off'),
        ...look('alerts', 'Keep a device quiet for a while', 'mute DEVICE for 8 hours'),
        ...look('events', 'See what is kept quiet', 'muted'),
      ],
    },
  ];
  const more = access.isLocal ? '' : ` For more rights, ask ${access.ask}.`;
  const limits =
    acting.length > 0
      ? `Nothing is sent to a device before you confirm it on a card.${more}`
      : rights.length > 0
        ? `You may view devices and events here, but not change anything.${more}`
        : `You have no rights here.${more}`;
  // What only shows something comes first: a thumb that slips asks for nothing.
  const examples = [...happened, ...scheduled, ...acting.slice(0, 1)].map(({ example }) => example);
  return { rights, tabs, limits, suggested: examples.slice(0, MOST_SUGGESTED) };
}
