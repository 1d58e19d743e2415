import type { DeviceLook } from '../actions/action.ts';
import { sentenceOf } from '../errors.ts';
import { NetconfError } from '../netconf/errors.ts';
import { pendingReboot, scheduleChoice } from '../netconf/junos.ts';
import type { Connect } from './connect.ts';

export type Look = (devices: readonly string[]) => Promise<DeviceLook[]>;

/** Devices that are looked at at once. */
const PARALLEL = 10;

/** Looks at devices, each within the limit and all of them within the limit as well. Never throws. */
export function createLook(connect: Connect, limitMs: number): Look {
  return async (devices) => {
    const signal = AbortSignal.timeout(limitMs);
    const looks: DeviceLook[] = [];
    const left = [...devices.entries()];
    const worker = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [at, device] = next;
        looks[at] = await lookAt(connect, device, signal, limitMs);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return looks;
  };
}

async function lookAt(connect: Connect, device: string, signal: AbortSignal, limitMs: number): Promise<DeviceLook> {
  const late: DeviceLook = {
    state: 'unknown',
    device,
    sentence: `did not answer within ${Math.round(limitMs / 1_000)} s`,
  };
  if (signal.aborted) return late;
  // The session ends with the signal, but a name that resolves slowly, say, does not: nobody waits for it either.
  const tooLate = new Promise<DeviceLook>((resolve) => signal.addEventListener('abort', () => resolve(late)));
  return await Promise.race([ask(connect, device, signal, late), tooLate]);
}

async function ask(connect: Connect, device: string, signal: AbortSignal, late: DeviceLook): Promise<DeviceLook> {
  try {
    const { session, facts } = await connect(device, signal);
    try {
      const pending = await pendingReboot(session, {
        engines: scheduleChoice(facts),
        clock: facts.clock,
        signal,
      }).catch(() => undefined);
      return { state: 'ok', device, facts, pending };
    } finally {
      // Nobody waits for the goodbye.
      void session.close();
    }
  } catch (error) {
    if (signal.aborted || (error instanceof NetconfError && error.code === 'cancelled')) return late;
    return { state: 'unreachable', device, sentence: sentenceOf(error) };
  }
}
