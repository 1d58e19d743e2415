import type { TurnContext } from 'botbuilder';
import {
  ComponentDialog,
  Dialog,
  type DialogContext,
  type DialogTurnResult,
  DialogTurnStatus,
} from 'botbuilder-dialogs';
import { cardMessage } from '../cards/card.ts';
import { devicesCard, unknownCard } from '../cards/talk-cards.ts';
import { mayDo, type Right, rightsOf } from '../src/access.ts';
import { actions } from '../src/actions/index.ts';
import { takesBack } from '../src/intent/answer.ts';
import type { Intent } from '../src/intent/intent.ts';
import { nearest } from '../src/intent/nearest.ts';
import { ActionDialog } from './action-dialog.ts';
import { helpFor } from './help.ts';
import { type DialogServices, understood } from './services.ts';

const ROOT = 'root';
const ACTION = 'action';

/** The right each intent needs; the others are for everybody. */
const RIGHTS: Partial<Record<Intent['intent'], Right>> = {
  reboot: 'reboot',
  'cancel-reboot': 'cancel-reboot',
  'restart-process': 'restart-process',
  'collect-logs': 'collect-logs',
  'show-reboot': 'show-reboot',
  events: 'events',
  devices: 'devices',
  'alerts-here': 'alerts',
  'alerts-off': 'alerts',
  mute: 'alerts',
  unmute: 'alerts',
  muted: 'events',
};

/**
 * Every message enters here: understood, checked for rights, and answered or handed to the waterfall of actions.
 * This is also the one place where "cancel", "help" and a new command interrupt a question that is open.
 */
export class RootDialog extends ComponentDialog {
  readonly #services: DialogServices;

  constructor(services: DialogServices) {
    super(ROOT);
    this.#services = services;
    this.addDialog(new ActionDialog(ACTION, services));
  }

  protected override async onBeginDialog(inner: DialogContext): Promise<DialogTurnResult> {
    return await this.#answer(inner, this.#understand(inner.context));
  }

  protected override async onContinueDialog(inner: DialogContext): Promise<DialogTurnResult> {
    const intent = this.#understand(inner.context);
    if (intent.intent === 'unknown') return await inner.continueDialog();
    if (intent.intent === 'cancel' || actions.some(({ name }) => name === intent.intent)) {
      await inner.cancelAllDialogs();
      return await this.#answer(inner, intent, true);
    }
    await this.#answer(inner, intent);
    await inner.repromptDialog();
    return Dialog.EndOfTurn;
  }

  #understand(context: TurnContext): Intent {
    return understood(context.activity.text ?? '', this.#services, context);
  }

