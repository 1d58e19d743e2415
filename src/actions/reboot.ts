import { z } from 'zod';
import { pendingReboot, reboot } from '../netconf/junos.ts';
import { clock, duration, readsAsUtc } from '../time.ts';
import { defineAction } from './action.ts';

const MINUTE_MS = 60_000;

const parameters = z.strictObject({
  device: z.string(),
  /** The instant that was asked for, epoch ms; null is now. */
  at: z.int().nullable(),
});

/**
 * Reboots the Routing Engine the session lands on, now or in a number of minutes. A delay is counted from
 * the request, not from the click: the card promises a time of day, and that is what the device is told.
 */
export const rebootAction = defineAction<z.infer<typeof parameters>>({
  name: 'reboot',
  title: 'Reboot a device',
  example: 'reboot hq-fw01 in 30 minutes',
  parameters,

  summarise({ device, at }, now, reader) {
    // Instants are whole seconds: without the rounding "in 30 minutes" would read "in 29 min" half of the time.
    const inMs = at === null ? 0 : Math.max(1, Math.round((at - now) / MINUTE_MS)) * MINUTE_MS;
    const when = at === null ? 'now, as soon as you confirm' : `${clock(at, now, reader)} (in ${duration(inMs)})`;
    const utc =
      at === null || readsAsUtc(at, reader.zone)
        ? []
        : [{ label: 'In UTC', value: clock(at, now, { ...reader, zone: 'UTC' }) }];
    return {
      title: `Reboot ${device}?`,
      device,
      facts: [{ label: 'When', value: when }, ...utc, { label: 'Engine', value: 'the one the assistant logs in to' }],
      button: at === null ? 'Reboot now' : `Reboot at ${clock(at, now, reader)}`,
      warning: at === null ? 'Traffic through it may stop until it is back.' : null,
      notAfter: at,
    };
  },

  headline({ device, at }, status) {
    const isLater = at !== null;
    switch (status) {
      case 'running':
        return isLater ? `Scheduling the reboot of ${device}` : `Rebooting ${device}`;
      case 'done':
        return isLater ? `Reboot of ${device} is scheduled` : `${device} is rebooting`;
      case 'refused':
      case 'failed':
        return `${device} was not rebooted`;
      case 'unknown':
        return `Is ${device} rebooting? Unknown`;
    }
  },

  async run({ device, at }, { connect, sending, progress, now, reader }) {
    const { session, facts } = await connect();
    const uptime = facts.uptimeSeconds === null ? '' : `, up ${duration(facts.uptimeSeconds * 1_000)}`;
    progress(
      `Connected to ${facts.hostname} (${facts.model}, Junos ${facts.version}${uptime})`,
      'Looking for a reboot that is already scheduled',
    );
    const pending = await pendingReboot(session, { clock: facts.clock });
    if (pending) {
      return {
        status: 'refused',
        sentence: `${device} already has a reboot or shutdown scheduled. Nothing was sent; that one still stands. To remove it, on the device: clear system reboot.`,
        answer: pending.text,
      };
    }
    // `now` decides here, not when the card was clicked: connecting to a busy device can take a while.
    if (at !== null && at - now() < -MINUTE_MS) {
      return {
        status: 'failed',
        sentence: `The time for it, ${clock(at, now(), reader)}, passed while connecting to ${device}. Nothing was sent. Ask again if it is still wanted.`,
        answer: null,
      };
    }
    progress('No other reboot is scheduled', at === null ? 'Asking for the reboot' : 'Asking for the scheduled reboot');
    await sending();
    const inMinutes = at === null ? undefined : Math.max(1, Math.round((at - now()) / MINUTE_MS));
    const when = inMinutes === undefined ? ({ kind: 'now' } as const) : ({ kind: 'in', minutes: inMinutes } as const);
    // Only the engine that answers, as the card promised: other choices take down more than was confirmed.
    const outcome = await reboot(session, facts, { engines: 'this', when }, { now });
    if (outcome.outcome === 'unknown') {
      return {
        status: 'unknown',
        sentence: `${device} was asked to reboot, but no clear answer came. It may be rebooting. Look at its uptime before asking again.`,
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
      return { status: 'done', sentence: `${device} accepted the reboot and is going down now.`, answer: outcome.text };
    }
    const readBack = outcome.schedule?.pending;
    if (outcome.schedule?.matches === false) {
      return {
        status: 'done',
        sentence: `${device} accepted the reboot, but names another time for it than ${clock(at, now(), reader)}. Check with: show system reboot.`,
        answer: readBack ? `${outcome.text}\n${readBack.text}` : outcome.text,
      };
    }
    if (readBack === undefined) {
      const sentence = `${device} accepted a reboot at ${clock(at, now(), reader)}, but could not be asked whether it lists it. Check with: show system reboot.`;
      return { status: 'done', sentence, answer: outcome.text };
    }
    return {
      status: 'done',
      sentence: readBack
        ? `${device} reboots at ${clock(at, now(), reader)}. It lists the reboot as scheduled.`
        : `${device} accepted a reboot at ${clock(at, now(), reader)}, but does not list it as scheduled. Check with: show system reboot.`,
      answer: readBack ? `${outcome.text}\n${readBack.text}` : outcome.text,
    };
  },
});

function refusal(device: string, reason: 'already-scheduled' | 'permission' | 'rejected'): string {
  switch (reason) {
    case 'already-scheduled':
      return `${device} already has a shutdown under way or scheduled. This one was not added.`;
    case 'permission':
      return `The assistant's user on ${device} may not reboot it. Its login class needs the permission "maintenance".`;
    case 'rejected':
      return `${device} refused the command. Its answer says why; nothing was changed.`;
  }
}
