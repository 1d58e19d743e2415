import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connected, FollowContext, Outcome } from '../../src/actions/action.ts';
import { followReboot, type RebootEvidence } from '../../src/actions/follow-reboot.ts';
import { AssistantError } from '../../src/errors.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import type { Facts } from '../../src/netconf/junos.ts';
import { FakeDevice, gone, NOTHING_PENDING } from '../jobs/fake-device.ts';

const SENT = Date.UTC(2026, 10, 23, 10, 0);
const SECOND = 1_000;
const MINUTE = 60_000;
const DAY = 86_400;
const BOOTED = SENT - DAY * 1_000;

/** What somebody sees who looks at the device so long after the command. */
type Seen = Error | { upSeconds: number | null; bootedAt?: number; pending?: string; engines?: Facts['engines'] };
type Story = (elapsedMs: number) => Seen;

interface FollowOptions {
  at?: number | null;
  evidence?: unknown;
  isAnswered?: boolean;
  /** Ends the wait that is under way at this moment after the command. */
  nudgeAtMs?: number;
}

const ONE: RebootEvidence = { before: { '': { uptimeSeconds: DAY, bootedAt: BOOTED } }, at: null };

/** Runs it on a clock that moves with its waits. */
async function follow(story: Story, { at = null, evidence, isAnswered = true, nudgeAtMs }: FollowOptions = {}) {
  let now = SENT;
  const log: string[] = [];
  const asked: string[] = [];
  let nudged = false;
  const context: FollowContext = {
    device: 'hq-fw01',
    evidence: evidence ?? { ...ONE, at },
    sentAt: SENT,
    isAnswered,
    answer: 'Shutdown NOW! [pid 17221]',
    limitMs: 20 * MINUTE,
    ask: async <T>(questions: (connected: Connected) => Promise<T>) => {
      now += 200;
      const seen = story(now - SENT);
      if (seen instanceof Error) throw seen;
      const device = new FakeDevice(
        { pending: [seen.pending ?? NOTHING_PENDING] },
        {
          uptimeSeconds: seen.upSeconds,
          bootedAt: seen.upSeconds === null ? null : new Date(seen.bootedAt ?? now - seen.upSeconds * 1_000),
          clock: { now: new Date(now), zone: 'UTC', offsetMinutes: 0, skewMs: 0 },
          engines: seen.engines ?? [],
        },
      );
      const answer = await questions(device.connected());
      asked.push(...device.asked);
      return answer;
    },
    wait: async (ms) => {
      const until = now + Math.min(ms, MINUTE);
      if (nudgeAtMs !== undefined && !nudged && until >= SENT + nudgeAtMs) {
        nudged = true;
        now = Math.max(now, SENT + nudgeAtMs);
        return true;
      }
      now = until;
      return false;
    },
    phase: async (status) => void log.push(`phase ${status}`),
    progress: (done, doing) => void log.push(`${done ?? '-'} | ${doing ?? '-'}`),
    now: () => now,
    reader: { zone: 'Europe/London', locale: 'en-gb' },
  };
  const outcome = await followReboot(at, context);
  return { outcome, log, asked, tookMs: now - SENT };
}

/** Up with the old boot until it goes down, then gone, then up with a new one. */
const reboots =
  (downAtMs: number, backAtMs: number): Story =>
  (elapsedMs) => {
    if (elapsedMs < downAtMs) return { upSeconds: DAY + Math.floor(elapsedMs / 1_000), bootedAt: BOOTED };
    if (elapsedMs < backAtMs) return gone();
    return { upSeconds: Math.floor((elapsedMs - backAtMs) / 1_000) + 20 };
  };
const staysUp: Story = (elapsedMs) => ({ upSeconds: DAY + Math.floor(elapsedMs / 1_000), bootedAt: BOOTED });

