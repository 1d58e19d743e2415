import { randomUUID } from 'node:crypto';
import {
  type Activity,
  type AdaptiveCardInvokeResponse,
  type AdaptiveCardInvokeValue,
  type Attachment,
  PrivateConversationState,
  type StatePropertyAccessor,
  type Storage,
  TeamsActivityHandler,
  TurnContext,
} from 'botbuilder';
import { type DialogContext, DialogSet, type DialogState, DialogTurnStatus } from 'botbuilder-dialogs';
import { closedCard, jobCard } from '../cards/action-cards.ts';
import { cardMessage } from '../cards/card.ts';
import { helpCard } from '../cards/talk-cards.ts';
import { type DialogServices, RootDialog } from '../dialogs/root-dialog.ts';
import { mayAct } from './access.ts';
import type { Click, Confirmations } from './actions/confirmations.ts';
import { actionNamed, actions } from './actions/index.ts';
import type { JobView } from './jobs/view.ts';
import type { Log } from './log.ts';
import type { Confirmation, Job, Person } from './store/store.ts';
import type { Conversations } from './teams/conversations.ts';

export interface BotServices extends Omit<DialogServices, 'personOf'> {
  conversations: Conversations;
  confirmations: Confirmations;
  storage: Storage;
  /** A conversation showed a sign of life. */
  heard: (conversationId: string) => void;
  /** How long a question waits for its answer. Milliseconds. */
  questionMs: number;
  /** Lets a job run that a click has just made. */
  startJob: (job: Job) => void;
  log: Log;
}

/** Messages remembered to know a repeated one: far more than Teams repeats. */
const MAX_SEEN = 1_000;

/**
 * The bot as Teams sees it: strips the mention, remembers where it is, and hands over. A message goes to the
 * dialogs, a click on a card to the confirmations.
 */
export class Bot extends TeamsActivityHandler {
  readonly #services: BotServices;
  readonly #state: PrivateConversationState;
  readonly #dialogs: DialogSet;
  readonly #askedAt: StatePropertyAccessor<number>;
  readonly #seen = new Set<string>();

