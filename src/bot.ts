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
import { closedCard, requestCard } from '../cards/action-cards.ts';
import { welcomeFor } from '../dialogs/help.ts';
import { RootDialog } from '../dialogs/root-dialog.ts';
import type { ActionRequest, DialogServices } from '../dialogs/services.ts';
import type { Inputs } from './actions/action.ts';

import { type Click, type Confirmations, isJobVerb, type JobVerb } from './actions/confirmations.ts';
import { actionNamed } from './actions/index.ts';
import { recorded } from './answers.ts';
import { AssistantError, referenceOf } from './errors.ts';
import { type GroupVerb, isGroupVerb } from './event-answers.ts';
import type { RequestView } from './jobs/view.ts';
import type { Log } from './log.ts';
import type { Speaker } from './speaker.ts';
import type { Confirmation, Job } from './store/store.ts';
import { type Conversations, channelOf } from './teams/conversations.ts';

export interface BotServices extends Omit<DialogServices, 'speakerOf' | 'recentDevices'> {
  conversations: Conversations;
  confirmations: Pick<Confirmations, 'click'>;
  storage: Storage;
  /** Who is speaking in a turn, asked once at its start. */
  speaker: (context: TurnContext) => Promise<Speaker>;
  speakerOf: (context: TurnContext) => Speaker;
  /** A conversation showed a sign of life. */
  heard: (conversationId: string) => void;
  /** How long a question waits for its answer. Milliseconds. */
  questionMs: number;
  /** Lets the jobs run that a click has just made; what their card shows. */
  startJobs: (jobs: Job[]) => RequestView | null;
  /** A button of a job's card: looks once more at the device, or ends a collection. A sentence when that is not to be. */
  onJob: (verb: JobVerb, jobId: string, context: TurnContext) => Promise<RequestView | string>;
  /** A click on an event card: the card as it is then, or a sentence. */
  onGroup: (
    verb: GroupVerb,
    groupId: string,
    inputs: Record<string, unknown>,
    context: TurnContext,
  ) => Promise<Attachment | string>;
  log: Log;
}

/** Messages and installations remembered to know a repeated one: far more than Teams repeats. */
const MAX_SEEN = 1_000;
/** Devices on top of the list the next time somebody is asked for one. */
const MOST_RECENT = 3;

/**
 * The bot as Teams sees it: strips the mention, remembers where it is, and hands over. A message goes to the
 * dialogs, a click on a card to the confirmations.
 */
export class Bot extends TeamsActivityHandler {
  readonly #services: BotServices;
  readonly #state: PrivateConversationState;
  readonly #dialogs: DialogSet;
  readonly #askedAt: StatePropertyAccessor<number>;
  readonly #recent: StatePropertyAccessor<string[]>;
  readonly #seen = new Set<string>();
  /** Where the bot has said what it is since it was installed there. */
  readonly #welcomed = new Set<string>();

  constructor(services: BotServices) {
    super();
    this.#services = services;
    // One state per person and conversation: two people in one group do not answer each other's questions.
    this.#state = new PrivateConversationState(services.storage);
    const accessor: StatePropertyAccessor<DialogState> = this.#state.createProperty('dialog');
    this.#askedAt = this.#state.createProperty('askedAt');
    this.#recent = this.#state.createProperty('recent');
    this.#dialogs = new DialogSet(accessor);
    this.#dialogs.add(
      new RootDialog({
        ...services,
        recentDevices: (context) => this.#recent.get(context, []),
        propose: (request, context) => this.#propose(request, context),
      }),
    );

