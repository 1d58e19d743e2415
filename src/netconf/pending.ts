import { type DeviceClock, readClock, writtenInstant } from './device-clock.ts';
import { type EngineChoice, scheduleElements } from './engine-choice.ts';
import { perEngine } from './engines.ts';
import { RpcError } from './errors.ts';
import { ask, type OperationOptions, type RpcSession, unanswered } from './operation.ts';
import { folded } from './reply.ts';
import { capped } from './spoken.ts';
import { child, looseText, text, type XmlElement, XmlError } from './xml.ts';

export interface PendingShutdown {
  /** The engine it is of, where the device names one. */
  engine: string | null;
  /** What is coming: `shutdown` ends with the power off. Null when the device's words are not known. */
  kind: 'reboot' | 'halt' | 'shutdown' | null;
  /** Who asked for it. */
  user: string | null;
  /** When, by our clock; null when it is not written or the device's clock cannot be read. */
  at: Date | null;
  /** The device's own words on one line. */
  text: string;
}

/** What is scheduled: the first one, and each one where several engines have one. */
export interface PendingReboot extends PendingShutdown {
  each: PendingShutdown[];
}

export interface PendingOptions extends OperationOptions {
  /** Whose schedules; the own engine's when not given. */
  engines?: EngineChoice;
  /** The device's clock when it is known already. Without it the device is asked, but only when something is scheduled. */
  clock?: DeviceClock | null;
  /** Our own clock, epoch ms. */
  now?: () => number;
}

/** A line that names an engine or underlines its name. */
const ENGINE_HEADING = /^((?:node|re|fpc|member|lcc|localre)\d*(?:-re\d)?):?$/i;
const UNDERLINE = /^-+$/;
const NOTHING_PENDING = /^No shutdown\/reboot scheduled\.?$/i;
const REQUESTED = /\b(reboot|halt|shutdown|power[- ]?off)\b(?:.*?) requested(?: by (\S+))?/i;

/**
 * The reboot, halt or shutdown the device has scheduled, or null when there is none. Only the device's own statement
 * counts as none. Throws `NetconfError` or `RpcError`.
 */
export async function pendingReboot(session: RpcSession, options: PendingOptions = {}): Promise<PendingReboot | null> {
  const { engines = 'this', clock: known, now, ...rpcOptions } = options;
  const elements = scheduleElements(engines);
  const request =
    elements === ''
      ? '<get-reboot-information format="text"/>'
      : `<get-reboot-information format="text">${elements}</get-reboot-information>`;
  const lines = linesOf(await rebootInformation(session, request, rpcOptions));
  if (lines.length === 0) throw unanswered(session, request, 'the reply is empty');
  const pending = lines.filter(({ line }) => !NOTHING_PENDING.test(line));
  if (pending.length === 0) return null;
  const clock = known === undefined ? await clockOf(session, rpcOptions, now) : known;
  const each = pending.map(({ engine, line }) => shutdownIn(engine, line, clock));
  const first = each.find(({ kind }) => kind !== null) ?? each[0];
  if (!first) return null;
  return { ...first, text: capped(pending.map(({ line }) => line).join(' ')), each };
}

interface Line {
  engine: string | null;
  line: string;
}

async function rebootInformation(session: RpcSession, request: string, options: OperationOptions): Promise<Line[]> {
  try {
    const { root } = await ask(session, request, options);
    const items = perEngine(root, 'multi-routing-engine-item');
    const answers = items.map(({ element }) => ({
      engine: text(child(element, 're-name')) || null,
      line: answerIn(element),
    }));
    return [...answers, { engine: null, line: answerIn(root, 'multi-routing-engine-item') }];
  } catch (error) {
    // A halt with a message makes some releases answer with broken XML. Its text still says what is pending.
    if (error instanceof XmlError) return [{ engine: null, line: looseText(error.raw) }];
    throw error;
  }
}

/** Everything said in an element, line by line as it was, without the name of the engine. */
function answerIn(element: XmlElement, without = 're-name'): string {
  if (element.name === without || element.name === 're-name') return '';
  return [element.text, ...element.children.map((each) => answerIn(each, without))].join('\n');
}

function linesOf(answers: Line[]): Line[] {
  return answers.flatMap(({ engine, line }) => {
    let heading = engine;
    return line.split('\n').flatMap((raw) => {
      const said = folded(raw);
      const named = ENGINE_HEADING.exec(said)?.[1];
      if (named !== undefined) heading = named;
      return said === '' || named !== undefined || UNDERLINE.test(said) ? [] : [{ engine: heading, line: said }];
    });
  });
}

function shutdownIn(engine: string | null, line: string, clock: DeviceClock | null): PendingShutdown {
  const match = REQUESTED.exec(line);
  const word = match?.[1]?.toLowerCase();
  return {
    engine,
    kind: word === 'reboot' || word === 'halt' ? word : word === undefined ? null : 'shutdown',
    user: match?.[2] ?? null,
    at: clock && writtenInstant(clock, line),
    text: capped(line),
  };
}

async function clockOf(
  session: RpcSession,
  options: OperationOptions,
  now: () => number = Date.now,
): Promise<DeviceClock | null> {
  try {
    const reply = await ask(session, '<get-system-uptime-information/>', options);
    return readClock(reply.root, now());
  } catch (error) {
    // The time is a help; that something is pending is the answer.
    if (error instanceof RpcError || error instanceof XmlError) return null;
    throw error;
  }
}
