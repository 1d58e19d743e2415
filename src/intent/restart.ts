import { readCommand } from './command.ts';
import type { Command, Grammar } from './grammar.ts';
import { type IntentContext, intentOf, type OtherIntent, type Unresolved } from './intent.ts';
import { phraseOf } from './pattern.ts';
import { processAt, suggestProcesses } from './processes.ts';
import { laterOnly } from './said.ts';
import { type Token, textOf } from './text.ts';
import { whenSpan } from './when-words.ts';
import { AND, fillerAt, isVocabulary, KINDS, LINKS, looksLikeDevice, siteAt } from './words.ts';

type Mode = NonNullable<OtherIntent['mode']>;

const MODES: readonly { mode: Mode; words: RegExp }[] = [
  { mode: 'immediately', words: /(?:immediately|forcibly|forcefully|force|hard|(?:with )?(?:a )?(?:kill -9|sigkill))/ },
  {
    mode: 'soft',
    words:
      /(?:(?:with )?(?:a )?(?:soft|softly|sighup|hup|kill -hup)|(?:gently )?reload(?:ing)? (?:the |its )?config(?:uration)?)/,
  },
  { mode: 'graceful', words: /(?:gracefully|graceful)/ },
];
const MODES_AT = MODES.map(({ mode, words }) => ({ mode, at: phraseOf(words) }));

const VERB = phraseOf(
  /(?:(?:immediately|forcibly|hard|soft|softly|gracefully) )?(?:re-?start(?: of)?|bounce|kick|(?:do|perform) a (?:(?:soft|hard|graceful) )?restart of)/,
);
const NOUN = phraseOf(/(?:process|daemon|service|protocol)(?:e?s)?(?: (?:process|daemon|service|protocol)(?:e?s)?)?/);
const NOUNS = new Set(['process', 'daemon', 'service', 'protocol', 'processes', 'daemons', 'services', 'protocols']);
const MOST_WORDS = 3;

/**
 * "restart the routing process on hq-rtr01 immediately". Without a process it asks for one: "restart hq-fw01" is never a
 * reboot. A name that is no process is not replaced by a near one, and several processes are one too many.
 */
export function readRestart(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const grammar: Grammar = {
    verb: VERB,
    own: (list, at, soFar) => modeAt(list, at)?.taken ?? processSpan(list, at, soFar, context),
    hasLinks: true,
  };
  const command = readCommand(tokens, grammar, context);
  if (!command?.isClear) return undefined;
  const modes = new Set(modesOf(command));
  if (modes.size > 1) return undefined;
  const { process, unresolvedProcess } = processOf(command, context);
  // Of a device these mean something else, or nothing.
  const needsProcess = command.verb.some(({ lower }) => lower === 'bounce' || lower === 'kick');
  if (needsProcess && !process && !unresolvedProcess) return undefined;
  if (isCrossed(command, tokens, context)) return undefined;
  const { devices, unresolved, when } = command;
  const [mode = 'graceful'] = modes;
  const ask = devices.length === 0 ? 'device' : process === null ? 'process' : null;
  return intentOf('restart-process', {
    devices,
    unresolved,
    when: laterOnly(when),
    process,
    mode,
    ask,
    unresolvedProcess,
  });
}

/** "restart rpd on hq-rtr01 and snmpd on hq-sw01": not both of them on both. */
function isCrossed({ own }: Command, tokens: readonly Token[], { inventory }: IntentContext): boolean {
  const places = processesIn(own).map(([first]) => (first ? tokens.indexOf(first) : -1));
  return tokens.some(
    ({ lower }, at) => inventory.find(lower) && places.some((a) => a < at) && places.some((b) => b > at),
  );
}

const processesIn = (own: Command['own']) => own.filter((words) => modeAt(words, 0) === undefined);

function modeAt(tokens: readonly Token[], at: number): { mode: Mode; taken: number } | undefined {
  for (const { mode, at: takes } of MODES_AT) {
    const taken = takes(tokens, at);
    if (taken > 0) return { mode, taken };
  }
  return undefined;
}

