import { randomUUID } from 'node:crypto';
import type { Attachment, TurnContext } from 'botbuilder';
import { cardMessage } from '../cards/card.ts';
import { type EventContext, groupCard, nameOf } from '../cards/event-cards.ts';
import { eventsCard, mutedCard } from '../cards/talk-cards.ts';
import { type AccessRules, mayDo, type Right } from './access.ts';
import { type Board, isSaidOn } from './events/board.ts';
import { fromStored, type Group } from './events/group.ts';
import { hiddenBy } from './events/mutes.ts';
import type { OtherIntent } from './intent/intent.ts';
import { tokenise } from './intent/text.ts';
import { readWhen, whyUnclear } from './intent/when.ts';
import type { Inventory } from './inventory.ts';
import type { Speaker } from './speaker.ts';
import type { AuditEntry, Mute, Store, StoredEvent } from './store/store.ts';
import { clock } from './time.ts';

export interface EventAnswerOptions {
  store: Pick<Store, 'group' | 'groupEvents' | 'appendAudit'>;
  board: Board;
  /** How cards read at this moment. */
  cardContext: () => EventContext;
  inventory: Inventory;
  access: AccessRules;
  locale: string;
  speakerOf: (context: TurnContext) => Speaker;
  /** A card changed. */
  onChange: () => void;
  now: () => number;
}

export type GroupVerb = 'acknowledge' | 'mute' | 'unmute' | 'latest';
export const isGroupVerb = (verb: string): verb is GroupVerb =>
  ['acknowledge', 'mute', 'unmute', 'latest'].includes(verb);

const RIGHTS: Record<GroupVerb, Right> = { acknowledge: 'events', mute: 'alerts', unmute: 'alerts', latest: 'events' };

const HOUR_MS = 3_600_000;
const LONGEST_MUTE_MS = 7 * 24 * HOUR_MS;
const DEFAULT_MUTE_MS = HOUR_MS;
const MOST_EVENTS = 10;

