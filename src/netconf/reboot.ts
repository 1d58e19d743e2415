import { type DeviceClock, offsetMayChange, ourInstant, wallClock, writtenInstant } from './device-clock.ts';
import { type EngineChoice, engineElements, type Platform } from './engine-choice.ts';
import { NetconfError, RpcError } from './errors.ts';
import { type OperationOptions, type RpcSession, sendOnce } from './operation.ts';
import { type PendingReboot, pendingReboot } from './pending.ts';
import { type CommandOutcome, rebootOutcome } from './reboot-outcome.ts';
import type { RpcReply } from './reply.ts';
import { spokenText } from './spoken.ts';
import { find, XmlError } from './xml.ts';

export type RebootTime = { kind: 'now' } | { kind: 'in'; minutes: number } | { kind: 'at'; at: Date };

export interface RebootRequest {
  engines: EngineChoice;
  when: RebootTime;
}

/** What the device made of a time it was given. All instants are by our clock. */
export interface Schedule {
  /** The instant that was asked for. */
  asked: Date;
  /** How it was put: minutes from now, or the device's own wall clock. */
  sentAs: 'in' | 'at';
  /** The instant that the device lists, or else the one it answered with; null when neither could be read. */
  confirmedAt: Date | null;
  /** Whether every time that could be read is within 60 s of the asked one; null when none could. */
  matches: boolean | null;
  /** What it lists as scheduled, null when nothing, undefined when it could not be asked. */
  pending: PendingReboot | null | undefined;
  /** Why the time was put otherwise than asked, or could not be compared. */
  note: string | null;
}

type Done = Extract<CommandOutcome, { outcome: 'done' }>;
export type RebootResult = (Done & { schedule: Schedule | null }) | Exclude<CommandOutcome, Done>;

export interface RebootOptions extends OperationOptions {
  /** Our own clock, epoch ms. */
  now?: () => number;
}

const MINUTE_MS = 60_000;
const TOLERANCE_MS = 60_000;
/** `at` has whole minutes, and a time that is past when the device reads it is an error there. */
const SOON_MS = 90_000;

/**
 * Reboots the chosen engines once, now or at a time. Everything that can happen after the request was sent is a value:
 * `unknown` means only the device's uptime can tell, so it must not be sent again. A time is read back and compared;
 * that never turns `done` into anything else. `device` is what `facts` told.
 * Throws `NetconfError` when nothing was sent, and `RangeError` for a time that is none.
 */
export async function reboot(
  session: RpcSession,
  device: Platform & { clock: DeviceClock | null },
  { engines, when }: RebootRequest,
  options: RebootOptions = {},
): Promise<RebootResult> {
  const { now = Date.now, ...rpcOptions } = options;
  const choice = engineElements(engines, session.target.name, device);
  if (!choice.possible) return { outcome: 'refused', reason: 'not-possible', text: choice.sentence };
  const askedAt = now();
  const time = timeElement(when, askedAt, device.clock);
  if (time.kind === 'past') return { outcome: 'refused', reason: 'not-possible', text: time.sentence };
  const request = rebootRequest(device, choice.xml + time.xml);
  let reply: RpcReply | undefined;
  const outcome = await sendOnce(session, request, rpcOptions, (received) => {
    reply = received;
    return rebootOutcome(received);
  });
  if (outcome.outcome !== 'done') return outcome;
  if (time.kind === 'now' || !reply) return { ...outcome, schedule: null };
  return { ...outcome, schedule: await readBack(session, device.clock, time, reply, engines, rpcOptions) };
}

/** Which request reboots is the platform's: a vmhost has to take its host along, Evolved knows no request-reboot. */
function rebootRequest({ vmhost, evolved }: Platform, content: string): string {
  const name = evolved ? 'request-system-reboot' : vmhost ? 'request-vmhost-reboot' : 'request-reboot';
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

interface SentTime {
  kind: 'sent';
  xml: string;
  asked: Date;
  sentAs: 'in' | 'at';
  note: string | null;
}

function timeElement(
  when: RebootTime,
  now: number,
  clock: DeviceClock | null,
): SentTime | { kind: 'now'; xml: '' } | { kind: 'past'; sentence: string } {
  if (when.kind === 'now') return { kind: 'now', xml: '' };
  if (when.kind === 'in') {
    const { minutes } = when;
    if (!(Number.isSafeInteger(minutes) && minutes > 0 && minutes < 1_000_000)) {
      throw new RangeError(`A reboot in ${minutes} minutes is not possible.`);
    }
    return inMinutes(minutes, new Date(now + minutes * MINUTE_MS), null);
  }
  const ahead = when.at.getTime() - now;
  if (Number.isNaN(ahead)) throw new RangeError('A reboot at an invalid date is not possible.');
  if (ahead < -MINUTE_MS) {
    return { kind: 'past', sentence: `The time for it, ${when.at.toISOString()}, has passed. Nothing was sent.` };
  }
  const minutes = Math.max(1, Math.round(ahead / MINUTE_MS));
  if (ahead < SOON_MS) return inMinutes(minutes, when.at, 'It is so soon that it was given in minutes.');
  const wall = clock && wallClock(clock, when.at);
  if (!clock || wall === null) {
    return inMinutes(minutes, when.at, "It was given in minutes, because the device's clock could not be read.");
  }
  if (offsetMayChange(clock, [when.at.getTime()])) {
    return inMinutes(
      minutes,
      when.at,
      'It was given in minutes, because the device may change to or from summer time before it.',
    );
  }
  return { kind: 'sent', xml: `<at>${wall}</at>`, asked: when.at, sentAs: 'at', note: null };
}

function inMinutes(minutes: number, asked: Date, note: string | null): SentTime {
  return { kind: 'sent', xml: `<in>${minutes}</in>`, asked, sentAs: 'in', note };
}

async function readBack(
  session: RpcSession,
  clock: DeviceClock | null,
  time: SentTime,
  reply: RpcReply,
  engines: EngineChoice,
  options: OperationOptions,
): Promise<Schedule> {
  const answered = answeredInstant(clock, reply);
  const pending = await pendingReboot(session, { ...options, engines, clock }).catch((error: unknown) => {
    if (error instanceof NetconfError || error instanceof RpcError || error instanceof XmlError) return undefined;
    throw error;
  });
  const distance = (at: Date) => Math.abs(at.getTime() - time.asked.getTime());
  const listed = (pending?.each ?? [])
    .flatMap(({ kind, at }) => (kind === 'reboot' && at ? [at] : []))
    .sort((a, b) => distance(a) - distance(b));
  // Asked for one engine, another one may have its own time listed; asked for all, every one has to fit.
  const all = engines === 'both' || engines === 'all-members';
  const read = [...(all ? listed : listed.slice(0, 1)), ...(answered ? [answered] : [])];
  return {
    asked: time.asked,
    sentAs: time.sentAs,
    confirmedAt: read[0] ?? null,
    matches: read.length === 0 ? null : read.every((at) => distance(at) <= TOLERANCE_MS),
    pending,
    note: time.note,
  };
}

/**
 * The instant in `Shutdown at Wed Jul  9 18:15:00 2014`, or where the device may be in another offset by then, in the
 * epoch seconds of `reboot-time`.
 */
function answeredInstant(clock: DeviceClock | null, reply: RpcReply): Date | null {
  if (!clock) return null;
  const written = writtenInstant(clock, spokenText(reply.root));
  if (written) return written;
  const seconds = find(reply.root, 'request-reboot-status')?.attributes['reboot-time'];
  return seconds !== undefined && /^\d{9,11}$/.test(seconds) ? ourInstant(clock, Number(seconds) * 1000) : null;
}
