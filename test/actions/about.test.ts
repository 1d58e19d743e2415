import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aboutDevice, deviceLines, lookWarnings, manyWarning, whenFacts } from '../../src/actions/about.ts';
import { type DeviceLook, NOT_LOOKED_AT, namesOf } from '../../src/actions/action.ts';
import { facts } from '../jobs/fake-device.ts';
import { LONDON, MINUTE, NOW, seen, unseen } from './context.ts';

const clock = (offsetMinutes: number | null, zone: string | null, skewMs: number | null = 0) => ({
  now: new Date(NOW),
  zone,
  offsetMinutes,
  skewMs,
});

describe('what a device is', () => {
  const cases: [of: object, text: string][] = [
    [{}, 'SRX345 · Junos 22.4R3 · up 1 h'],
    [{ version: '' }, 'SRX345 · up 1 h'],
    [{ uptimeSeconds: null }, 'SRX345 · Junos 22.4R3'],
    [{ model: '', version: '', uptimeSeconds: null }, ''],
    [{ uptimeSeconds: 0 }, 'SRX345 · Junos 22.4R3 · up 0 s'],
  ];
  for (const [of, text] of cases) {
    it(text || '(nothing)', () => assert.equal(aboutDevice({ ...facts, ...of }), text));
  }

  it('what could not be seen says why', () => {
    assert.deepEqual(deviceLines([seen('hq-fw01'), unseen('hq-fw02')]), [
      { name: 'hq-fw01', about: 'SRX345 · Junos 22.4R3 · up 1 h', state: 'ok' },
      { name: 'hq-fw02', about: 'hq-fw02 refuses connections.', state: 'unreachable' },
    ]);
  });
});

describe('warnings', () => {
  const cases: [looks: DeviceLook[], about: string | null][] = [
    [[seen('a')], null],
    [[seen('a'), unseen('b')], 'b'],
    [[unseen('a'), unseen('b'), unseen('c')], 'a, b, c'],
    [['a', 'b', 'c', 'd', 'e'].map(unseen), 'a, b, c and 2 more'],
    [[{ state: 'unknown', device: 'a', sentence: NOT_LOOKED_AT }], null],
  ];
  for (const [looks, about] of cases) {
    it(`${about ?? 'nobody'} could not be seen`, () => {
      const sentence = `Could not look at ${about}. It is tried again when you confirm; nothing is sent to a device that does not answer.`;
      assert.deepEqual(lookWarnings(looks), about === null ? [] : [sentence]);
    });
  }

  it('more than one device is worth a word', () => {
    assert.deepEqual(manyWarning([seen('a')], 'go down together'), []);
    assert.deepEqual(manyWarning([seen('a'), seen('b')], 'go down together'), ['2 devices go down together.']);
  });
});

describe('when', () => {
  const at = Date.UTC(2026, 10, 23, 17, 0);
  const value = (looks: DeviceLook[], reader = LONDON, of = at) =>
    whenFacts(of, looks, NOW, reader).map((f) => f.value);

  it('in the zone of the person, and how long that is from now', () => {
    assert.deepEqual(value([seen('a')]), ['17:00 GMT (in 7 h)']);
    assert.deepEqual(value([seen('a')], LONDON, NOW + 20_000), ['10:00 GMT (in 1 min)']);
  });

  it('in UTC as well, where that reads otherwise', () => {
    assert.deepEqual(value([unseen('a')], { ...LONDON, zone: 'Europe/Berlin' }), ['18:00 CET (in 7 h)', '17:00 UTC']);
  });

  it('by the clock of the device: its zone, and how wrong it is', () => {
    assert.deepEqual(value([seen('a', { clock: clock(-300, 'EST', 10 * MINUTE) })]), [
      '17:00 GMT (in 7 h)',
      'device clock 12:10 EST',
    ]);
    assert.deepEqual(value([seen('a', { clock: clock(null, 'EST') })]), ['17:00 GMT (in 7 h)']);
    assert.deepEqual(value([seen('a', { clock: clock(60, null, null) })])[1], 'device clock 18:00');
  });

  it('each time once, and no more than two', () => {
    const looks = [60, 60, 120, 180, 240].map((offset, n) => seen(`d${n}`, { clock: clock(offset, 'X') }));
    assert.equal(value(looks)[1], 'device clock 18:00 X · device clock 19:00 X · 2 more device clocks');
  });

  it('a device whose clock is UTC says it already', () => {
    const berlin = { ...LONDON, zone: 'Europe/Berlin' };
    assert.equal(value([seen('a', { clock: clock(0, 'UTC') })], berlin)[1], 'device clock 17:00 UTC');
  });
});

describe('namesOf', () => {
  const cases: [devices: string[], names: string][] = [
    [['a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c'], '3 devices'],
  ];
  for (const [devices, names] of cases) it(names, () => assert.equal(namesOf(devices), names));
});
