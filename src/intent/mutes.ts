import { durationAt } from './duration.ts';
import { type IntentContext, intentOf, type OtherIntent, type When } from './intent.ts';
import { type Token, textOf, tokenise } from './text.ts';
import { readWhen } from './when.ts';

const VERB = /^(?:please )?(un)?(?:mute|silence|snooze) /;
const NOUNS = new Set([
  'alerts',
  'alert',
  'events',
  'event',
  'cards',
  'the',
  'of',
  'from',
  'for',
  'on',
  'device',
  'all',
]);
/** Event ids are written with underscores; a device's name never looks like one. */
const EVENT_ID = /^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+$/;

/**
 * "mute hq-fw01 for 8 hours", "mute SNMP_TRAP_LINK_DOWN until 06:00", "unmute hq-fw01". What is meant is one device or
 * one event id; anything else stays unresolved. Without a time `when` is null: the caller has a default.
 */
export function readMute(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const said = `${textOf(tokens).toLowerCase()} `;
  const verb = VERB.exec(said);
  if (!verb || said.includes('?')) return undefined;
  const isMute = verb[1] === undefined;
  const words = tokens.slice(verb[0].trim().split(' ').length);
  const { target, when } = isMute ? splitTime(words, context) : { target: words, when: null };
  const names = target.filter(({ text }) => !NOUNS.has(text.toLowerCase()));
  const devices: string[] = [];
  const unresolved: OtherIntent['unresolved'][number][] = [];
  let event: string | null = null;
  for (const { text } of names) {
    const device = context.inventory.find(text);
    if (device) devices.push(device.name);
    else if (EVENT_ID.test(text) && event === null) event = text.toUpperCase();
    else unresolved.push({ text, suggestions: context.inventory.suggest(text) });
  }
  return { ...intentOf(isMute ? 'mute' : 'unmute', { devices, unresolved, when }), event };
}

/** The target in front of "for 8 hours" or "until 06:00", and that time. */
function splitTime(words: readonly Token[], context: IntentContext): { target: readonly Token[]; when: When | null } {
  for (const [at, { lower }] of words.entries()) {
    const rest = words.slice(at + 1);
    if (lower === 'until' || lower === 'till') {
      return { target: words.slice(0, at), when: readWhen(tokenise(`at ${textOf(rest)}`), context) };
    }
    const from = lower === 'for' ? at + 1 : at;
    const duration = durationAt(words, from);
    if (duration?.next === words.length) {
      return { target: words.slice(0, at), when: readWhen(tokenise(`in ${textOf(words.slice(from))}`), context) };
    }
  }
  return { target: words, when: null };
}
