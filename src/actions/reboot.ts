import { z } from 'zod';
import { pendingReboot, reboot, scheduleChoice } from '../netconf/junos.ts';
import { clock } from '../time.ts';
import { aboutDevice, deviceLines, lookWarnings, manyWarning, whenFacts } from './about.ts';
import { type Choice, type DeviceLook, defineAction, type Headed, namesOf, type Summary } from './action.ts';
import { asEngineChoice, engineChoice, engineClocks, engineOptions, engineTargets, UNSEEN_ENGINES } from './engines.ts';
import { followReboot, type RebootEvidence } from './follow-reboot.ts';
import { logsWhereItFailed } from './next.ts';

const MINUTE_MS = 60_000;

const parameters = z.strictObject({
  /** The instant that was asked for, epoch ms; null is now. */
  at: z.int().nullable(),
  /** Which engines of each device; `this` where nothing is chosen. */
  engines: z.record(z.string(), engineChoice).default({}),
  /** The engine of each device that the card called "this one". */
  own: z.record(z.string(), z.string().max(40)).optional(),
});
type RebootParameters = z.infer<typeof parameters>;

const engineInput = (device: string) => `engines ${device}`;
const ownInput = (device: string) => `own ${device}`;

/**
 * Reboots the chosen Routing Engines, now or in a number of minutes. A delay is counted from the request, not from
 * the click: the card promises a time of day, and that is what the device is told.
 */
