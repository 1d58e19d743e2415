import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOT_LOOKED_AT } from '../../src/actions/action.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import { createLook } from '../../src/jobs/look.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { FakeDevice, gone, lost, NOTHING_PENDING } from './fake-device.ts';
import { settle } from './rig.ts';

describe('a look at devices', () => {
  it('says what each is and has scheduled, in the order asked, and closes every session', async () => {
    const devices = new Map([
      ['hq-fw01', new FakeDevice()],
      ['hq-fw02', new FakeDevice({ pending: ['reboot requested by netops at Mon Nov 23 10:30:00 2026'] })],
    ]);
    const look = createLook(async (name) => devices.get(name)?.connected() ?? Promise.reject(gone()), 5_000);
    const [second, missing, first] = await look(['hq-fw02', 'hq-fw03', 'hq-fw01']);
    assert.equal(first?.state === 'ok' && first.pending, null);
    assert.equal(second?.state === 'ok' && second.pending?.user, 'netops');
    assert.deepEqual(missing, { state: 'unreachable', device: 'hq-fw03', sentence: 'hq-fw01 refuses connections.' });
    await settle();
    assert.deepEqual(
      [...devices.values()].map(({ closed }) => closed),
      [1, 1],
    );
  });

  it('a device that does not tell what is scheduled is still one that was seen', async () => {
    const device = new FakeDevice({ pending: [lost(true), NOTHING_PENDING] });
    const [seen] = await createLook(async () => device.connected(), 5_000)(['hq-fw01']);
    assert.deepEqual([seen?.state, seen?.state === 'ok' && seen.pending], ['ok', undefined]);
  });

  it('what does not answer in time is unknown, whether its session listens to the signal or not', async () => {
    const deaf: Connect = () => new Promise(() => {});
    const obedient: Connect = (_name, signal) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new NetconfError('cancelled', 'called off'))),
      );
    for (const connect of [deaf, obedient]) {
      const [late] = await createLook(connect, 30)(['hq-fw01']);
      assert.equal(late?.state, 'unknown');
    }
  });

  it('of many devices ten at once; what is left when the time is up is not begun', async () => {
    const begun: string[] = [];
    const connect: Connect = (name) => {
      begun.push(name);
      return new Promise(() => {});
    };
    const names = Array.from({ length: 25 }, (_, n) => `hq-sw${n}`);
    const looks = await createLook(connect, 30)(names);
    assert.deepEqual(
      looks.map(({ device, state }) => `${device} ${state}`),
      names.map((name) => `${name} unknown`),
    );
    assert.equal(begun.length, 10);
  });

  it('with a limit of 0 nobody is asked', async () => {
    const looks = await createLook(() => assert.fail('connected'), 0)(['hq-fw01']);
    assert.deepEqual(looks, [{ state: 'unknown', device: 'hq-fw01', sentence: NOT_LOOKED_AT }]);
  });
});
