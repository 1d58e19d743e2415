import { z } from 'zod';
import { sentenceOf } from '../errors.ts';
import { type Facts, type PendingReboot, pendingReboot, scheduleChoice } from '../netconf/junos.ts';
import { clock, duration } from '../time.ts';
import type { FollowContext, Outcome } from './action.ts';
import { engineClock, engineClocks, wasBooted } from './engines.ts';
import { isGivenUp, isSilence } from './patience.ts';

/** Noted before the command: since when the engines ran that it takes down, and when it was to happen. */
const evidenceSchema = z.object({
  before: z.record(z.string(), engineClock),
  /** The instant the device was told, epoch ms; null is now. */
  at: z.number().nullable(),
});
export type RebootEvidence = z.infer<typeof evidenceSchema>;

/** A device that accepted a reboot takes a minute or two until it goes down. After this, still up is not rebooted. */
const GRACE_MS = 4 * 60_000;
/** Looks follow one another faster at first, when the lab device or the one that refused is quickly known. */
const POLLS_MS = [1_000, 2_000, 4_000, 8_000];
const POLL_MS = 15_000;

interface EngineSeen {
  /** `''` for the one of a device that names none. */
  name: string;
  /** Null when it did not tell, or is not there. */
  isBooted: boolean | null;
  uptimeSeconds: number | null;
}

type Seen =
  | { kind: 'up'; facts: Facts; pending: PendingReboot | null | undefined; engines: EngineSeen[] }
  | { kind: 'down'; why: string; isSilent: boolean };

/**
 * Sees a reboot through: its uptime proves that a device came back. A device that is still up and has nothing scheduled
 * some minutes after its time did not reboot, whatever became of the answer; it is not asked again.
 */