export const rebootAction = defineAction<RebootParameters>({
  name: 'reboot',
  title: 'Reboot a device',
  example: (device) => `reboot ${device} in 30 minutes`,
  parameters,

  summarise({ at }, looks, now, reader) {
    const devices = looks.map(({ device }) => device);
    const when =
      at === null ? [{ label: 'When', value: 'now, as soon as you confirm' }] : whenFacts(at, looks, now, reader);
    return {
      title: this.question({ at, engines: {} }, devices),
      devices: deviceLines(looks),
      facts: [...when, ...engineFacts(looks)],
      choices: engineChoices(looks),
      data: ownEngines(looks),
      button: at === null ? 'Reboot now' : `Reboot at ${clock(at, now, reader)}`,
      warnings: [
        ...(at === null
          ? [
              `Traffic through ${devices.length > 1 ? 'them' : 'it'} may stop until ${devices.length > 1 ? 'they are' : 'it is'} back.`,
            ]
          : []),
        ...manyWarning(looks, 'go down at the same time'),
        ...looks.flatMap(pendingWarning),
        ...lookWarnings(looks),
      ],
    };
  },

  question: (_, devices) => `Reboot ${namesOf(devices)}?`,

  notAfter: ({ at }) => at,

  choose({ at }, devices, inputs) {
    const engines: RebootParameters['engines'] = {};
    for (const device of devices) {
      const input = inputs[engineInput(device)];
      if (input === undefined) continue;
      const choice = engineChoice.safeParse(input);
      if (!choice.success) return `Choose which engines of ${device} to reboot.`;
      engines[device] = choice.data;
    }
    const own = devices.flatMap((device) => {
      const name = inputs[ownInput(device)];
      return typeof name === 'string' && name.length <= 40 ? [[device, name] as const] : [];
    });
    return own.length > 0 ? { at, engines, own: Object.fromEntries(own) } : { at, engines };
  },

  headline({ at, engines }, devices, state) {
    return headline(whatOf(devices, engines), devices.length > 1, at !== null, state);
  },
  next: (_, devices) => logsWhereItFailed(devices),

  async run({ at, engines, own }, { device, connect, command, progress, now, reader }) {
    const { session, facts } = await connect();
    const choice = engines[device] ?? 'this';
    const promised = own?.[device];
    if ((choice === 'this' || choice === 'other') && promised !== undefined && facts.ownEngine !== promised) {
      return {
        status: 'refused',
        sentence: `${device} has switched over: the card said that the assistant is on ${promised}, and it is on ${facts.ownEngine ?? 'one that has no name'} now. Nothing was sent. Ask again to see the engines as they are.`,
        answer: null,
      };
    }
    progress(
      `Connected to ${facts.hostname} (${aboutDevice(facts)})`,
      'Looking for a reboot that is already scheduled',
    );
    const pending = await pendingReboot(session, { engines: scheduleChoice(facts), clock: facts.clock });
    if (pending) {
      return {
        status: 'refused',
        sentence: `${device} already has a reboot or shutdown scheduled. Nothing was sent; that one still stands. To remove it: cancel the reboot of ${device}.`,
        answer: pending.text,
      };
    }
    // `now` decides here, not when the card was clicked: connecting to a busy device can take a while.
    if (at !== null && at - now() < -MINUTE_MS) {
      return {
        status: 'failed',
        sentence: `The time for it, ${clock(at, now(), reader)}, passed before ${device} could be asked. Nothing was sent. Ask again if it is still wanted.`,
        answer: null,
      };
    }
    progress('No other reboot is scheduled', at === null ? 'Asking for the reboot' : 'Asking for the scheduled reboot');
    const inMinutes = at === null ? undefined : Math.max(1, Math.round((at - now()) / MINUTE_MS));
    const when = inMinutes === undefined ? ({ kind: 'now' } as const) : ({ kind: 'in', minutes: inMinutes } as const);
    const targets = engineTargets(choice, facts);
    const clocks = engineClocks(facts);
    const evidence: RebootEvidence = {
      before: Object.fromEntries(
        targets.map((target) => [target, clocks[target] ?? { uptimeSeconds: null, bootedAt: null }]),
      ),
      at: inMinutes === undefined ? null : now() + inMinutes * MINUTE_MS,
    };
    const outcome = await reboot(command(session, evidence), facts, { engines: asEngineChoice(choice), when }, { now });
    if (outcome.outcome === 'unknown') {
      return {
        status: 'sent',
        sentence: `${device} was asked to reboot and gave no clear answer.`,
        answer: outcome.text || null,
      };
    }
    if (outcome.outcome === 'refused') {
      // This one is ours, not the device's: the platform has no such reboot.
      if (outcome.reason === 'not-possible')
        return { status: 'refused', sentence: `${outcome.text} Nothing was sent.`, answer: null };
      return { status: 'refused', sentence: refusal(device, outcome.reason), answer: outcome.text };
    }
    if (at === null) {
      progress(asked(outcome.pid), 'Waiting for it to come back');
      const named = targets.filter((target) => target !== '');
      const sentence =
        facts.engines.length > 1 && named.length > 0
          ? `${device} accepted the reboot of ${named.join(' and ')}.`
          : `${device} accepted the reboot and is going down.`;
      return { status: 'waiting', sentence, answer: outcome.text };
    }
    progress(asked(outcome.pid), null);
    const time = clock(at, now(), reader);
    const readBack = outcome.schedule?.pending;
    const answer = readBack ? `${outcome.text}\n${readBack.text}` : outcome.text;
    const sentence =
      outcome.schedule?.matches === false
        ? `${device} accepted the reboot, but names another time for it than ${time}. Check with: show system reboot.`
        : readBack === undefined
          ? `${device} accepted a reboot at ${time}, but could not be asked whether it lists it. Check with: show system reboot.`
          : readBack === null
            ? `${device} accepted a reboot at ${time}, but does not list it as scheduled. Check with: show system reboot.`
            : `${device} reboots at ${time}. It lists the reboot as scheduled.`;
    return { status: 'scheduled', sentence, answer };
  },

  follow: ({ at }, context) => followReboot(at, context),
});

const asked = (pid: number | null) => (pid === null ? 'Asked' : `Asked (pid ${pid})`);

