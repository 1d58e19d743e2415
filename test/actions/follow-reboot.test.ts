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
type Seen =
  | Error
  | { upSeconds: number | null; bootedAt?: number; pending?: string; engines?: Facts['engines']; own?: string };
type Story = (elapsedMs: number) => Seen;

interface FollowOptions {
  at?: number | null;
  evidence?: unknown;
  isAnswered?: boolean;
  /** How long after the command somebody begins to look. */
  startMs?: number;
  /** Ends the wait that is under way at this moment after the command. */
  nudgeAtMs?: number;
}

const ONE: RebootEvidence = { before: { '': { uptimeSeconds: DAY, bootedAt: BOOTED } }, at: null };

/** Runs it on a clock that moves with its waits. */
async function follow(
  story: Story,
  { at = null, evidence, isAnswered = true, startMs = 0, nudgeAtMs }: FollowOptions = {},
) {
  let now = SENT + startMs;
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
          ownEngine: seen.own ?? null,
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

  const wasUpUntil = (atMs: number, then: Error): Story => {
    return (elapsedMs) => (elapsedMs < atMs ? staysUp(elapsedMs) : then);
  };
  const listing = (text: string): Story => {
    return (elapsedMs) => ({ ...(staysUp(elapsedMs) as object), pending: text }) as Seen;
  };
  const ends: [what: string, story: Story, status: Outcome['status'], sentence: string][] = [
    [
      'never goes down',
      staysUp,
      'failed',
      'hq-fw01 did not reboot: it has been up for 1 day, and nothing is scheduled on it. The command was not sent again. Check with: show system reboot, show system uptime.',
    ],
    [
      'never goes down, and does not tell what is scheduled',
      listing(''),
      'failed',
      'hq-fw01 did not reboot: it has been up for 1 day, and it does not tell whether something is scheduled. The command was not sent again. Check with: show system reboot, show system uptime.',
    ],
    [
      'does not come back',
      wasUpUntil(30 * SECOND, gone()),
      'failed',
      'hq-fw01 has not come back after 20 min. hq-fw01 refuses connections. It was last seen at 10:00 GMT. Try its console or its power.',
    ],
    [
      'was never seen again',
      gone,
      'failed',
      'hq-fw01 has not come back after 20 min. hq-fw01 refuses connections. Try its console or its power.',
    ],
    [
      'comes back with another host key',
      wasUpUntil(30 * SECOND, new NetconfError('host-key', 'The host key of hq-fw01 has changed.', { sent: false })),
      'unknown',
      'hq-fw01 could not be asked whether it rebooted. The host key of hq-fw01 has changed. The command was not sent again. Look at the device before asking again.',
    ],
    [
      'is another device from then on',
      wasUpUntil(30 * SECOND, new AssistantError('wrong-device', 'What answers as hq-fw01 calls itself hq-fw09.')),
      'unknown',
      'hq-fw01 could not be asked whether it rebooted. What answers as hq-fw01 calls itself hq-fw09. The command was not sent again. Look at the device before asking again.',
    ],
    [
      'still lists it, and goes on running',
      listing('reboot requested by netops at Mon Nov 23 10:00:00 2026'),
      'unknown',
      'hq-fw01 has not rebooted after 20 min, and still lists: reboot requested by netops at Mon Nov 23 10:00:00 2026. The command was not sent again. Look at it: show system reboot.',
    ],
    [
      'was away for a moment, and still lists it',
      (elapsedMs) =>
        elapsedMs < 10 * SECOND ? gone() : listing('reboot requested by netops at Mon Nov 23 10:00:00 2026')(elapsedMs),
      'unknown',
      'hq-fw01 has not rebooted after 20 min, and still lists: reboot requested by netops at Mon Nov 23 10:00:00 2026. The command was not sent again. Look at it: show system reboot.',
    ],
    [
      'was away for a moment, and did not reboot',
      (elapsedMs) => (elapsedMs > 10 * SECOND && elapsedMs < 30 * SECOND ? gone() : staysUp(elapsedMs)),
      'failed',
      'hq-fw01 did not reboot: it has been up for 1 day, and nothing is scheduled on it. The command was not sent again. Check with: show system reboot, show system uptime.',
    ],
    [
      'does not tell since when it runs',
      () => ({ upSeconds: null }),
      'unknown',
      'hq-fw01 answers, but does not report its uptime, so nobody can tell whether it rebooted. Check with: show system uptime.',
    ],
    [
      'was gone, and does not tell since when it runs',
      (elapsedMs) => (elapsedMs < MINUTE ? gone() : { upSeconds: null }),
      'unknown',
      'hq-fw01 answers again, but does not report its uptime. Check with: show system uptime.',
    ],
  ];
  for (const [what, story, status, sentence] of ends) {
    it(`${what}: ${status}`, async () => {
      const { outcome, asked } = await follow(story);
      assert.deepEqual([outcome.status, outcome.sentence], [status, sentence]);
      assert.equal(outcome.answer, 'Shutdown NOW! [pid 17221]');
      assert.ok(asked.every((xml) => xml.startsWith('<get-')));
    });
  }

  it('a moment away before the reboot does not count as being away', async () => {
    const story = reboots(2 * MINUTE, 5 * MINUTE);
    const { outcome } = await follow((elapsedMs) => (elapsedMs < 5 * SECOND ? gone() : story(elapsedMs)));
    assert.match(outcome.sentence, /^Away for (?:2 min \d\d s|3 min(?: \d\d? s)?)\./);
  });

  it('our clock was set back: an uptime that became shorter is proof enough', async () => {
    const { outcome } = await follow(() => ({ upSeconds: 500 }));
    assert.equal(outcome.status, 'done');
  });

  it('the clock of the device begins in the past after the boot', async () => {
    const { outcome } = await follow((elapsedMs) =>
      elapsedMs < 3 * MINUTE ? gone() : { upSeconds: 30, bootedAt: Date.UTC(2010, 0, 1) },
    );
    assert.equal(outcome.status, 'done');
  });

  it('long after the limit it is looked at for a while, before somebody is told that it is gone', async () => {
    let looks = 0;
    const { outcome, tookMs } = await follow(
      () => {
        looks += 1;
        return looks < 5 ? gone() : { upSeconds: 60 };
      },
      { startMs: 3 * 60 * MINUTE },
    );
    assert.equal(outcome.status, 'done');
    const never = await follow(gone, { startMs: 3 * 60 * MINUTE });
    assert.match(never.outcome.sentence, /^hq-fw01 has not come back after 3 h 2 min\./);
    assert.ok(tookMs < 3 * 60 * MINUTE + 2 * MINUTE);
  });

  it('without evidence nothing is proved', async () => {
    const { outcome } = await follow(staysUp, { evidence: { nonsense: true } });
    assert.deepEqual(
      [outcome.status, outcome.sentence],
      [
        'unknown',
        'hq-fw01 answers and has been up for 1 day, which does not tell whether it rebooted. Check with: show system uptime.',
      ],
    );
  });

  it('our clock was set forward: an uptime from before the command is no proof, though it seems to be from after it', async () => {
    const { outcome } = await follow(staysUp, { startMs: 2 * DAY * SECOND });
    assert.equal(outcome.status, 'failed');
  });
});