  async #answer(inner: DialogContext, intent: Intent, hadQuestion = false): Promise<DialogTurnResult> {
    const { context } = inner;
    const { alertsHere, alertsOff, mute, unmute, muted, cancel, showReboots, recentEvents } = this.#services;
    if (!(await this.#isAllowed(intent, context))) return { status: DialogTurnStatus.complete };
    switch (intent.intent) {
      case 'reboot':
      case 'cancel-reboot':
      case 'restart-process':
      case 'collect-logs':
        if (intent.when?.kind === 'unclear' && takesBack(intent.when.text)) {
          await this.#notUnderstood(context);
          break;
        }
        if (intent.when?.kind === 'unclear' && intent.intent !== 'reboot') {
          const text = `I did not understand "${intent.when.text}", so nothing was done. Say it again without that.`;
          await context.sendActivity(text);
          break;
        }
        // "cancel all reboots": first see which there are; each has its button.
        if (intent.intent === 'cancel-reboot' && isAboutAll(intent)) {
          await context.sendActivity(cardMessage(await showReboots([], context)));
          break;
        }
        return await inner.beginDialog(ACTION, { action: intent.intent, intent });
      case 'show-reboot':
      case 'events':
        if (intent.unresolved.length > 0) await context.sendActivity(this.#noSuchDevice(intent, context));
        else {
          const show = intent.intent === 'events' ? recentEvents : showReboots;
          await context.sendActivity(cardMessage(await show(intent.devices, context)));
        }
        break;
      case 'devices':
        await context.sendActivity(cardMessage(this.#devices(intent, context)));
        break;
      case 'alerts-here':
        await context.sendActivity(await alertsHere(context));
        break;
      case 'alerts-off':
        await context.sendActivity(await alertsOff(context));
        break;
      case 'mute':
        await context.sendActivity(await mute(intent, context));
        break;
      case 'unmute':
        await context.sendActivity(await unmute(intent, context));
        break;
      case 'muted':
        await context.sendActivity(cardMessage(muted(context)));
        break;
      case 'help':
      case 'greeting':
        await context.sendActivity(helpFor(this.#services, context));
        break;
      case 'thanks':
        await context.sendActivity('You are welcome.');
        break;
      case 'cancel':
        await context.sendActivity(await cancel(context, hadQuestion));
        break;
      case 'unknown':
        await this.#notUnderstood(context);
        break;
    }
    return { status: DialogTurnStatus.complete };
  }

  /** Says no, and keeps an account of every request that needs a right. */
  async #isAllowed(intent: Intent, context: TurnContext): Promise<boolean> {
    const right = RIGHTS[intent.intent];
    if (right === undefined) return true;
    const { inventory, access, speakerOf, record } = this.#services;
    const { person, place } = speakerOf(context);
    const devices = intent.devices.flatMap((name) => inventory.find(name) ?? []);
    const verdict = mayDo(person, right, devices, place, access);
    record(
      verdict.isAllowed
        ? { kind: 'request', intent, result: null, detail: null }
        : { kind: 'refused', intent, result: verdict.reason, detail: verdict.sentence },
      context,
    );
    if (!verdict.isAllowed) await context.sendActivity(verdict.sentence);
    return verdict.isAllowed;
  }

  #devices({ devices }: Intent, context: TurnContext) {
    const { inventory, access, speakerOf } = this.#services;
    const { person, place } = speakerOf(context);
    const mine = new Set(rightsOf(person, place, access).devicesFor('devices', inventory.all()));
    const asked = devices.length > 0 ? new Set(devices) : null;
    const sites = inventory.sites().map((site) => ({
      site,
      devices: inventory
        .all()
        .filter((device) => device.site === site && mine.has(device.name) && (asked?.has(device.name) ?? true))
        .map(({ name }) => name),
    }));
    return devicesCard(asked ? sites.filter((each) => each.devices.length > 0) : sites);
  }

  async #notUnderstood(context: TurnContext): Promise<void> {
    const { inventory, processes, access, speakerOf, notUnderstood, recentDevices } = this.#services;
    const text = context.activity.text ?? '';
    const { person, place } = speakerOf(context);
    const { rights, devicesFor } = rightsOf(person, place, access);
    const [recent] = await recentDevices(context);
    const examples = nearest(text, {
      inventory,
      processes,
      intents: new Set<string>(rights),
      device: recent ?? devicesFor('devices', inventory.all())[0] ?? null,
    });
    await notUnderstood(text, context);
    await context.sendActivity(cardMessage(unknownCard({ examples: [...examples, 'help'] })));
  }

  /** Near names are told only of devices that this person may ask about. */
  #noSuchDevice({ intent, unresolved }: Intent, context: TurnContext): string {
    const { inventory, access, speakerOf } = this.#services;
    const { person, place } = speakerOf(context);
    const right = RIGHTS[intent] ?? 'devices';
    const mine = new Set(rightsOf(person, place, access).devicesFor(right, inventory.all()));
    return unresolved
      .map(({ text, suggestions }) => {
        const near = suggestions.filter((name) => mine.has(name));
        const offer = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
        return `There is no device called "${text}" here.${offer}`;
      })
      .join(' ');
  }
}

/** No device was named, and none misspelt. */
function isAboutAll({ devices, unresolved }: Intent): boolean {
  return devices.length === 0 && unresolved.every(({ text }) => /^(?:all|everything)\b/i.test(text));
}
