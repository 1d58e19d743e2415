import type { Attachment, TurnContext } from 'botbuilder';
import {
  ComponentDialog,
  Dialog,
  type DialogContext,
  type DialogTurnResult,
  DialogTurnStatus,
} from 'botbuilder-dialogs';
import { cardMessage } from '../cards/card.ts';
import { choicesCard, helpCard } from '../cards/talk-cards.ts';
import { type AccessRules, mayAct } from '../src/access.ts';
import { actions } from '../src/actions/index.ts';
import { takesBack } from '../src/intent/answer.ts';
import type { Intent } from '../src/intent/intent.ts';
import { understand } from '../src/intent/understand.ts';
import type { Inventory } from '../src/inventory.ts';
import type { Person } from '../src/store/store.ts';
import { ActionDialog, type ActionRequest } from './action-dialog.ts';

/** What the dialogs need from outside. They do no I/O of their own. */
export interface DialogServices {
  inventory: Inventory;
  access: AccessRules;
  locale: string;
  now: () => number;
  personOf: (context: TurnContext) => Person;
  zoneOf: (context: TurnContext) => string;
  /** Stores a confirmation and returns its card and what to do with the posted card's id. */
  propose: (
    request: ActionRequest,
    context: TurnContext,
  ) => Promise<{ card: Attachment; posted: (activityId: string) => Promise<void> }>;
  /** Closes the cards this person has open here; returns the sentence to answer. */
  cancel: (context: TurnContext, hadQuestion: boolean) => Promise<string>;
  /** Makes this conversation the one alerts go to; returns the sentence to answer. */
  alertsHere: (context: TurnContext) => Promise<string>;
}

const ROOT = 'root';
const ACTION = 'action';

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
    if (intent.intent === 'cancel' || intent.intent === 'reboot') {
      await inner.cancelAllDialogs();
      return await this.#answer(inner, intent, true);
    }
    await this.#answer(inner, intent);
    await inner.repromptDialog();
    return Dialog.EndOfTurn;
  }

  #understand(context: TurnContext): Intent {
    const { inventory, locale, now, zoneOf } = this.#services;
    return understand(context.activity.text ?? '', {
      now: new Date(now()),
      zone: zoneOf(context),
      locale,
      inventory,
      processes: [],
    });
  }

  async #answer(inner: DialogContext, intent: Intent, hadQuestion = false): Promise<DialogTurnResult> {
    const { context } = inner;
    const { inventory, access, alertsHere, cancel, personOf } = this.#services;
    const allowed = mayAct(personOf(context), access);
    const help = () => cardMessage(helpCard(actions, allowed.isAllowed, access.ask));
    switch (intent.intent) {
      case 'reboot':
        if (!allowed.isAllowed) {
          await context.sendActivity(allowed.sentence);
          break;
        }
        if (intent.when.kind === 'unclear' && takesBack(intent.when.text)) {
          await context.sendActivity(cardMessage(notUnderstoodCard(inventory)));
          break;
        }
        return await inner.beginDialog(ACTION, { action: 'reboot', intent });
      case 'alerts-here':
        await context.sendActivity(allowed.isAllowed ? await alertsHere(context) : allowed.sentence);
        break;
      case 'devices':
        await context.sendActivity(cardMessage(devicesCard(inventory)));
        break;
      case 'help':
      case 'greeting':
        await context.sendActivity(help());
        break;
      case 'cancel':
        await context.sendActivity(await cancel(context, hadQuestion));
        break;
      default:
        await context.sendActivity(cardMessage(notUnderstoodCard(inventory)));
        break;
    }
    return { status: DialogTurnStatus.complete };
  }
}

function devicesCard(inventory: Inventory): Attachment {
  const lines = inventory.sites().map((site) => {
    const names = inventory
      .all()
      .filter((device) => device.site === site)
      .map(({ name }) => name);
    return `${site}: ${names.length === 0 ? 'no devices' : names.join(', ')}`;
  });
  return choicesCard(lines.length === 0 ? 'There is no device in devices.yaml.' : lines.join('\n\n'), null, []);
}

function notUnderstoodCard(inventory: Inventory): Attachment {
  const [first] = inventory.all();
  const examples = first ? [{ title: `reboot ${first.name}`, say: `reboot ${first.name}` }] : [];
  return choicesCard(
    'I did not understand that, and did nothing.',
    'Name the action, the device and when, or ask for help.',
    [...examples, { title: 'devices', say: 'devices' }, { title: 'help', say: 'help' }],
  );
}
