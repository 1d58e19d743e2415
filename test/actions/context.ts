import type { AnyAction, Command, DeviceLook, FollowContext } from '../../src/actions/action.ts';
import type { Facts } from '../../src/netconf/junos.ts';
import type { FakeDevice } from '../jobs/fake-device.ts';
import { facts } from '../jobs/fake-device.ts';

export const NOW = Date.UTC(2026, 10, 23, 10, 0);
export const MINUTE = 60_000;
export const LONDON = { zone: 'Europe/London', locale: 'en-gb' };

export const seen = (device: string, of: Partial<Facts> = {}): DeviceLook => ({
  state: 'ok',
  device,
  facts: { ...facts, ...of },
  pending: null,
});
export const unseen = (device: string): DeviceLook => ({
  state: 'unreachable',
  device,
  sentence: `${device} refuses connections.`,
});

const commandOf = ({ work }: AnyAction): Command => {
  if (work.kind !== 'command') throw new Error('It sends no command.');
  return work;
};

/** Runs an action against a scripted device; `order` tells what was noted between what was asked. */
export async function run(action: AnyAction, parameters: object, device: FakeDevice, now = () => NOW) {
  const order: string[] = [];
  let evidence: object | undefined;
  const outcome = await commandOf(action).run(JSON.stringify(parameters), {
    device: 'hq-fw01',
    connect: async () => device.connected(),
    command: (session, given) => {
      let isNoted = false;
      return {
        target: session.target,
        rpc: async (xml, options) => {
          if (!isNoted) order.push(`sent after ${device.asked.length}: ${xml}`);
          isNoted = true;
          evidence = given;
          return await session.rpc(xml, options);
        },
      };
    },
    progress: (done, doing) => void order.push(`${done} | ${doing}`),
    now,
    reader: LONDON,
  });
  return { outcome, order, evidence, asked: device.asked };
}

/** Follows a command of an action; each look takes the next device, the last one stays. `waits` are its waits, in ms. */
export async function follow(
  action: AnyAction,
  parameters: object,
  looks: (FakeDevice | Error)[],
  of: Partial<FollowContext> = {},
) {
  let now = NOW;
  const waits: number[] = [];
  const outcome = await commandOf(action).follow(JSON.stringify(parameters), {
    device: 'hq-fw01',
    evidence: null,
    sentAt: NOW,
    isAnswered: false,
    answer: null,
    limitMs: 20 * MINUTE,
    ask: async (questions) => {
      const next = looks.length > 1 ? looks.shift() : looks[0];
      if (!next || next instanceof Error) throw next ?? new Error('nothing to look at');
      return await questions(next.connected());
    },
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
      return false;
    },
    phase: async () => {},
    progress: () => {},
    now: () => now,
    reader: LONDON,
    ...of,
  });
  return { outcome, waits };
}