const modesOf = ({ verb, own }: Command) =>
  [...verb.map((token) => [token]), ...own].flatMap((words) => modeAt(words, 0)?.mode ?? []);

/** How many tokens name a process here, known or not, with its "process" or "daemon" before or behind it. */
function processSpan(
  tokens: readonly Token[],
  at: number,
  soFar: readonly (readonly Token[])[],
  context: IntentContext,
): number {
  const before = NOUNS.has(tokens[at]?.lower ?? '') ? 1 : 0;
  const start = at + before;
  const known = processAt(tokens, start, context.processes)?.taken ?? 0;
  const taken = known > 0 ? known : unknownSpan(tokens, start, context, before > 0);
  const after = taken > 0 ? NOUN(tokens, start + taken) : 0;
  const next = tokens[start + taken]?.lower ?? '';
  // "restart the firewall hq-fw01": the kind of a device, which is also the name of a process.
  const isKind = KINDS.has(tokens[start]?.lower ?? '') && after === 0 && before === 0 && next !== 'on';
  if (taken === 0 || isKind || context.inventory.find(tokens[start]?.lower ?? '')) return 0;
  const isFirst = !soFar.some((words) => modeAt(words, 0) === undefined);
  return known > 0 || isFirst ? before + taken + after : 0;
}

/** Words without a meaning where the process belongs: before the device, or alone behind it. */
function unknownSpan(tokens: readonly Token[], at: number, context: IntentContext, isSaid: boolean): number {
  const before = tokens[at - 1]?.lower === 'the' ? tokens[at - 2] : tokens[at - 1];
  if (before && !isSaid && (LINKS.has(before.lower) || AND.has(before.lower) || before.text === ',')) return 0;
  let end = at;
  while (end < tokens.length && isOpaque(tokens, end, context)) end += 1;
  const taken = end - at;
  if (taken === 0 || taken > MOST_WORDS) return 0;
  const next = tokens[end]?.lower ?? '';
  const isBeforeDevice = LINKS.has(next) || NOUNS.has(next) || context.inventory.find(next) !== undefined;
  const isName = taken === 1 && looksLikeDevice(tokens[at]?.lower ?? '');
  return isBeforeDevice || isSaid || !isName ? taken : 0;
}

function isOpaque(tokens: readonly Token[], at: number, { inventory }: IntentContext): boolean {
  const token = tokens[at];
  if (token === undefined || token.kind === 'mark') return false;
  // A protocol is no process, and it is what people say: it is asked about.
  const isWord = isVocabulary(token.lower) && !['bgp', 'ospf'].includes(token.lower);
  if (isWord || inventory.find(token.lower) || modeAt(tokens, at)) return false;
  return whenSpan(tokens, at) === 0 && siteAt(tokens, at, inventory) === 0 && fillerAt(tokens, at) === 0;
}

function processOf(
  { own }: Command,
  { processes }: IntentContext,
): { process: string | null; unresolvedProcess: Unresolved | null } {
  const said = processesIn(own);
  const found = said.map((words) => ({ words, name: nameOf(words, processes) }));
  const names = [...new Set(found.flatMap(({ name }) => name ?? []))];
  const [process = null] = names;
  if (found.length === 0) return { process: null, unresolvedProcess: null };
  if (names.length === 1 && found.every(({ name }) => name !== undefined)) return { process, unresolvedProcess: null };
  const text = said.map((words) => textOf(withoutNouns(words))).join(' and ');
  const suggestions = names.length > 0 ? names : suggestProcesses(text, processes);
  return { process: null, unresolvedProcess: { text, suggestions } };
}

/** "process rpd" as well as "rpd process" and "class of service". */
function nameOf(words: readonly Token[], processes: readonly string[]): string | undefined {
  const isNounFirst = NOUNS.has(words[0]?.lower ?? '');
  return (processAt(words, 0, processes) ?? (isNounFirst ? processAt(words, 1, processes) : undefined))?.name;
}

function withoutNouns(words: readonly Token[]): readonly Token[] {
  const rest = words.filter(({ lower }) => !NOUNS.has(lower));
  return rest.length > 0 ? rest : words;
}