describe('several engines', () => {
  const before = {
    re0: { uptimeSeconds: DAY, bootedAt: BOOTED },
    re1: { uptimeSeconds: DAY, bootedAt: BOOTED + 4_000 },
  };
  const both: RebootEvidence = { before, at: null };
  type State = 'old' | 'new' | 'away' | 'mute';
  /** The session is on the first of them; the device speaks of itself in that one's words. */
  const engines =
    (own: 're0' | 're1', states: (elapsedMs: number) => { re0: State; re1: State }): Story =>
    (elapsedMs) => {
      const each = (['re0', 're1'] as const).flatMap((name): Facts['engines'] => {
        const state = states(elapsedMs)[name];
        if (state === 'away') return [];
        const told = state !== 'mute';
        const upSeconds = state === 'new' ? 5 : DAY + Math.floor(elapsedMs / 1_000);
        return [
          {
            name,
            state: 'OK',
            mastership: null,
            model: null,
            uptimeSeconds: told ? upSeconds : null,
            bootedAt: told ? new Date(state === 'new' ? SENT + elapsedMs - 5_000 : before[name].bootedAt) : null,
          },
        ];
      });
      const mine = each.find(({ name }) => name === own);
      return {
        upSeconds: mine?.uptimeSeconds ?? null,
        ...(mine?.bootedAt ? { bootedAt: mine.bootedAt.getTime() } : {}),
        engines: each,
        own,
      };
    };

  const cases: [what: string, evidence: RebootEvidence, story: Story, status: Outcome['status'], sentence: RegExp][] = [
    [
      'both are new at once',
      both,
      engines('re0', () => ({ re0: 'new', re1: 'new' })),
      'done',
      /^re0 and re1: Back 1 s after the command\. Up since 09:59 GMT, Junos 22\.4R3\.$/,
    ],
    [
      'the second one comes minutes after the first, which does not tell of it meanwhile',
      both,
      engines('re0', (ms) => ({ re0: 'new', re1: ms < 3 * MINUTE ? 'old' : ms < 9 * MINUTE ? 'mute' : 'new' })),
      'done',
      /^re0 and re1: Back 9 min \d+ s after the command\. Up since 10:0[89] GMT, /,
    ],
    [
      'one does not come back',
      both,
      engines('re0', () => ({ re0: 'new', re1: 'away' })),
      'unknown',
      /^re0 of hq-fw01 is back\. hq-fw01 answers, but 20 min after the command it does not tell that re1 is up again\. Check with: show chassis routing-engine\.$/,
    ],
    [
      'one did not reboot',
      both,
      engines('re0', () => ({ re0: 'new', re1: 'old' })),
      'failed',
      /^re0 of hq-fw01 is back\. re1 of hq-fw01 did not reboot: it has been up for 1 day, and nothing is scheduled on it\. The command was not sent again\. Check with: show system reboot, show system uptime\.$/,
    ],
    [
      'this one, and the session is on the other one from then on: the uptime is of the one that rebooted',
      { before: { re0: before.re0 }, at: null },
      engines('re1', (ms) => ({ re0: ms < 5 * MINUTE ? 'mute' : 'new', re1: 'old' })),
      'done',
      /^re0: Back 5 min(?: \d+ s)? after the command\. Up since 10:0[45] GMT, Junos 22\.4R3\.$/,
    ],
    [
      'this one, and the other one, where the session is now, never went down: that is not it',
      { before: { re0: before.re0 }, at: null },
      engines('re1', () => ({ re0: 'old', re1: 'new' })),
      'failed',
      /^re0 of hq-fw01 did not reboot: it has been up for 1 day/,
    ],
    [
      'a nameless one, and two with names now: nobody knows which it was',
      { before: { '': before.re0 }, at: null },
      engines('re1', () => ({ re0: 'new', re1: 'old' })),
      'unknown',
      /^hq-fw01 answers and has been up for 1 day, which does not tell whether it rebooted\./,
    ],
    [
      'a nameless only one that has a name now',
      { before: { '': before.re0 }, at: null },
      engines('re0', () => ({ re0: 'new', re1: 'away' })),
      'done',
      /^Back 1 s after the command\./,
    ],
  ];
  for (const [what, evidence, story, status, sentence] of cases) {
    it(`${what}: ${status}`, async () => {
      const { outcome } = await follow(story, { evidence });
      assert.equal(outcome.status, status);
      assert.match(outcome.sentence, sentence);
    });
  }
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

  it('another one is listed in its place: it was cancelled, and the other one is named', async () => {
    const { outcome } = await follow(
      (elapsedMs) => ({ ...staysUp(elapsedMs), pending: 'halt requested by root at Mon Nov 23 22:00:00 2026' }) as Seen,
      { at, nudgeAtMs: 5 * MINUTE },
    );
    assert.deepEqual(
      [outcome.status, outcome.sentence],
      [
        'cancelled',
        'The reboot of hq-fw01 at 10:30 GMT is no longer on its list. It will not happen. It lists this instead: halt requested by root at Mon Nov 23 22:00:00 2026.',
      ],
    );
  });

  it('a reboot up to a minute early is the one that was asked for', async () => {
    const early = 30 * MINUTE - 50 * SECOND;
    const { outcome } = await follow(
      (elapsedMs) => ({ upSeconds: Math.floor((elapsedMs - early) / 1_000), bootedAt: SENT + early }),
      { at },
    );
    assert.equal(outcome.status, 'done');
  });
});
