import { z } from 'zod';
import { sentenceOf } from '../errors.ts';
import { type RestartOutcome, restartProcess } from '../netconf/junos.ts';
import { clock, duration } from '../time.ts';
import { aboutDevice, deviceLines, lookWarnings, manyWarning } from './about.ts';
import { defineAction, type FollowContext, type Headed, namesOf, type Outcome, type Pending } from './action.ts';
import { logsWhereItFailed } from './next.ts';
import { isGivenUp, isSilence } from './patience.ts';

const mode = z.enum(['graceful', 'immediately', 'soft']);

const parameters = z.strictObject({
  /** As Junos' `restart` names it: `routing`. */
  process: z.string(),
  mode,
});
type RestartParameters = z.infer<typeof parameters>;

const MODE_INPUT = 'mode';
const MODES: { value: z.infer<typeof mode>; title: string }[] = [
  { value: 'graceful', title: 'gracefully (it is asked to end)' },
  { value: 'immediately', title: 'immediately (it is killed)' },
  { value: 'soft', title: 'soft (it rereads its configuration)' },
];

/** What a restart of these takes along, for the person who confirms. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  forwarding:
    'Restarting forwarding stops all traffic through the device for five minutes or more, and the assistant loses its session.',
  'chassis-control': 'Restarting chassis-control restarts the line cards: traffic stops until they are back.',
  'interface-control':
    'Restarting interface-control takes the interfaces down for a moment, and maybe the session of the assistant.',
  routing: 'Restarting routing drops its neighbours: routes are learned anew, unless graceful restart is configured.',
  management: 'Restarting management ends the sessions on the device, the one of the assistant included.',
};

const POLLS_MS = [1_000, 2_000, 4_000, 8_000];
const POLL_MS = 15_000;

/** Restarts one Junos process. It happens at the click; Junos cannot schedule it. */
export const restartProcessAction = defineAction<RestartParameters>({
  name: 'restart-process',
  title: 'Restart a process',
  example: (device) => `restart routing on ${device}`,
  parameters,

  summarise(own, looks) {
    const devices = looks.map(({ device }) => device);
    const consequence = CONSEQUENCES[own.process];
    return {
      title: this.question(own, devices),
      devices: deviceLines(looks),
      facts: [
        { label: 'Process', value: own.process },
        { label: 'When', value: 'now, as soon as you confirm' },
      ],
      choices: [{ id: MODE_INPUT, label: 'How', value: own.mode, options: MODES }],
      button: `Restart ${own.process}`,
      warnings: [
        ...(consequence === undefined ? [] : [consequence]),
        ...manyWarning(looks, 'restart it at the same time'),
        ...lookWarnings(looks),
      ],
    };
  },

  question: ({ process }, devices) => `Restart ${process} on ${namesOf(devices)}?`,
  notAfter: () => null,

  choose({ process, mode: asked }, _devices, inputs) {
    const chosen = mode.safeParse(inputs[MODE_INPUT] ?? asked);
    return chosen.success ? { process, mode: chosen.data } : 'Choose how to restart it.';
  },

  headline: ({ process }, devices, state) => headline(process, namesOf(devices), state),
  next: (_, devices) => logsWhereItFailed(devices),

  async run({ process, mode: how }, { device, connect, command, progress }) {
    const { session, facts } = await connect();
    progress(
      `Connected to ${facts.hostname} (${aboutDevice(facts)})`,
      `Asking it to restart ${process}. That can take a minute and a half`,
    );
    const outcome = await restartProcess(command(session), process, how);
    return read(outcome, device, process, how);
  },

  follow: ({ process }, context) => follow(process, context),
});

