import { readCommand } from './command.ts';
import { type Intent, type IntentContext, plainIntent, type Unresolved } from './intent.ts';
import { anyOf, pattern } from './pattern.ts';
import { processAt, unknownProcess } from './processes.ts';
import { saidOnly } from './schedule.ts';
import { phraseAt, type Token } from './text.ts';
import { whenSpan } from './when-words.ts';
import { isVocabulary, KINDS, looksLikeDevice } from './words.ts';

const VERB = anyOf(
  pattern('restart|re-start|respawn'),
  (tokens, at) => (tokens[at]?.lower === 'restarting' && tokens[at - 1]?.lower === 'mind' ? 1 : 0),
  pattern('do|perform a|the restart of'),
  pattern('a restart of'),
);
/** Of a device it means a reboot, so here it needs a process. */
const BOUNCE = pattern('bounce');

const MODES: [mode: NonNullable<Intent['mode']>, words: string][] = [
  ['immediately', 'immediately forcibly forcefully hard sigkill'],
  ['soft', 'soft softly sighup'],
  ['graceful', 'gracefully graceful nicely cleanly'],
];
const PROCESS_WORDS = ['process', 'daemon', 'service', 'protocol'].map((word) => [word]);
const BEFORE_DEVICE = new Set(['on', 'of', 'for', 'at']);

/** "restart the routing process on hq-rtr01 immediately". */
export function readRestart(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  return read(tokens, VERB, context) ?? bounced(tokens, context);
}

function bounced(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const intent = read(tokens, BOUNCE, context);
  return intent?.process === null ? undefined : intent;
}

function read(tokens: readonly Token[], verb: typeof VERB, context: IntentContext): Intent | undefined {
  let process: string | null = null;
  let mode: NonNullable<Intent['mode']> = 'graceful';
  let unresolvedProcess: Unresolved | null = null;
  let isContradiction = false;

  const command = readCommand(tokens, verb, context, {
    own(all, at, place) {
      const word = all[at]?.lower ?? '';
      const said = MODES.find(([, words]) => words.split(' ').includes(word))?.[0];
      if (said !== undefined) {
        mode = said;
        return 1;
      }
      if (place === 'before-verb') return 0;
      // "routing on hq-rtr01"; but "at 5pm" is a time.
      if ((process ?? unresolvedProcess) !== null && BEFORE_DEVICE.has(word) && whenSpan(all, at) === 0) return 1;
      const found = processIn(all, at, context);
      if (found) {
        isContradiction ||= process !== null && process !== found.name;
        process = found.name;
        return found.next - at;
      }
      const unknown = process === null && unresolvedProcess === null ? unknownAt(all, at, context) : 0;
      if (unknown === 0) return 0;
      unresolvedProcess = unknownProcess(all[at]?.text ?? '', context.processes);
      return unknown;
    },
  });
  // Two processes at once would be half a command.
  if (!command || isContradiction) return undefined;
  const { devices, unresolved, when } = command;
  return {
    ...plainIntent('restart-process'),
    devices,
    unresolved,
    when: saidOnly(when),
    process,
    mode,
    ask: devices.length === 0 ? 'device' : process === null ? 'process' : null,
    unresolvedProcess,
  };
}

/** "routing", "the routing process", "process routing". */
function processIn(tokens: readonly Token[], start: number, { processes, inventory }: IntentContext) {
  const before = phraseAt(tokens, start, PROCESS_WORDS);
  const at = start + before;
  if (inventory.find(tokens[at]?.lower ?? '')) return undefined;
  const found = processAt(tokens, at, processes);
  if (!found) return undefined;
  const next = found.next + phraseAt(tokens, found.next, PROCESS_WORDS);
  // "the firewall hq-fw01" is a device; "firewall on hq-fw01" and "the firewall process" are a process.
  const isKind = KINDS.has(tokens[at]?.lower ?? '') && found.next === at + 1;
  const isProcess = before > 0 || next > found.next || ['on', 'of'].includes(tokens[found.next]?.lower ?? '');
  return isKind && !isProcess ? undefined : { name: found.name, next };
}

/** How many tokens a word takes that stands where a process belongs and is none that is known. */
function unknownAt(tokens: readonly Token[], at: number, { inventory }: IntentContext): number {
  const token = tokens[at];
  if (!token || token.kind === 'mark' || isVocabulary(token.lower) || inventory.find(token.lower)) return 0;
  const named = phraseAt(tokens, at + 1, PROCESS_WORDS);
  if (named > 0) return 1 + named;
  const next = tokens[at + 1]?.lower;
  if (next !== undefined) return BEFORE_DEVICE.has(next) ? 1 : 0;
  return looksLikeDevice(token.lower) ? 0 : 1;
}
