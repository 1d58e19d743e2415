import { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';
import { openSession, type SessionTarget } from '../../src/netconf/session.ts';

/** A simulated device that goes when the test ends, how to reach it, and a way to open sessions. */
export async function aDevice(t: TestContext, options: Partial<SimulatorOptions> = {}) {
  const simulator = await startSimulator({ hostname: 'hq-fw01', port: 0, user: 'netops', password: 'pw', ...options });
  t.after(() => simulator.close());
  const target: SessionTarget = {
    name: 'hq-fw01',
    address: '127.0.0.1',
    ports: [simulator.port],
    user: 'netops',
    password: 'pw',
    knownHosts: simulator.hostKeyLine,
    ...(options.legacy ? { legacy: true } : {}),
  };
  const open = async (user = 'netops', password = 'pw') => {
    const session = await openSession({ ...target, user, password }, { timeouts: { closeMs: 50 } });
    t.after(() => session.close());
    return session;
  };
  return { simulator, state: simulator.state, target, open };
}

/** Sinks that keep what they get; a slow one takes one piece per turn of the event loop. */
export function sinks(slow = false) {
  const all: { bytes: Buffer[]; sink: Writable }[] = [];
  const open = () => {
    const bytes: Buffer[] = [];
    const sink = new Writable({
      ...(slow ? { highWaterMark: 1 } : {}),
      write(piece: Buffer, _encoding, done) {
        bytes.push(piece);
        if (slow) setImmediate(done);
        else done();
      },
    });
    all.push({ bytes, sink });
    return sink;
  };
  const last = () => Buffer.concat(all.at(-1)?.bytes ?? []);
  return { all, open, last };
}