describe('a reboot now', () => {
  it('up, gone, back: done, with the time it was away', async () => {
    const { outcome, log, asked } = await follow(reboots(20 * SECOND, 5 * MINUTE));
    assert.equal(outcome.status, 'done');
    assert.match(outcome.sentence, /^Away for 4 min \d\d s\. Up since 10:04 GMT, Junos 22\.4R3\.$/);
    assert.deepEqual(log, ['- | Waiting for hq-fw01 to come back', 'hq-fw01 went down | Waiting for it to come back']);
    assert.ok(asked.every((xml) => xml.startsWith('<get-')));
  });

  it('so fast that nobody saw it down: done, with the time since the command', async () => {
    const { outcome } = await follow(() => ({ upSeconds: 0 }));
    assert.equal(outcome.status, 'done');
    assert.match(outcome.sentence, /^Back 1 s after the command\. Up since /);
  });

  const ends: [what: string, story: Story, status: Outcome['status'], sentence: RegExp][] = [
    [
      'never goes down',
      staysUp,
      'failed',
      /^hq-fw01 did not reboot: it has been up for 1 day, and nothing is scheduled on it\. The command was not sent again\. Check with: show system reboot, show system uptime\.$/,
    ],
    [
      'does not come back',
      (elapsedMs) => (elapsedMs < 30 * SECOND ? staysUp(elapsedMs) : gone()),
      'failed',
      /^hq-fw01 has not come back after 20 min\. hq-fw01 refuses connections\. It was last seen at 10:00 GMT\. Try its console or its power\.$/,
    ],
    [
      'comes back with another host key',
      (elapsedMs) =>
        elapsedMs < 30 * SECOND
          ? staysUp(elapsedMs)
          : new NetconfError('host-key', 'The host key of hq-fw01 has changed.', { sent: false }),
      'failed',
      /^hq-fw01 has not come back after 20 min\. The host key of hq-fw01 has changed\./,
    ],
    [
      'is another device from then on',
      (elapsedMs) =>
        elapsedMs < 30 * SECOND ? staysUp(elapsedMs) : new AssistantError('wrong-device', 'It calls itself hq-fw09.'),
      'failed',
      /has not come back after 20 min\. It calls itself hq-fw09\./,
    ],
    [
      'still lists it, and goes on running',
      (elapsedMs) => ({
        upSeconds: DAY + Math.floor(elapsedMs / 1_000),
        bootedAt: BOOTED,
        pending: 'reboot requested by netops at Mon Nov 23 10:00:00 2026',
      }),
      'unknown',
      /^hq-fw01 still has the reboot listed after 20 min\. Look at it: show system reboot\.$/,
    ],
    [
      'does not tell since when it runs',
      () => ({ upSeconds: null }),
      'unknown',
      /answers, but does not report its uptime, so nobody can tell whether it rebooted\. Check with: show system uptime\.$/,
    ],
    [
      'was gone, and does not tell since when it runs',
      (elapsedMs) => (elapsedMs < MINUTE ? gone() : { upSeconds: null }),
      'unknown',
      /^hq-fw01 answers again, but does not report its uptime\./,
    ],
  ];
  for (const [what, story, status, sentence] of ends) {
    it(`${what}: ${status}`, async () => {
      const { outcome } = await follow(story);
      assert.equal(outcome.status, status);
      assert.match(outcome.sentence, sentence);
      assert.equal(outcome.answer, 'Shutdown NOW! [pid 17221]');
    });
  }

  it('without evidence nothing is proved', async () => {
    const { outcome } = await follow(staysUp, { evidence: { nonsense: true } });
    assert.equal(outcome.status, 'unknown');
  });

  it('our clock was set forward: a short uptime alone is no proof, the boot time has to move', async () => {
    // A day passes on our clock in no time; the device has been up for half of it, since before the command.
    const { outcome } = await follow((elapsedMs) =>
      elapsedMs < 10 * SECOND ? staysUp(elapsedMs) : { upSeconds: 2, bootedAt: BOOTED },
    );
    assert.equal(outcome.status, 'failed');
  });

  it('two engines: both have to be new', async () => {
    const evidence: RebootEvidence = {
      before: {
        re0: { uptimeSeconds: DAY, bootedAt: BOOTED },
        re1: { uptimeSeconds: DAY, bootedAt: BOOTED + 4_000 },
      },
      at: null,
    };
    const engine = (name: string, upSeconds: number, bootedAt: number) => ({
      name,
      state: 'OK',
      mastership: null,
      model: null,
      uptimeSeconds: upSeconds,
      bootedAt: new Date(bootedAt),
    });
    const story =
      (secondBackAtMs: number): Story =>
      (elapsedMs) => ({
        upSeconds: 5,
        engines: [
          engine('re0', 5, SENT + elapsedMs - 5_000),
          elapsedMs < secondBackAtMs ? engine('re1', DAY, BOOTED + 4_000) : engine('re1', 5, SENT + elapsedMs - 5_000),
        ],
      });
    const { outcome, tookMs } = await follow(story(2 * MINUTE), { evidence });
    assert.equal(outcome.status, 'done');
    assert.match(outcome.sentence, /^re0 and re1: Back /);
    assert.ok(tookMs >= 2 * MINUTE);
    assert.equal((await follow(story(99 * MINUTE), { evidence })).outcome.status, 'failed');
  });
});