/** What the buttons of event cards and the words about mutes do. */
export function createEventAnswers(options: EventAnswerOptions) {
  const { store, board, cardContext, inventory, access, locale, speakerOf, onChange, now } = options;

  const auditOf = (context: TurnContext, action: string, devices: string[], detail: string): AuditEntry => {
    const { person, place } = speakerOf(context);
    return {
      at: now(),
      kind: 'setting',
      person,
      conversationId: place.conversationId,
      text: null,
      intent: null,
      action,
      devices,
      confirmationId: null,
      jobId: null,
      rpc: null,
      result: null,
      detail,
    };
  };
  /** A sentence when this person may not; null when he may. */
  const refusal = (context: TurnContext, right: Right, hostnames: Iterable<string>): string | null => {
    const { person, place } = speakerOf(context);
    const devices = [...hostnames].flatMap((hostname) => inventory.named(hostname) ?? []);
    const verdict = mayDo(person, right, devices, place, access);
    return verdict.isAllowed ? null : verdict.sentence;
  };

  const muteUntil = async (
    context: TurnContext,
    of: Pick<Mute, 'scope' | 'key' | 'name' | 'event'>,
    until: number,
    groupId: string | null,
    devices: string[],
  ): Promise<Group | null> => {
    const { person, zone } = speakerOf(context);
    const mute: Mute = { ...of, id: randomUUID(), by: person.name, from: now(), until, hidden: '[]', endedAt: null };
    const audit = auditOf(context, 'mute', devices, `${of.name} until ${clock(until, now(), { zone, locale })}`);
    const group = await board.mute(mute, groupId, [audit]);
    onChange();
    return group;
  };

  return {
    /** A click on an event card: the card as it is then, or a sentence. */
    async onGroup(
      verb: GroupVerb,
      id: string,
      inputs: Record<string, unknown>,
      context: TurnContext,
    ): Promise<Attachment | string> {
      const stored = await store.group(id);
      if (!stored) return 'These events are not known here any more.';
      const group = fromStored(stored);
      const devices = [...group.devices.keys()];
      const no = refusal(context, RIGHTS[verb], devices);
      if (no !== null) {
        const audit = { ...auditOf(context, verb, devices.slice(0, 20), no), kind: 'refused' as const };
        await store.appendAudit([audit]);
        return no;
      }
      const { person } = speakerOf(context);
      switch (verb) {
        case 'latest': {
          const { reader } = cardContext();
          const events = await store.groupEvents(id, MOST_EVENTS);
          const title = `Latest ${events.length === 1 ? 'event' : `${events.length} events`}: ${nameOf(group)}`;
          await context.sendActivity(
            cardMessage(eventsCard({ title, events: events.map((each) => eventLine(each, now(), reader)) })),
          );
          return 'The latest events are listed below.';
        }
        case 'acknowledge': {
          if (group.acknowledged) {
            const { reader } = cardContext();
            return `${group.acknowledged.by} has it already, since ${clock(group.acknowledged.at, now(), reader)}.`;
          }
          let other: Group['acknowledged'] = null;
          const changed = await board.change(
            id,
            (own) => {
              other = own.acknowledged;
              own.acknowledged ??= { by: person.name, at: now() };
            },
            [auditOf(context, 'acknowledge', devices.slice(0, 20), nameOf(group))],
          );
          onChange();
          if (other !== null) return `${(other as { by: string }).by} has it already.`;
          return changed ? groupCard(changed, cardContext()) : 'These events are not known here any more.';
        }
        case 'mute': {
          const until = readUntil(inputs, cardContext().reader.zone);
          if (typeof until === 'string') return until;
          const [only = ''] = devices;
          const isDevice = inputs.scope === 'device' && devices.length === 1;
          const of = isDevice
            ? { scope: 'device' as const, key: only.toLowerCase(), name: only, event: group.event }
            : {
                scope: 'group' as const,
                key: group.key,
                name: `${nameOf(group)} (${devicesIn(devices)})`,
                event: null,
              };
          const changed = await muteUntil(context, of, until, id, devices.slice(0, 20));
          return changed ? groupCard(changed, cardContext()) : 'These events are not known here any more.';
        }
        case 'unmute': {
          const [only = ''] = devices;
          const audit = auditOf(context, 'unmute', devices.slice(0, 20), nameOf(group));
          await board.endMutes(
            (mute) =>
              (mute.scope === 'group' && mute.key === group.key) ||
              (mute.scope === 'device' && devices.length === 1 && mute.key === only.toLowerCase()) ||
              // Other devices may have joined the card since.
              isSaidOn(group, mute),
            [audit],
          );
          const changed = await board.change(id, (own) => {
            own.muted = null;
          });
          onChange();
          return changed ? groupCard(changed, cardContext()) : 'These events are not known here any more.';
        }
      }
    },

    /** "mute hq-fw01 for 8 hours": the sentence that answers it. */
    async mute({ devices, unresolved, when, event = null }: OtherIntent, context: TurnContext): Promise<string> {
      const [device] = devices;
      const [first] = unresolved;
      // One thing is muted at a time, and nothing of a sentence is left out: it may say the opposite, or more.
      if (devices.length + unresolved.length + (event === null ? 0 : 1) !== 1)
        return 'Say which one device or event to mute, such as "mute hq-fw01 for 8 hours". Nothing was muted.';
      if (first) {
        const near = first.suggestions.length > 0 ? ` Did you mean ${first.suggestions.join(' or ')}?` : '';
        return `There is no device and no event called "${first.text}" here.${near} Nothing was muted.`;
      }
      let until = when?.kind === 'now' ? now() : now() + DEFAULT_MUTE_MS;
      if (when?.kind === 'unclear') return `${whyUnclear(when)} Nothing was muted.`;
      if (when?.kind === 'in' || when?.kind === 'at') until = Date.parse(when.utc);
      if (until <= now()) return 'That time has passed. Nothing was muted.';
      if (until - now() > LONGEST_MUTE_MS) return 'A mute lasts a week at most. Nothing was muted.';
      const { zone } = speakerOf(context);
      const end = clock(until, now(), { zone, locale });
      if (event !== null) {
        await muteUntil(context, { scope: 'event', key: event, name: event, event: null }, until, null, []);
        return `${event} is muted on every device until ${end}. What comes is stored, and summed up then.`;
      }
      const hostname = inventory.find(device ?? '')?.hostname ?? device ?? '';
      await muteUntil(
        context,
        { scope: 'device', key: hostname.toLowerCase(), name: device ?? '', event: null },
        until,
        null,
        [device ?? ''],
      );
      return `${device} is muted until ${end}: warnings are stored, and summed up then. Critical events are shown all the same.`;
    },

    async unmute({ devices, unresolved, event = null }: OtherIntent, context: TurnContext): Promise<string> {
      const means = (word: string, { id, scope, key, name }: Mute) =>
        word === id ||
        (scope === 'device' && [word, inventory.find(word)?.hostname].some((each) => each?.toLowerCase() === key)) ||
        (scope === 'event' && word.toUpperCase() === key) ||
        (scope === 'group' && name.toUpperCase().startsWith(`${word.toUpperCase()} `));
      // What is muted may be of no inventory; any other word may say the opposite, or more.
      const unknown = unresolved.find(({ text }) => !board.mutes.some((mute) => means(text, mute)));
      if (unknown) return `Nothing called "${unknown.text}" is muted. Nothing was changed. To see what is: muted`;
      const names = [...devices, ...unresolved.map(({ text }) => text)];
      if (names.length > 0 && event !== null)
        return 'Say which device or which event to unmute. Nothing was changed. To see what is muted: muted';
      const words = event === null ? names : [event];
      if (words.length === 0 && board.mutes.length > 1)
        return `Say which one: ${board.mutes.map(({ name }) => name).join(', ')}.`;
      const isMeant = (mute: Mute) => words.length === 0 || words.some((word) => means(word, mute));
      const ended = await board.endMutes(isMeant, [auditOf(context, 'unmute', devices, words.join(', '))]);
      onChange();
      if (ended.length === 0) return 'Nothing like that is muted. To see what is: muted';
      return `No longer muted: ${ended.map(({ name }) => name).join(', ')}.`;
    },

    muted(context: TurnContext): Attachment {
      const { zone } = speakerOf(context);
      const lines = board.mutes.map((mute) => {
        const hidden = [...hiddenBy(mute).values()].reduce((sum, count) => sum + count, 0);
        return {
          name: mute.name,
          text: `until ${clock(mute.until, now(), { zone, locale })}, by ${mute.by} · ${hidden} events kept quiet`,
          // What a group is called is no word for it.
          say: `unmute ${mute.scope === 'group' ? mute.id : mute.name}`,
        };
      });
      return mutedCard(lines);
    },
  };

  /** The end of a mute that was chosen on a card: an hour of the day, else so many hours. A sentence when it is neither. */
  function readUntil({ until, hours }: Record<string, unknown>, zone: string): number | string {
    if (typeof until === 'string' && until.trim() !== '') {
      if (!/^\d{1,2}:\d{2}$/.test(until.trim())) return 'The time is not one such as 06:00. Nothing was muted.';
      const when = readWhen(tokenise(`at ${until.trim()}`), {
        now: new Date(now()),
        zone,
        locale,
        inventory,
        processes: [],
      });
      if (when.kind === 'at') return Date.parse(when.utc);
      const [soonest] = when.kind === 'unclear' ? when.choices : [];
      return soonest === undefined ? 'That time is not understood. Nothing was muted.' : Date.parse(soonest);
    }
    const length = Number(hours);
    return [1, 8, 24].includes(length) ? now() + length * HOUR_MS : 'Choose for how long. Nothing was muted.';
  }
}

const devicesIn = (devices: readonly string[]) =>
  devices.length === 1 ? (devices[0] ?? '') : `${devices.length} devices`;

const WORDS = { 1: 'Critical', 2: 'Warning', 3: 'Stored', 4: 'Stored' } as const;

/** A stored event as a line of a list. */
export function eventLine(
  { event, hostname, message, priority, receivedAt }: StoredEvent,
  now: number,
  reader: EventContext['reader'],
) {
  return { event, device: hostname, message, word: WORDS[priority], time: clock(receivedAt, now, reader) };
}
