import { z } from 'zod';
import { sentenceOf } from '../errors.ts';
import { cancelReboot, type PendingReboot, pendingReboot, scheduleChoice } from '../netconf/junos.ts';
import { clock, duration, type Reader } from '../time.ts';
import { aboutDevice, deviceLines, lookWarnings } from './about.ts';
import { defineAction, type FollowContext, type Headed, namesOf, type Outcome } from './action.ts';
import { engineClock, engineClocks, wasBooted } from './engines.ts';

const parameters = z.strictObject({});

/** Noted before the command: since when the engines ran, to see whether the reboot was faster. */
const evidenceSchema = z.object({ before: z.record(z.string(), engineClock) });

/** How long a device that lost the session is asked what came of it. */
const PATIENCE_MS = 5 * 60_000;
const POLL_MS = 5_000;

/** Cancels what is scheduled, on every engine the device can tell about, and proves it by asking afterwards. */
export const cancelRebootAction = defineAction<z.infer<typeof parameters>>({
  name: 'cancel-reboot',
  title: 'Cancel a scheduled reboot',
  example: (device) => `cancel the reboot of ${device}`,
  parameters,

  summarise(own, looks, now, reader) {
    return {
      title: this.question(
        own,
        looks.map(({ device }) => device),
      ),
      devices: deviceLines(looks),
      facts: looks.flatMap((look) =>
        look.state === 'ok'
          ? [{ label: looks.length > 1 ? look.device : 'Scheduled', value: scheduled(look.pending, now, reader) }]
          : [],
      ),
      choices: [],
      button: 'Cancel the reboot',
      decline: 'Keep it',
      warnings: lookWarnings(looks),
    };
  },

  question: (_, devices) => `Cancel the scheduled reboot of ${namesOf(devices)}?`,
  notAfter: () => null,
  headline: (_, devices, state) => headline(namesOf(devices), state),

  async run(_, { device, connect, command, progress, now, reader }) {
    const { session, facts } = await connect();
    const engines = scheduleChoice(facts);
    progress(`Connected to ${facts.hostname} (${aboutDevice(facts)})`, 'Looking at what is scheduled');
    const pending = await pendingReboot(session, { engines, clock: facts.clock });
    if (!pending) {
      return { status: 'done', sentence: `Nothing is scheduled on ${device}. Nothing was sent.`, answer: null };
    }
    progress(`Scheduled: ${scheduled(pending, now(), reader)}`, 'Cancelling it');
    const outcome = await cancelReboot(command(session, { before: engineClocks(facts) }), {
      engines,
      clock: facts.clock,
    });
    switch (outcome.outcome) {
      case 'done':
        return {
          status: 'done',
          sentence: `The reboot of ${device} is cancelled: asked afterwards, it has nothing scheduled.`,
          answer: outcome.text,
        };
      case 'refused':
        return { status: 'refused', sentence: refusal(device, outcome.reason), answer: outcome.text };
      case 'unknown':
        return { status: 'sent', sentence: `${device} gave no clear answer.`, answer: outcome.text || null };
    }
  },

  follow: (_, context) => follow(context),
});

/** Asked until it answers: the device's own word is what counts. */
async function follow(context: FollowContext): Promise<Outcome> {
  const { device, ask, wait, now, progress, answer, sentAt, reader } = context;
  const evidence = evidenceSchema.safeParse(context.evidence);
  const before = evidence.success ? evidence.data.before : {};
  progress(null, `Asking ${device} whether it is still scheduled`);
  const began = now();
  for (;;) {
    try {
      const { pending, clocks } = await ask(async ({ session, facts }) => ({
        pending: await pendingReboot(session, { engines: scheduleChoice(facts), clock: facts.clock }),
        clocks: engineClocks(facts),
      }));
      if (pending) {
        const sentence = `${device} still has it scheduled. The command was not sent again. Ask again to cancel it.`;
        return { status: 'failed', sentence, answer: pending.text };
      }
      const rebooted = Object.entries(clocks).find(([engine, is]) => {
        const was = before[engine];
        return was !== undefined && wasBooted(was, is, now() - sentAt, true) === true;
      });
      if (rebooted) {
        const [engine, { uptimeSeconds }] = rebooted;
        const who = engine === '' ? device : `${engine} of ${device}`;
        const since = uptimeSeconds === null ? '' : `, up since ${clock(now() - uptimeSeconds * 1_000, now(), reader)}`;
        const sentence = `${who} rebooted before it was cancelled${since}. Nothing is scheduled on it any more.`;
        return { status: 'failed', sentence, answer };
      }
      return { status: 'done', sentence: `Asked afterwards, ${device} has nothing scheduled.`, answer };
    } catch (error) {
      if (now() - began > PATIENCE_MS) {
        const sentence = `${device} was asked to cancel its reboot, but cannot be asked what came of it: ${sentenceOf(error)} It may still reboot.`;
        return { status: 'unknown', sentence, answer };
      }
    }
    await wait(POLL_MS);
  }
}

function scheduled(pending: PendingReboot | null | undefined, now: number, reader: Reader): string {
  if (pending === undefined) return 'unknown: the device did not say';
  if (pending === null) return 'nothing';
  const { at, kind, user } = pending;
  if (at === null) return pending.text;
  const by = user === null ? '' : ` by ${user}`;
  return `${kind ?? 'shutdown'} at ${clock(at.getTime(), now, reader)} (in ${duration(at.getTime() - now)})${by}`;
}

function headline(names: string, state: Headed): string {
  switch (state) {
    case 'running':
    case 'waiting':
    case 'scheduled':
      return `Cancelling the reboot of ${names}`;
    case 'done':
      return `No reboot is scheduled on ${names}`;
    case 'cancelled':
    case 'refused':
    case 'failed':
      return `The reboot of ${names} was not cancelled`;
    case 'unknown':
      return `Is the reboot of ${names} cancelled? Unknown`;
    case 'mixed':
      return `Scheduled reboots of ${names}`;
  }
}

function refusal(device: string, reason: 'permission' | 'rejected' | 'still-scheduled'): string {
  switch (reason) {
    case 'permission':
      return `The assistant's user on ${device} may not cancel a reboot. Its login class needs the permission "maintenance".`;
    case 'rejected':
      return `${device} refused the command. What was scheduled still is.`;
    case 'still-scheduled':
      return `${device} took the command, but asked afterwards it still has a reboot scheduled. On the device: clear system reboot.`;
  }
}
