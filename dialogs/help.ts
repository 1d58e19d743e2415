import type { Attachment, TurnContext } from 'botbuilder';
import { helpCard } from '../cards/talk-cards.ts';
import { rightsOf } from '../src/access.ts';
import { actions } from '../src/actions/index.ts';
import type { DialogServices } from './services.ts';

/** What this person may do here, by task, each with an example that would work. */
export function helpFor(
  { inventory, access, speakerOf }: Pick<DialogServices, 'inventory' | 'access' | 'speakerOf'>,
  context: TurnContext,
): Attachment {
  const { person, place } = speakerOf(context);
  const { rights, devicesFor } = rightsOf(person, place, access);
  const may = new Set<string>(rights);
  const deviceFor = (right: (typeof rights)[number]) => devicesFor(right, inventory.all())[0];
  const acting = actions.flatMap(({ name, title, example }) => {
    const right = rights.find((each) => each === name);
    const device = right && deviceFor(right);
    return device === undefined ? [] : [{ title, example: example(device) }];
  });
  const some = deviceFor('events') ?? deviceFor('show-reboot');
  const quiet = deviceFor('alerts');
  const tasks = [
    ...acting,
    ...(may.has('show-reboot') ? [{ title: 'See what is scheduled', example: 'show reboots' }] : []),
    ...(may.has('events') && some !== undefined ? [{ title: 'See what happened', example: `events ${some}` }] : []),
    ...(may.has('devices') ? [{ title: 'See the devices', example: 'devices' }] : []),
    ...(may.has('alerts') ? [{ title: 'Have alerts posted in this conversation', example: 'alerts here' }] : []),
    ...(may.has('alerts') && quiet !== undefined
      ? [{ title: 'Keep a device quiet for a while', example: `mute ${quiet} for 8 hours` }]
      : []),
    { title: 'Stop a question, close your open cards here', example: 'cancel' },
  ];
  const more = access.isLocal ? '' : ` For more rights, ask ${access.ask}.`;
  const rightsLine =
    acting.length > 0
      ? `Nothing is sent to a device before you confirm it on a card.${more}`
      : rights.length > 0
        ? `You may look here, not act.${more}`
        : `You have no rights here.${more}`;
  return helpCard({ tasks, rights: rightsLine });
}
