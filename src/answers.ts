import type { Attachment, TurnContext } from 'botbuilder';
import { closedCard, confirmationCard } from '../cards/action-cards.ts';
import { cardMessage } from '../cards/card.ts';
import { eventsCard, NOTHING_SCHEDULED, rebootsCard } from '../cards/talk-cards.ts';
import type { ActionRequest, DialogServices, Recorded } from '../dialogs/services.ts';
import { type AccessRules, mayDo, rightsOf } from './access.ts';
import type { DeviceLook } from './actions/action.ts';
import { type Confirmations, inWords } from './actions/confirmations.ts';
import { actionNamed } from './actions/index.ts';
import { eventLine } from './event-answers.ts';
import { withoutSecrets } from './intent/secrets.ts';
import type { Inventory } from './inventory.ts';
import type { Look } from './jobs/look.ts';
import type { Log } from './log.ts';
import type { Speaker } from './speaker.ts';
import type { AuditEntry, Job, Store } from './store/store.ts';
import type { Notifier } from './teams/notifier.ts';
import { clock, type Reader } from './time.ts';

export interface AnswerOptions {
  store: Pick<Store, 'setConfirmationCard' | 'openJobs' | 'recentEvents' | 'appendAudit' | 'addUnknownPhrase'>;
  confirmations: Confirmations;
  notifier: Pick<Notifier, 'update'>;
  look: Look;
  inventory: Inventory;
  access: AccessRules;
  locale: string;
  speakerOf: (context: TurnContext) => Speaker;
  now: () => number;
  log: Log;
}

/** Devices that are asked in one answer: more would not fit into a turn of ten seconds, nor on a card. */
const MOST_ASKED = 25;
const MOST_EVENTS = 10;
/** Longer than this, and the person sees that somebody is at it. */
const TYPING_MS = 1_000;

/** Said as well to somebody who has just confirmed a card and wants it undone: it must not sound as if it were. */
const NOTHING_OPEN =
  'You have no open question or card here. What was confirmed goes on. To remove a scheduled reboot, name its device: cancel the reboot of …';

type Answers = Pick<DialogServices, 'propose' | 'cancel' | 'showReboots' | 'recentEvents' | 'record' | 'notUnderstood'>;

/** What the dialogs answer with that needs the store or a device. */
export function createAnswers(options: AnswerOptions): Answers {
  const { store, confirmations, notifier, look, inventory, access, locale, speakerOf, now, log } = options;
  const readerOf = (context: TurnContext): Reader => ({ zone: speakerOf(context).zone, locale });

  return {
    async propose({ action, devices, parameters }: ActionRequest, context) {
      const { person, zone, place } = speakerOf(context);
      // Asked for in front of what this message writes, so that it does not wait for the disk; behind every click so far.
      const jobs = Promise.all(devices.map((device) => store.openJobs(device)));
      for (const begin of atEnd(context)) void begin();
      const { confirmation, stored } = confirmations.propose({
        action,
        devices,
        parameters,
        askedBy: person,
        conversationId: place.conversationId,
        zone,
        text: withoutSecrets(context.activity.text ?? ''),
      });
      const [looks, open] = await Promise.all([whileTyping(context, look(devices)), jobs]);
      const reader = { zone, locale };
      const summary = actionNamed(action).summarise(confirmation.parameters, looks, now(), reader);
      const warnings = [...open.flat().map((job) => underWay(job, now(), reader)), ...summary.warnings];
      return {
        card: confirmationCard(confirmation, { ...summary, warnings }, now(), locale),
        posted: async (activityId) => {
          await stored;
          if (activityId) await store.setConfirmationCard(confirmation.id, activityId);
        },
      };
    },

    async cancel(context, hadQuestion) {
      const { person, place } = speakerOf(context);
      const cancelled = await confirmations.cancelAll(place, person);
      for (const each of cancelled) {
        const title = actionNamed(each.action).question(each.parameters, each.devices);
        const card = cardMessage(closedCard(title, 'Cancelled', `${person.name} cancelled it. Nothing was sent.`));
        // Whatever becomes of the picture, the row is decided: its button does nothing any more.
        if (each.activityId !== null) void notifier.update(each.conversationId, each.activityId, card);
      }
      if (cancelled.length > 0) return `Closed: ${cancelled.map(inWords).join(', ')}. Nothing was sent.`;
      return hadQuestion ? 'The question is closed. Nothing was sent.' : NOTHING_OPEN;
    },

    async showReboots(devices, context): Promise<Attachment> {
      const { person, place } = speakerOf(context);
      const mine = rightsOf(person, place, access).devicesFor('show-reboot', inventory.all());
      const asked = (devices.length > 0 ? devices : mine).slice(0, MOST_ASKED);
      const looks = await whileTyping(context, look(asked));
      const left = devices.length > 0 ? devices.length - asked.length : mine.length - asked.length;
      const mayCancel = (device: string) =>
        mayDo(person, 'cancel-reboot', withSites([device], inventory), place, access).isAllowed;
      return rebootsCard({
        lines: looks.map((each) => rebootLine(each, now(), readerOf(context))),
        left,
        cancel: looks
          .filter((each) => each.state === 'ok' && each.pending && mayCancel(each.device))
          .map(({ device }) => ({ title: `Cancel the reboot of ${device}`, say: `cancel the reboot of ${device}` })),
      });
    },

    async recentEvents(devices, context): Promise<Attachment> {
      const { person, place } = speakerOf(context);
      const mine = rightsOf(person, place, access).devicesFor('events', inventory.all());
      const seesAll = devices.length === 0 && mine.length === inventory.all().length;
      // Events carry the name that the device gives itself.
      const asked = seesAll ? [null] : hostnames(devices.length > 0 ? devices : mine, inventory);
      const found = await Promise.all(asked.map((device) => store.recentEvents({ device, limit: MOST_EVENTS })));
      const events = found
        .flat()
        .sort((a, b) => b.receivedAt - a.receivedAt)
        .slice(0, MOST_EVENTS)
        .map((each) => eventLine(each, now(), readerOf(context)));
      const from = devices.length > 0 ? ` from ${devices.join(', ')}` : '';
      const title = events.length === 0 ? `No event${from} was received yet` : `Latest events received${from}`;
      return eventsCard({ title, events });
    },

    record({ kind, intent, result, detail }: Recorded, context) {
      const { person, place } = speakerOf(context);
      const { intent: name, devices } = intent;
      log.info({ person: person.name, conversation: place.conversationId, intent: name, devices, result }, kind);
      const typed = context.activity.text ?? '';
      // A secret may be what was not understood.
      const hasSecret = withoutSecrets(typed) !== typed;
      const entry: AuditEntry = {
        at: now(),
        kind,
        person,
        conversationId: place.conversationId,
        text: withoutSecrets(typed),
        intent: JSON.stringify(intent, (key, value) => (hasSecret && key === 'text' ? '•••' : value)),
        action: name,
        devices,
        confirmationId: null,
        jobId: null,
        rpc: null,
        result,
        detail,
      };
      awaitAtEnd(context, () => store.appendAudit([entry]));
    },

    async notUnderstood(text, context) {
      const { place, locale: spoken } = speakerOf(context);
      if (text.trim() === '') return;
      const shown = withoutSecrets(text).slice(0, 500);
      log.info({ text: shown }, 'phrase not understood');
      await store.addUnknownPhrase({ at: now(), text: shown, locale: spoken, conversationKind: place.kind });
    },
  };
}