    this.onTurn(async (context, next) => {
      await services.conversations.remember(context.activity as Activity, services.now());
      services.heard(context.activity.conversation.id);
      await next();
    });
    this.onMessage(async (context, next) => {
      await this.#onMessage(context);
      await next();
    });
    // Teams tells of an installation in two ways, not always in both, and of every other member in one of them.
    this.onMembersAdded(async (context, next) => {
      const { membersAdded, recipient } = context.activity;
      if (membersAdded?.some(({ id }) => id === recipient.id)) await this.#welcome(context);
      await next();
    });
    this.onInstallationUpdateAdd(async (context, next) => {
      if (context.activity.action === 'add') await this.#welcome(context);
      await next();
    });
    this.onMembersRemoved(async (context, next) => {
      const { membersRemoved, recipient } = context.activity;
      if (membersRemoved?.some(({ id }) => id === recipient.id)) this.#welcomed.delete(installedIn(context.activity));
      await next();
    });
    this.onInstallationUpdateRemove(async (context, next) => {
      if (context.activity.action === 'remove') this.#welcomed.delete(installedIn(context.activity));
      await next();
    });
  }

  /** Once for each installation. */
  async #welcome(context: TurnContext): Promise<void> {
    const place = installedIn(context.activity);
    if (this.#welcomed.has(place)) return;
    remember(this.#welcomed, place);
    try {
      await this.#services.speaker(context);
      await context.sendActivity(welcomeFor(this.#services, context));
    } catch (error) {
      this.#welcomed.delete(place);
      throw error;
    }
  }

  /** Runs one turn; what goes wrong in it is logged under an id that the person is told. */
  override async run(context: TurnContext): Promise<void> {
    try {
      await super.run(context);
    } catch (error) {
      const reference = referenceOf(error);
      this.#logOf(context).error({ reference, err: error }, 'turn failed');
      // Of a server that is away it says so; what else went wrong is for the log.
      const isAway = error instanceof AssistantError && error.code === 'store-unreachable';
      await context.sendActivity(
        `${isAway ? error.message : 'The assistant could not finish this.'} Before you ask again, check what was sent (show reboots, or the card of the request). Reference: ${reference}.`,
      );
    }
  }

  /** Its lines say where, and who was speaking. */
  #logOf({ activity: { conversation, from } }: TurnContext): Log {
    return this.#services.log.child({ conversation: conversation?.id, person: from?.name });
  }

  async #onMessage(context: TurnContext): Promise<void> {
    const { activity } = context;
    // What a card answers stands for a person's own text; that comes with the bot's mention in it.
    activity.text = saidBy(activity.value) ?? typedIn(activity);
    if (this.#isRepeated(activity)) return;
    await this.#services.speaker(context);
    const dialog: DialogContext = await this.#dialogs.createContext(context);
    const { now, questionMs } = this.#services;
    const askedAt = await this.#askedAt.get(context, now());
    // Yesterday's open question must not turn today's word into a command.
    if (now() - askedAt > questionMs) await dialog.cancelAllDialogs();
    await this.#askedAt.set(context, now());
    const { status } = await dialog.continueDialog();
    if (status === DialogTurnStatus.empty) await dialog.beginDialog('root');
    await recorded(context);
    await this.#state.saveChanges(context);
  }

  async #propose(request: ActionRequest, context: TurnContext) {
    const earlier = await this.#recent.get(context, []);
    await this.#recent.set(context, [...new Set([...request.devices, ...earlier])].slice(0, MOST_RECENT));
    return await this.#services.propose(request, context);
  }

  /** Teams sends a message again when the first try was answered too slowly; the second would be a second request. */
  #isRepeated({ id, conversation }: Activity): boolean {
    if (!id) return false;
    const key = `${conversation.id} ${id}`;
    if (this.#seen.has(key)) return true;
    remember(this.#seen, key);
    return false;
  }

  /** What goes wrong in a click is told beside its card, where only the person who clicked reads it. */
  protected override async onAdaptiveCardInvoke(
    context: TurnContext,
    invoke: AdaptiveCardInvokeValue,
  ): Promise<AdaptiveCardInvokeResponse> {
    try {
      return await this.#onClick(context, invoke);
    } catch (error) {
      const { verb } = invoke.action;
      const reference = referenceOf(error);
      this.#logOf(context).error({ reference, err: error, verb }, 'click failed');
      const next =
        verb === 'confirm'
          ? 'Before you click again, check what was sent (show reboots, or the card of the request).'
          : 'Click again in a moment.';
      return message(`The assistant could not finish this. ${next} Reference: ${reference}.`);
    }
  }

  async #onClick(context: TurnContext, invoke: AdaptiveCardInvokeValue): Promise<AdaptiveCardInvokeResponse> {
    const { verb } = invoke.action;
    const { confirmation: id, job, group, ...inputs } = (invoke.action.data ?? {}) as Record<string, unknown>;
    const { confirmations, startJobs, onJob, onGroup, speaker, now, locale } = this.#services;
    const log = this.#logOf(context);
    if (isJobVerb(verb) && typeof job === 'string') {
      await speaker(context);
      const view = await onJob(verb, job, context);
      return typeof view === 'string' ? message(view) : card(requestCard(view, now(), locale));
    }
    if (isGroupVerb(verb) && typeof group === 'string') {
      await speaker(context);
      const answer = await onGroup(verb, group, inputs, context);
      log.info({ group, verb }, 'event card clicked');
      return typeof answer === 'string' ? message(answer) : card(answer);
    }
    if ((verb !== 'confirm' && verb !== 'cancel') || typeof id !== 'string') {
      return message('This button is not known here. Nothing was sent.');
    }
    const { person, place } = await speaker(context);
    const click = await confirmations.click(id, verb, person, place, inputs as Inputs);
    log.info({ confirmation: id, verb, reason: click.reason }, 'card clicked');
    if (click.reason !== 'started') return this.#answerTo(click);
    const view = startJobs(click.jobs);
    return view ? card(requestCard(view, now(), locale)) : message('Confirmed. The result follows.');
  }

  #answerTo(click: Exclude<Click, { reason: 'started' }>): AdaptiveCardInvokeResponse {
    switch (click.reason) {
      case 'cancelled':
        return card(closed(click.confirmation, 'Cancelled', cancelledSentence(click.confirmation)));
      case 'expired':
        return card(closed(click.confirmation, 'Expired', click.sentence));
      default:
        return message(click.sentence);
    }
  }
}

/** The team, or the chat: in a team the two ways may come from two channels. */
function installedIn({ channelData, conversation }: Activity): string {
  const { team } = (channelData ?? {}) as { team?: { id?: unknown } };
  return typeof team?.id === 'string' ? team.id : channelOf(conversation.id);
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key);
  if (keys.size > MAX_SEEN) for (const oldest of [...keys].slice(0, MAX_SEEN / 2)) keys.delete(oldest);
}

/** The text without the bot's mention. A form, a file or a card alone comes without text, and maybe with a mention. */
function typedIn(activity: Activity): string {
  return typeof activity.text === 'string' ? (TurnContext.removeRecipientMention(activity) ?? '').trim() : '';
}

/**
 * What a card's button or form says in the person's place: a sentence, or the answer to the question it asks. Undefined
 * for a message that a person wrote.
 */
function saidBy(value: unknown): string | undefined {
  const { say, ask, device, process, date, time } = (value ?? {}) as Record<string, unknown>;
  const text = (part: unknown) => (typeof part === 'string' ? part.slice(0, 200) : '');
  if (typeof say === 'string') return say;
  if (ask === 'device') return text(device);
  if (ask === 'process') return text(process);
  if (ask === 'time') return `${text(date)} ${text(time)}`.trim();
  return undefined;
}

function closed(confirmation: Confirmation, word: 'Cancelled' | 'Expired', sentence: string): Attachment {
  const { action, parameters, devices } = confirmation;
  return closedCard(actionNamed(action).question(parameters, devices), word, sentence);
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