describe('a reboot at a time', () => {
  const at = SENT + 30 * MINUTE;

  it('is not looked at before its time, and then followed until it is back', async () => {
    const looks: number[] = [];
    const story = reboots(30 * MINUTE + 20 * SECOND, 35 * MINUTE);
    const { outcome, log } = await follow(
      (elapsedMs) => {
        looks.push(elapsedMs);
        return story(elapsedMs);
      },
      { at },
    );
    assert.ok((looks[0] ?? 0) >= 30 * MINUTE);
    assert.equal(outcome.status, 'done');
    assert.match(outcome.sentence, /^Away for .*\. Up since 10:3[45] GMT/);
    assert.deepEqual(log[0], 'phase waiting');
  });

  it('cancelled by the assistant: it asks at once, and says that it is cancelled', async () => {
    const { outcome, tookMs } = await follow(staysUp, { at, nudgeAtMs: 5 * MINUTE });
    assert.equal(outcome.status, 'cancelled');
    assert.equal(outcome.sentence, 'The reboot of hq-fw01 at 10:30 GMT is no longer on its list. It will not happen.');
    assert.ok(tookMs < 6 * MINUTE);
  });

  it('a nudge for nothing: it is still listed, and goes on', async () => {
    const story = reboots(30 * MINUTE + 20 * SECOND, 35 * MINUTE);
    const { outcome } = await follow(
      (elapsedMs) => {
        const seen = story(elapsedMs);
        if (seen instanceof Error || elapsedMs > 30 * MINUTE) return seen;
        return { ...seen, pending: 'reboot requested by netops at Mon Nov 23 10:30:00 2026' };
      },
      { at, nudgeAtMs: 5 * MINUTE },
    );
    assert.equal(outcome.status, 'done');
  });

  it('cancelled by hand on the device: failed, because somebody planned for it', async () => {
    const { outcome } = await follow(staysUp, { at });
    assert.equal(outcome.status, 'failed');
    assert.match(
      outcome.sentence,
      /^hq-fw01 did not reboot at 10:30 GMT: it has been up for .*, and nothing is scheduled on it\./,
    );
  });

  it('rebooted by somebody else before its time: that is not this one', async () => {
    const story: Story = (elapsedMs) => ({
      upSeconds: Math.floor((elapsedMs - 10 * MINUTE) / 1_000),
      bootedAt: SENT + 10 * MINUTE,
    });
    const { outcome } = await follow(story, { at });
    assert.equal(outcome.status, 'failed');
  });

  it('no clear answer: it is asked whether it has it, until it tells', async () => {
    const listed = reboots(30 * MINUTE + 20 * SECOND, 35 * MINUTE);
    const { outcome, log } = await follow(
      (elapsedMs) => {
        if (elapsedMs < 30 * SECOND) return gone();
        const seen = listed(elapsedMs);
        if (seen instanceof Error || elapsedMs > 30 * MINUTE) return seen;
        return { ...seen, pending: 'reboot requested by netops at Mon Nov 23 10:30:00 2026' };
      },
      { at, isAnswered: false },
    );
    assert.equal(outcome.status, 'done');
    assert.ok(log.includes('phase scheduled') && log.includes('hq-fw01 lists it as scheduled | -'));
  });

  it('no clear answer, and it does not have it: failed, and not asked again', async () => {
    const { outcome, asked } = await follow(staysUp, { at, isAnswered: false });
    assert.equal(outcome.status, 'failed');
    assert.match(outcome.sentence, /does not list it: it is not scheduled\. It was not asked again\.$/);
    assert.ok(asked.every((xml) => xml.startsWith('<get-')));
  });
});