export async function followReboot(asked: number | null, context: FollowContext): Promise<Outcome> {
  const { device, sentAt, answer, now, reader, progress, wait, phase, limitMs } = context;
  const parsed = evidenceSchema.safeParse(context.evidence);
  const evidence: RebootEvidence = parsed.success ? parsed.data : { before: {}, at: asked };
  const isLater = evidence.at !== null;
  // A device that was told minutes counts from when it heard them.
  const dueAt = evidence.at ?? sentAt;
  const outcome = (status: Outcome['status'], sentence: string): Outcome => ({ status, sentence, answer });

  if (isLater) {
    const early = await untilDue(dueAt, context);
    if (early) return early;
    await phase('waiting');
  }
  progress(null, `Waiting for ${device} to come back`);
  const beganAt = now();
  let lastSeen: number | null = null;
  let downSince: number | null = null;
  for (let poll = 0; ; poll += 1) {
    const seen = await look(evidence, dueAt, context);
    const elapsedMs = now() - dueAt;
    const isOver = isGivenUp(limitMs, elapsedMs, now() - beganAt);
    if (seen.kind === 'up') {
      const end = endOfUp(seen, elapsedMs, isOver);
      if (end) return end;
      lastSeen = now();
      // An engine that is not there yet may be the one that went down.
      if (seen.engines.every(({ isBooted }) => isBooted === false)) downSince = null;
    } else {
      if (isOver) return endOfDown(seen, elapsedMs);
      if (downSince === null && seen.isSilent) {
        downSince = now();
        progress(`${device} went down`, 'Waiting for it to come back');
      }
    }
    await wait(POLLS_MS[poll] ?? POLL_MS);
  }

  /** Null as long as something may still come. */
  function endOfUp({ facts, pending, engines }: Extract<Seen, { kind: 'up' }>, elapsedMs: number, isOver: boolean) {
    if (engines.length > 0 && engines.every(({ isBooted }) => isBooted === true)) {
      return outcome('done', back(facts, engines));
    }
    // Scheduled and not begun yet: it counts from when it is gone from the list.
    if (pending) return isOver ? outcome('unknown', stillListed(pending, elapsedMs)) : null;
    if (isOver || elapsedMs > GRACE_MS) {
      const staying = engines.filter(({ isBooted }) => isBooted === false);
      const untold = engines.filter(({ isBooted }) => isBooted === null);
      // It cannot say whether something is scheduled: until the limit it may.
      if (pending === undefined && !isOver) return null;
      if (staying.length > 0 && (untold.length === 0 || isOver)) {
        return outcome('failed', notRebooted(facts, engines, staying, pending));
      }
      const isNeverTold = facts.uptimeSeconds === null || engines.length === 0;
      if (isOver || isNeverTold) return outcome('unknown', notTold(facts, engines, untold, elapsedMs));
    }
    if (downSince !== null && facts.uptimeSeconds === null) {
      return outcome(
        'unknown',
        `${device} answers again, but does not report its uptime. Check with: show system uptime.`,
      );
    }
    return null;
  }

  function endOfDown({ why, isSilent }: Extract<Seen, { kind: 'down' }>, elapsedMs: number): Outcome {
    if (!isSilent) {
      return outcome(
        'unknown',
        `${device} could not be asked whether it rebooted. ${why} The command was not sent again. Look at the device before asking again.`,
      );
    }
    const seenAt = lastSeen === null ? '' : ` It was last seen at ${clock(lastSeen, now(), reader)}.`;
    return outcome(
      'failed',
      `${device} has not come back after ${duration(elapsedMs)}. ${why}${seenAt} Try its console or its power.`,
    );
  }

  /** The headline says already that it is back. */
  function back(facts: Facts, engines: EngineSeen[]): string {
    // Of several the one that was last; the session may be on one that was never down.
    const uptimes = engines.flatMap(({ uptimeSeconds }) => uptimeSeconds ?? []);
    const upSince = uptimes.length === 0 ? now() : now() - Math.min(...uptimes) * 1_000;
    const took =
      downSince === null
        ? `Back ${duration(Math.max(1_000, now() - dueAt))} after ${isLater ? 'its time' : 'the command'}`
        : `Away for ${duration(Math.max(1_000, now() - downSince))}`;
    const which = facts.engines.length > 1 && named(engines) !== '' ? `${named(engines)}: ` : '';
    return `${which}${took}. Up since ${clock(upSince, now(), reader)}${facts.version === '' ? '' : `, Junos ${facts.version}`}.`;
  }

  function stillListed({ text }: PendingReboot, elapsedMs: number): string {
    return `${device} has not rebooted after ${duration(elapsedMs)}, and still lists: ${text.replace(/\.$/, '')}. The command was not sent again. Look at it: show system reboot.`;
  }

  function notRebooted(facts: Facts, engines: EngineSeen[], staying: EngineSeen[], pending: null | undefined): string {
    const up = staying.flatMap(({ uptimeSeconds }) => uptimeSeconds ?? []);
    const parts = [
      ...(up.length === 0 ? [] : [`it has been up for ${duration(Math.min(...up) * 1_000)}`]),
      pending === null ? 'nothing is scheduled on it' : 'it does not tell whether something is scheduled',
    ];
    const which = facts.engines.length > 1 && named(staying) !== '' ? `${named(staying)} of ${device}` : device;
    const others = engines.filter(({ isBooted }) => isBooted === true);
    const come = others.length === 0 ? '' : `${named(others)} of ${device} ${others.length > 1 ? 'are' : 'is'} back. `;
    return `${come}${which} did not reboot${isLater ? ` at ${clock(dueAt, now(), reader)}` : ''}: ${parts.join(', and ')}. The command was not sent again. Check with: show system reboot, show system uptime.`;
  }

  function notTold(facts: Facts, engines: EngineSeen[], untold: EngineSeen[], elapsedMs: number): string {
    if (facts.uptimeSeconds === null) {
      return `${device} answers, but does not report its uptime, so nobody can tell whether it rebooted. Check with: show system uptime.`;
    }
    if (named(untold) === '') {
      return `${device} answers and has been up for ${duration(facts.uptimeSeconds * 1_000)}, which does not tell whether it rebooted. Check with: show system uptime.`;
    }
    const others = engines.filter(({ isBooted }) => isBooted === true);
    const come = others.length === 0 ? '' : `${named(others)} of ${device} ${others.length > 1 ? 'are' : 'is'} back. `;
    return `${come}${device} answers, but ${duration(elapsedMs)} after ${isLater ? 'its time' : 'the command'} it does not tell that ${named(untold)} is up again. Check with: show chassis routing-engine.`;
  }
}