/** Engines in words where nothing is to be chosen; the others are choices. */
function engineFacts(looks: readonly DeviceLook[]): Summary['facts'] {
  const lines = looks.flatMap((look) => {
    if (look.state !== 'ok') return [{ device: look.device, text: UNSEEN_ENGINES }];
    const { options } = engineOptions(look.facts);
    return options.length === 1 && options[0] ? [{ device: look.device, text: options[0].title }] : [];
  });
  const texts = new Set(lines.map(({ text }) => text));
  const [first] = lines;
  if (!first) return [];
  const isSame = texts.size === 1 && lines.length === looks.length;
  const value = isSame ? first.text : lines.map(({ device, text }) => `${device}: ${text}`).join(' · ');
  return [{ label: 'Engine', value }];
}

/** Which engine "this one" is, where there are several. */
function ownEngines(looks: readonly DeviceLook[]): Record<string, string> {
  return Object.fromEntries(
    looks.flatMap((look) =>
      look.state === 'ok' && look.facts.ownEngine !== null && look.facts.engines.length > 1
        ? [[ownInput(look.device), look.facts.ownEngine]]
        : [],
    ),
  );
}

function engineChoices(looks: readonly DeviceLook[]): Choice[] {
  return looks.flatMap((look) => {
    if (look.state !== 'ok') return [];
    const { options, preset } = engineOptions(look.facts);
    // A single option that is not "this" has to come back with the click as well.
    if (options.length === 1 && preset === 'this') return [];
    const label = looks.length > 1 ? `Engines of ${look.device}` : 'Engines';
    return [{ id: engineInput(look.device), label, value: preset, options }];
  });
}

function pendingWarning(look: DeviceLook): string[] {
  if (look.state !== 'ok' || !look.pending) return [];
  return [
    `A reboot or shutdown of ${look.device} is already scheduled. This one will not be sent; cancel that one first. It is: ${look.pending.text}`,
  ];
}

/** What goes down, where it is not the whole of one device: `the other engine of hq-rtr01`. */
function whatOf(devices: readonly string[], engines: RebootParameters['engines']): string {
  const [device = ''] = devices;
  const choice = devices.length === 1 ? engines[device] : undefined;
  if (choice === 'other') return `the other engine of ${device}`;
  return choice?.startsWith('member:') ? `member ${choice.slice(7)} of ${device}` : namesOf(devices);
}

/** Names of devices stay as they are. */
const sentenceCase = (names: string) =>
  names.replace(/^(?:the|member)\b/, (word) => word.charAt(0).toUpperCase() + word.slice(1));

function headline(names: string, several: boolean, isLater: boolean, state: Headed): string {
  switch (state) {
    case 'running':
      return isLater ? `Scheduling the reboot of ${names}` : `Rebooting ${names}`;
    case 'waiting':
      return `Rebooting ${names}`;
    case 'scheduled':
      return `Reboot of ${names} is scheduled`;
    case 'done':
      return `${sentenceCase(names)} ${several ? 'are' : 'is'} back`;
    case 'cancelled':
      return `Reboot of ${names} was cancelled`;
    case 'refused':
      return `${sentenceCase(names)} ${several ? 'were' : 'was'} not rebooted`;
    case 'failed':
      return `Reboot of ${names} failed`;
    case 'unknown':
      return `${several ? 'Were' : 'Was'} ${names} rebooted? Unknown`;
    case 'mixed':
      return `Reboot of ${names}`;
  }
}

function refusal(device: string, reason: 'already-scheduled' | 'permission' | 'rejected'): string {
  switch (reason) {
    case 'already-scheduled':
      return `${device} already has a shutdown under way or scheduled. This one was not added. Check with: show system reboot.`;
    case 'permission':
      return `The assistant's user on ${device} may not reboot it. Its login class needs the permission "maintenance", or allow-commands for request system reboot.`;
    case 'rejected':
      return `${device} refused the command and changed nothing. Why: see Details.`;
  }
}
