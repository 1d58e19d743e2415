import { z } from 'zod';
import { sentenceOf } from '../errors.ts';
import { NetconfError } from '../netconf/errors.ts';
import { type Facts, type PendingReboot, pendingReboot, scheduleChoice } from '../netconf/junos.ts';
import { clock, duration } from '../time.ts';
import type { FollowContext, Outcome } from './action.ts';
import { engineClocks, wasBooted } from './engines.ts';

const engineClock = z.object({ uptimeSeconds: z.number().nullable(), bootedAt: z.number().nullable() });

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

type Seen =
  | { kind: 'booted'; facts: Facts }
  | { kind: 'up'; facts: Facts; pending: PendingReboot | null | undefined; isBooted: false | null }
  | { kind: 'down'; why: string; isGone: boolean };

/**
 * Sees a reboot through: its uptime proves that a device came back. A device that is still up and has nothing scheduled
 * some minutes after its time did not reboot, whatever became of the answer; it is not asked again.
 */
export async function followReboot(asked: number | null, context: FollowContext): Promise<Outcome> {
  const { device, sentAt, answer, now, reader, progress, wait, phase } = context;
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
  let lastSeen: number | null = null;
  let downSince: number | null = null;
  let trouble = '';
  for (let poll = 0; ; poll += 1) {
    const seen = await look(evidence, dueAt - (isLater ? 60_000 : 0), context);
    const elapsedMs = now() - dueAt;
    if (seen.kind === 'booted') return outcome('done', back(seen.facts));
    if (seen.kind === 'down') {
      trouble = seen.why;
      if (downSince === null && seen.isGone) {
        downSince = now();
        progress(`${device} went down`, `Waiting for it to come back`);
      }
    } else {
      lastSeen = now();
      // Scheduled and not begun yet: it counts from when it is gone from the list.
      const isStillComing = seen.pending !== null && seen.pending !== undefined;
      if (seen.isBooted === null && downSince !== null) {
        return outcome(
          'unknown',
          `${device} answers again, but does not report its uptime. Check with: show system uptime.`,
        );
      }
      if (!isStillComing && elapsedMs > GRACE_MS) return notRebooted(seen.facts, seen.isBooted);
    }
    if (elapsedMs > context.limitMs) {
      const seenAt = lastSeen === null ? '' : ` It was last seen at ${clock(lastSeen, now(), reader)}.`;
      return trouble === ''
        ? outcome(
            'unknown',
            `${device} still has the reboot listed after ${duration(elapsedMs)}. Look at it: show system reboot.`,
          )
        : outcome(
            'failed',
            `${device} has not come back after ${duration(elapsedMs)}. ${trouble}${seenAt} Try its console or its power.`,
          );
    }
    await wait(POLLS_MS[poll] ?? POLL_MS);
  }

  /** The headline says already that it is back. */
  function back(facts: Facts): string {
    const [target = ''] = Object.keys(evidence.before);
    const upSeconds = engineClocks(facts)[target]?.uptimeSeconds ?? facts.uptimeSeconds;
    const upSince = upSeconds === null ? now() : now() - upSeconds * 1_000;
    const took =
      downSince === null
        ? `Back ${duration(Math.max(1_000, now() - dueAt))} after ${isLater ? 'its time' : 'the command'}`
        : `Away for ${duration(Math.max(1_000, now() - downSince))}`;
    // Of two engines, which; an only one has no name.
    const engines = Object.keys(evidence.before).filter((name) => name !== '');
    const which = engines.length > 0 && facts.engines.length > 1 ? `${engines.join(' and ')}: ` : '';
    return `${which}${took}. Up since ${clock(upSince, now(), reader)}${facts.version === '' ? '' : `, Junos ${facts.version}`}.`;
  }

  function notRebooted(facts: Facts, isBooted: false | null): Outcome {
    if (isBooted === null) {
      return outcome(
        'unknown',
        `${device} answers, but does not report its uptime, so nobody can tell whether it rebooted. Check with: show system uptime.`,
      );
    }
    const up = facts.uptimeSeconds === null ? '' : `it has been up for ${duration(facts.uptimeSeconds * 1_000)}, and `;
    return outcome(
      'failed',
      `${device} did not reboot${isLater ? ` at ${clock(dueAt, now(), reader)}` : ''}: ${up}nothing is scheduled on it. The command was not sent again. Check with: show system reboot, show system uptime.`,
    );
  }
}

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
      if (pending === null) {
        const sentence = isAnswered
          ? `The reboot of ${device} at ${clock(dueAt, now(), reader)} is no longer on its list. It will not happen.`
          : `${device} was asked for a reboot at ${clock(dueAt, now(), reader)} and does not list it: it is not scheduled. It was not asked again.`;
        return { status: isAnswered ? 'cancelled' : 'failed', sentence, answer };
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

const listed = ({ ask }: FollowContext) =>
  ask(({ session, facts }) => pendingReboot(session, { engines: scheduleChoice(facts), clock: facts.clock }));

async function look(evidence: RebootEvidence, since: number, { ask, now }: FollowContext): Promise<Seen> {
  try {
    return await ask(async ({ session, facts }): Promise<Seen> => {
      const sinceMs = now() - since;
      const clocks = engineClocks(facts);
      const targets = Object.entries(evidence.before);
      const booted = targets.map(([engine, before]) => {
        const after = clocks[engine];
        return after === undefined ? null : wasBooted(before, after, sinceMs);
      });
      if (targets.length > 0 && booted.every((each) => each === true)) return { kind: 'booted', facts };
      const pending = await pendingReboot(session, { engines: scheduleChoice(facts), clock: facts.clock }).catch(
        () => undefined,
      );
      return { kind: 'up', facts, pending, isBooted: booted.length === 0 || booted.includes(null) ? null : false };
    });
  } catch (error) {
    const isGone = error instanceof NetconfError && !['authentication', 'host-key', 'cancelled'].includes(error.code);
    return { kind: 'down', why: sentenceOf(error), isGone };
  }
}