  constructor(services: BotServices) {
    super();
    this.#services = services;
    // One state per person and conversation: two people in one group do not answer each other's questions.
    this.#state = new PrivateConversationState(services.storage);
    const accessor: StatePropertyAccessor<DialogState> = this.#state.createProperty('dialog');
    this.#askedAt = this.#state.createProperty('askedAt');
    this.#dialogs = new DialogSet(accessor);
    this.#dialogs.add(new RootDialog({ ...services, personOf: ({ activity }) => personOf(activity) }));

    this.onTurn(async (context, next) => {
      await services.conversations.remember(context.activity as Activity, services.now());
      services.heard(context.activity.conversation.id);
      await next();
    });
    this.onMessage(async (context, next) => {
      await this.#onMessage(context);
      await next();
    });
    this.onMembersAdded(async (context, next) => {
      const { membersAdded, recipient } = context.activity;
      if (membersAdded?.some(({ id }) => id === recipient.id)) await context.sendActivity(this.#help(context));
      await next();
    });
  }

  /** Runs one turn; what goes wrong in it is logged under an id that the person is told. */
  override async run(context: TurnContext): Promise<void> {
    try {
      await super.run(context);
    } catch (error) {
      const request = randomUUID().slice(0, 8);
      this.#services.log.error({ request, err: error, conversation: context.activity.conversation?.id }, 'turn failed');
      await context.sendActivity(`Something went wrong here. The log has it under ${request}.`);
    }
  }

  async #onMessage(context: TurnContext): Promise<void> {
    const { activity } = context;
    // A button of ours says a sentence in the person's place; a person's own text comes with the bot's mention in it.
    const said = (activity.value as { say?: unknown } | undefined)?.say;
    activity.text = typeof said === 'string' ? said : (TurnContext.removeRecipientMention(activity) ?? '').trim();
    if (this.#isRepeated(activity)) return;
    const dialog: DialogContext = await this.#dialogs.createContext(context);
    const { now, questionMs } = this.#services;
    const askedAt = await this.#askedAt.get(context, now());
    // Yesterday's open question must not turn today's word into a command.
    if (now() - askedAt > questionMs) await dialog.cancelAllDialogs();
    await this.#askedAt.set(context, now());
    const { status } = await dialog.continueDialog();
    if (status === DialogTurnStatus.empty) await dialog.beginDialog('root');
    await this.#state.saveChanges(context);
  }

  /** Teams sends a message again when the first try was answered too slowly; the second would be a second request. */
  #isRepeated({ id, conversation }: Activity): boolean {
    if (!id) return false;
    const key = `${conversation.id} ${id}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    if (this.#seen.size > MAX_SEEN)
      for (const oldest of [...this.#seen].slice(0, MAX_SEEN / 2)) this.#seen.delete(oldest);
    return false;
  }

  protected override async onAdaptiveCardInvoke(
    context: TurnContext,
    invoke: AdaptiveCardInvokeValue,
  ): Promise<AdaptiveCardInvokeResponse> {
    const { verb, data } = invoke.action;
    const id = (data as { confirmation?: unknown } | undefined)?.confirmation;
    if ((verb !== 'confirm' && verb !== 'cancel') || typeof id !== 'string') {
      return message('This button is not known here. Nothing was sent.');
    }
    const { confirmations, startJob, log } = this.#services;
    const person = personOf(context.activity);
    const click = await confirmations.click(id, verb, person);
    log.info({ confirmation: id, verb, person: person.name, reason: click.reason }, 'card clicked');
    if (click.reason === 'started') startJob(click.job);
    return this.#answerTo(click);
  }

  #answerTo(click: Click): AdaptiveCardInvokeResponse {
    switch (click.reason) {
      case 'started':
        return card(this.#jobCard(click.job));
      case 'cancelled':
        return card(this.#closed(click.confirmation, 'Cancelled', cancelledSentence(click.confirmation)));
      case 'expired':
        return card(this.#closed(click.confirmation, 'Expired', click.sentence));
      default:
        return message(click.sentence);
    }
  }

  #closed(confirmation: Confirmation, word: 'Cancelled' | 'Expired', sentence: string): Attachment {
    const { now, locale } = this.#services;
    const summary = actionNamed(confirmation.action).summarise(confirmation.parameters, now(), {
      zone: confirmation.zone,
      locale,
    });
    return closedCard(summary, word, sentence);
  }

  #jobCard(job: Job): Attachment {
    const { now, locale } = this.#services;
    const { action, parameters } = job.confirmation;
    const headline = actionNamed(action).headline(parameters, 'running');
    const view: JobView = { job, headline, steps: [], doing: 'Waiting for its turn' };
    return jobCard(view, now(), locale);
  }

  #help(context: TurnContext): Partial<Activity> {
    const { access } = this.#services;
    return cardMessage(helpCard(actions, mayAct(personOf(context.activity), access).isAllowed, access.ask));
  }
}

/** Who wrote or clicked. */
export function personOf({ from }: Pick<Activity, 'from'>): Person {
  return { id: from.id, objectId: from.aadObjectId ?? null, name: from.name || 'somebody' };
}

function cancelledSentence({ decidedBy }: Confirmation): string {
  return `${decidedBy?.name ?? 'Somebody'} cancelled it. Nothing was sent.`;
}

const card = ({ content }: Attachment): AdaptiveCardInvokeResponse => ({
  statusCode: 200,
  type: 'application/vnd.microsoft.card.adaptive',
  value: content as Record<string, unknown>,
});

/** Words instead of a card: Teams shows them beside the card, which stays as it is. */
const message = (value: string): AdaptiveCardInvokeResponse => ({
  statusCode: 200,
  type: 'application/vnd.microsoft.activity.message',
  value: value as unknown as Record<string, unknown>,
});
