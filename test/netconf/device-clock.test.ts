import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type DeviceClock,
  offsetMayChange,
  readClock,
  wallClock,
  writtenInstant,
} from '../../src/netconf/device-clock.ts';
import { parseReply } from '../../src/netconf/reply.ts';
import { escapeXml } from '../../src/netconf/xml.ts';
import { uptime } from './fake-session.ts';

const MINUTE = 60_000;
const read = (written: string, seconds: number, receivedAt: number | null = null) =>
  readClock(parseReply(`<rpc-reply xmlns:junos="j">${uptime(written, seconds)}</rpc-reply>`).root, receivedAt);
const clockAt = (now: number, offsetMinutes: number | null, skewMs: number | null = 0): DeviceClock => ({
  now: new Date(now),
  zone: 'XST',
  offsetMinutes,
  skewMs,
});

const written: [what: string, text: string, seconds: number, zone: string | null, offset: number | null][] = [
  ['west, in summer', '2017-06-29 16:59:47 PDT', 1498780787, 'PDT', -420],
  ['UTC', '2026-05-27 00:52:31 UTC', 1779843151, 'UTC', 0],
  ['half an hour', '2026-05-27 06:22:31 IST', 1779843151, 'IST', 330],
  ['three quarters', '2026-05-27 06:37:31 +0545', 1779843151, '+0545', 345],
  ['no zone', '2026-05-27 02:52:31', 1779843151, null, 120],
  ['not the same moment', '2026-05-27 00:52:44 UTC', 1779843151, 'UTC', null],
  ['another day', '2026-05-29 00:52:31 UTC', 1779843151, 'UTC', null],
  ['no date', '4:59PM', 1779843151, null, null],
];
for (const [what, text, seconds, zone, offsetMinutes] of written) {
  test(`clock: ${what}`, () => {
    assert.deepEqual(read(text, seconds), { now: new Date(seconds * 1000), zone, offsetMinutes, skewMs: null });
  });
}

test('clock: ahead of ours, and none', () => {
  assert.equal(read('2026-05-27 00:52:31 UTC', 1779843151, 1779843141_000)?.skewMs, 10_000);
  assert.equal(readClock(parseReply('<rpc-reply/>').root), null);
});

test('the wall clock of an instant', () => {
  const at = new Date('2026-11-23T23:30:00Z');
  assert.equal(wallClock(clockAt(0, 0), at), '2611232330');
  assert.equal(wallClock(clockAt(0, 60), at), '2611240030');
  assert.equal(wallClock(clockAt(0, -330), at), '2611231800');
  // Ten minutes fast: it shows 23:40 when it is 23:30.
  assert.equal(wallClock(clockAt(0, 0, 600_000), at), '2611232340');
  assert.equal(wallClock(clockAt(0, 0), new Date('2026-11-23T23:30:29Z')), '2611232330');
  assert.equal(wallClock(clockAt(0, 0), new Date('2026-11-23T23:30:31Z')), '2611232331');
  assert.equal(wallClock(clockAt(0, null), at), null);
  assert.equal(wallClock(clockAt(0, 0), new Date('2100-01-01T00:00:00Z')), null);
});

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** As C's ctime() writes an instant of that offset. */
function ctime(at: number, offsetMinutes: number): string {
  const wall = new Date(at + offsetMinutes * MINUTE);
  const [day] = wall.toUTCString().split(',');
  const clock = wall.toISOString().slice(11, 19);
  return `${day} ${MONTHS[wall.getUTCMonth()]} ${String(wall.getUTCDate()).padStart(2)} ${clock} ${wall.getUTCFullYear()}`;
}

test('what is told as a wall clock is read back as the same minute, in every zone and with every skew', () => {
  const instants = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2026, 11, 30) });
  const offsets = fc.integer({ min: -48, max: 56 }).map((quarters) => quarters * 15);
  fc.assert(
    fc.property(
      instants,
      fc.integer({ min: 0, max: 14 * 86_400 }),
      offsets,
      fc.integer({ min: -3600, max: 3600 }),
      (now, ahead, offset, skew) => {
        const clock = clockAt(now + skew * 1000, offset, skew * 1000);
        const at = now + ahead * 1000;
        const [, yy, ...rest] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(wallClock(clock, new Date(at)) ?? '') ?? [];
        const [month = 0, day, hours, minutes] = rest.map(Number);
        const device = Date.UTC(2000 + Number(yy), month - 1, day, hours, minutes) - offset * MINUTE;
        const back = writtenInstant(clock, `Shutdown at ${ctime(device, offset)}. [pid 1]`);
        // Null is right where a zone of that offset changes near that day; a wrong instant never is.
        if (back === null) assert.ok(offsetMayChange(clock, [device - 120 * MINUTE, device, device + 120 * MINUTE]));
        else
          assert.ok(Math.abs(back.getTime() - at) <= 30_000, `${back.toISOString()} for ${new Date(at).toISOString()}`);
      },
    ),
  );
});

test('no text makes the reader of times throw', () => {
  const clock = clockAt(Date.UTC(2026, 5), 0);
  fc.assert(
    fc.property(fc.string(), (text) => {
      writtenInstant(clock, text);
      read(escapeXml(text), 1779843151);
    }),
  );
  for (const text of ['Wed Xyz 12 00:00:00 2026', 'Wed Feb 31 00:00:00 2026', 'Wed Feb 11 25:00:00 2026', '']) {
    assert.equal(writtenInstant(clock, text), null);
  }
});

const changes: [what: string, now: string, offset: number, at: string, expected: boolean][] = [
  ['California, over the end of summer time', '2026-10-31T12:00:00Z', -420, '2026-11-01T12:00:00Z', true],
  ['California, the day before it', '2026-10-30T12:00:00Z', -420, '2026-10-31T12:00:00Z', false],
  ['Berlin, over the start of summer time', '2026-03-28T12:00:00Z', 60, '2026-03-29T12:00:00Z', true],
  ['Berlin, in November', '2026-11-23T12:00:00Z', 60, '2026-11-25T12:00:00Z', false],
  ['India, which never changes', '2026-03-28T12:00:00Z', 330, '2026-11-29T12:00:00Z', false],
  ['years ahead', '2026-11-23T12:00:00Z', 330, '2028-11-25T12:00:00Z', true],
];
for (const [what, now, offset, at, expected] of changes) {
  test(`may the offset change: ${what}`, () => {
    assert.equal(offsetMayChange(clockAt(Date.parse(now), offset), [Date.parse(at)]), expected);
  });
}

test('UTC never changes, London may, and an unknown offset always may', () => {
  const march = Date.UTC(2026, 2, 28);
  assert.equal(offsetMayChange({ ...clockAt(march, 0), zone: 'UTC' }, [Date.UTC(2026, 5)]), false);
  assert.equal(offsetMayChange({ ...clockAt(march, 0), zone: 'GMT' }, [Date.UTC(2026, 5)]), true);
  assert.equal(offsetMayChange(clockAt(march, null), [march]), true);
});