function read(
  outcome: RestartOutcome,
  device: string,
  process: string,
  how: RestartParameters['mode'],
): Outcome | Pending {
  const answer = outcome.text || null;
  switch (outcome.outcome) {
    case 'done': {
      const pid = outcome.pid === null ? '' : `, with the process id ${outcome.pid}`;
      const sentence =
        how === 'soft'
          ? `${process} on ${device} rereads its configuration.`
          : `${process} on ${device} was started again${pid}.`;
      return { status: 'done', sentence, answer };
    }
    case 'done-unproven':
      if (outcome.because === 'session-lost')
        return {
          status: 'waiting',
          sentence: `${device} took the command. The connection ended with ${process}, as expected.`,
          answer,
        };
      return {
        status: 'done',
        sentence:
          how === 'soft'
            ? `${device} took the command and gave no text back, which is usual.`
            : `${device} took the command and gave no text back, which is usual. Check with: show system processes extensive.`,
        answer,
      };
    case 'refused':
      return { status: 'refused', sentence: refusal(device, process, outcome.reason), answer };
    case 'unknown':
      return {
        status: 'unknown',
        sentence: `${device} was asked to restart ${process}, but gave no clear answer. It was not asked again. Look at it: show system processes extensive.`,
        answer,
      };
  }
}

/**
 * After a session that went with the process, or a restart of the assistant. That the device answers again can be
 * proved; which processes were started anew, it does not tell in words that hold for every release.
 */
async function follow(process: string, context: FollowContext): Promise<Outcome> {
  const { device, ask, wait, now, sentAt, limitMs, isAnswered, answer, progress, reader } = context;
  progress(null, `Waiting for ${device} to answer again`);
  const beganAt = now();
  for (let poll = 0; ; poll += 1) {
    // The session was cut by the command: what answers in the first moment may be on its way down.
    await wait(POLLS_MS[poll] ?? POLL_MS);
    try {
      const facts = await ask(async (connected) => connected.facts);
      const took = duration(Math.max(1_000, now() - sentAt));
      if (isAnswered)
        return {
          status: 'done',
          sentence: `${device} answers again, ${took} after the restart of ${process}.`,
          answer,
        };
      const up = facts.uptimeSeconds === null ? '' : ` It has been up for ${duration(facts.uptimeSeconds * 1_000)}.`;
      return {
        status: 'unknown',
        sentence: `The restart of ${process} was sent to ${device} at ${clock(sentAt, now(), reader)}, and no clear answer came. ${device} answers.${up} The command was not sent again. See whether ${process} is new: show system processes extensive.`,
        answer,
      };
    } catch (error) {
      if (!isGivenUp(limitMs, now() - sentAt, now() - beganAt)) continue;
      const ago = `${duration(now() - sentAt)} ago`;
      if (!isSilence(error)) {
        const sentence = `The restart of ${process} was sent to ${device} ${ago}, and it cannot be asked what came of it. ${sentenceOf(error)} The command was not sent again. Look at the device before asking again.`;
        return { status: 'unknown', sentence, answer };
      }
      const sentence = `${device} has not answered since the restart of ${process} was sent, ${ago}. ${sentenceOf(error)} Try its console.`;
      return { status: 'failed', sentence, answer };
    }
  }
}

function headline(process: string, names: string, state: Headed): string {
  switch (state) {
    case 'running':
    case 'waiting':
    case 'scheduled':
      return `Restarting ${process} on ${names}`;
    case 'done':
      return `${process} on ${names} was restarted`;
    case 'refused':
    case 'cancelled':
      return `${process} on ${names} was not restarted`;
    case 'failed':
      return `Restart of ${process} on ${names} failed`;
    case 'unknown':
      return `Was ${process} on ${names} restarted? Unknown`;
    case 'mixed':
      return `Restart of ${process} on ${names}`;
  }
}

function refusal(
  device: string,
  process: string,
  reason: 'not-running' | 'no-such-process' | 'permission' | 'rejected',
): string {
  switch (reason) {
    case 'not-running':
      return `${process} is not running on ${device}: its configuration does not use it. Nothing was restarted.`;
    case 'no-such-process':
      return `${device} has no process called ${process}.`;
    case 'permission':
      return `The assistant's user on ${device} may not restart processes. Its login class needs the permission "reset".`;
    case 'rejected':
      return `${device} refused the command and changed nothing. Why: see Details.`;
  }
}