const AT_END = Symbol('at end');

/** What was begun, or is about to begin, and has to be durable before the turn ends. */
const atEnd = (context: TurnContext) => context.turnState.get<(() => Promise<void>)[]>(AT_END) ?? [];

/** Begins at once, but behind what this very moment still reads; the answer need not wait for its end. */
function awaitAtEnd(context: TurnContext, write: () => Promise<void>): void {
  let writing: Promise<void> | undefined;
  const begin = () => {
    writing ??= write();
    // Whoever awaits it hears of a failure; until then it must not end the process.
    writing.catch(() => {});
    return writing;
  };
  setImmediate(begin);
  context.turnState.set(AT_END, [...atEnd(context), begin]);
}

/** Resolves when everything that was said in this turn is recorded. */
export async function recorded(context: TurnContext): Promise<void> {
  await Promise.all(atEnd(context).map((begin) => begin()));
}

/** Somebody else may be at it: whoever confirms should know. */
function underWay(
  { device, confirmation: { action, decidedBy, decidedAt } }: Job,
  now: number,
  reader: Reader,
): string {
  const when = clock(decidedAt ?? now, now, reader);
  return `${decidedBy?.name ?? 'Somebody'} confirmed ${action} for ${device} at ${when}, and it has not ended yet.`;
}

function hostnames(devices: readonly string[], inventory: Inventory): string[] {
  const names = devices.flatMap((name) => [name, inventory.find(name)?.hostname ?? name]);
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

const withSites = (devices: readonly string[], inventory: Inventory) =>
  devices.map((name) => ({ name, site: inventory.find(name)?.site ?? '' }));

/** Shows that somebody is at it when it takes more than a moment. */
async function whileTyping<T>(context: TurnContext, work: Promise<T>): Promise<T> {
  // It is a courtesy: whether Teams takes it changes nothing.
  const timer = setTimeout(() => void context.sendActivity({ type: 'typing' }).catch(() => {}), TYPING_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function rebootLine(look: DeviceLook, now: number, reader: Reader): { device: string; text: string } {
  const { device } = look;
  if (look.state !== 'ok') return { device, text: `could not be asked: ${look.sentence}` };
  const { pending } = look;
  if (pending === undefined) return { device, text: 'did not say (check with: show system reboot)' };
  if (pending === null) return { device, text: NOTHING_SCHEDULED };
  const { kind, at, user, text } = pending;
  if (at === null) return { device, text };
  return {
    device,
    text: `${kind ?? 'shutdown'} at ${clock(at.getTime(), now, reader)}${user === null ? '' : `, by ${user}`}`,
  };
}