const named = (engines: EngineSeen[]) =>
  engines
    .map(({ name }) => name)
    .filter((name) => name !== '')
    .join(' and ');

/** Waits for the time of a scheduled reboot. Ends earlier when the schedule is gone from the device. */
async function untilDue(dueAt: number, context: FollowContext): Promise<Outcome | null> {
  const { device, now, wait, answer, reader, isAnswered, progress } = context;
  // After a lost session or a restart nobody knows yet whether the device has it.
  let mustAsk = !isAnswered;
  for (let failures = 0; now() < dueAt; ) {
    if (mustAsk) {
      progress(null, `Asking ${device} whether it is scheduled`);
      const pending = await listed(context).catch((error: unknown) => {
        context.progress(null, `${sentenceOf(error)} It is asked again.`);
        return undefined;
      });
      if (pending === null || (pending && !isAt(pending, dueAt))) {
        const other = pending ? ` It lists this instead: ${pending.text.replace(/\.$/, '')}.` : '';
        const sentence = isAnswered
          ? `The reboot of ${device} at ${clock(dueAt, now(), reader)} is no longer on its list. It will not happen.`
          : `${device} was asked for a reboot at ${clock(dueAt, now(), reader)} and does not list it: it is not scheduled. It was not asked again.`;
        return { status: isAnswered ? 'cancelled' : 'failed', sentence: `${sentence}${other}`, answer };
      }
      mustAsk = pending === undefined;
      failures = mustAsk ? failures + 1 : 0;
      if (!mustAsk) {
        await context.phase('scheduled');
        progress(`${device} lists it as scheduled`, null);
      }
    }
    const untilMs = dueAt - now();
    const wasNudged = await wait(mustAsk ? Math.min(untilMs, POLLS_MS[failures] ?? POLL_MS) : untilMs);
    mustAsk ||= wasNudged;
  }
  return null;
}

/** Whether it may be the one that was asked for: at its time, or at a time that cannot be read. */
const isAt = ({ each }: PendingReboot, dueAt: number) =>
  each.some(({ at }) => at === null || Math.abs(at.getTime() - dueAt) <= 2 * 60_000);

const listed = ({ ask }: FollowContext) =>
  ask(({ session, facts }) => pendingReboot(session, { engines: scheduleChoice(facts), clock: facts.clock }));

/** Told minutes, a device may be up to one early. */
const EARLY_MS = 60_000;

async function look({ before, at }: RebootEvidence, dueAt: number, { ask, now }: FollowContext): Promise<Seen> {
  try {
    return await ask(async ({ session, facts }): Promise<Seen> => {
      const sinceMs = now() - dueAt + (at === null ? 0 : EARLY_MS);
      const clocks = engineClocks(facts);
      // An only engine is the same one, whether it has a name this time or not.
      const only = facts.engines.length < 2 ? Object.values(clocks)[0] : undefined;
      const engines = Object.entries(before).map(([name, was], _, { length }): EngineSeen => {
        const is = clocks[name] ?? (length === 1 ? only : undefined);
        const isBooted = is === undefined ? null : wasBooted(was, is, sinceMs, at === null);
        return { name, isBooted, uptimeSeconds: is?.uptimeSeconds ?? null };
      });
      const isBack = engines.length > 0 && engines.every(({ isBooted }) => isBooted === true);
      const pending = isBack
        ? undefined
        : await pendingReboot(session, { engines: scheduleChoice(facts), clock: facts.clock }).catch(() => undefined);
      return { kind: 'up', facts, pending, engines };
    });
  } catch (error) {
    return { kind: 'down', why: sentenceOf(error), isSilent: isSilence(error) };
  }
}
