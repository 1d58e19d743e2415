import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { fromStored } from '../../src/events/group.ts';
import { storeFolder } from '../store/files.ts';
import { entry } from '../store/samples.ts';
import { BoardRig, incoming, muteOn, START, said } from './desk.ts';
import { MINUTE } from './groups.ts';

const folder = await storeFolder();
after(folder.remove);

let rig: BoardRig;
let files = 0;
beforeEach(async () => {
  files += 1;
  const file = folder.file(`${files}.sqlite`);
  rig = new BoardRig(await folder.open(file), file);
});

const up = (change: Parameters<typeof incoming>[0] = {}) => incoming({ event: 'LINK_UP', priority: 3, ...change });
const stored = async (id: string) => {
  const found = await rig.store.group(id);
  return found && fromStored(found);
};

describe('events that are owed a card', () => {
  it('are in their groups, in memory and in the store, and no longer owed', async () => {
    await rig.take(incoming(), incoming(), incoming({ hostname: 'hq-fw02' }));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 2', 'g2 LINK_DOWN 1']);
    assert.equal(await rig.owed(), 0);
    const kept = (await rig.store.liveGroups(0)).map((group) => fromStored(group));
    assert.deepEqual(kept, rig.board.behind());
    assert.deepEqual(
      (await rig.store.groupEvents('g1', 10)).map(({ id }) => id),
      [2, 1],
    );
  });

  it('are read in batches, and it is said when there may be more', async () => {
    for (let n = 0; n < 501; n += 1) await rig.store.addEvent(incoming());
    assert.equal(await rig.board.takeOwed('a:alerts'), true);
    assert.equal(await rig.board.takeOwed('a:alerts'), false);
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 501']);
  });

  it('of priority 2 share a card for their site; a device of no site has its own', async () => {
    const hostnames = ['hq-fw01', 'hq-fw02', 'lab1', 'lab2'];
    await rig.take(...hostnames.map((hostname) => incoming({ priority: 2, hostname })));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 2', 'g2 LINK_DOWN 1', 'g3 LINK_DOWN 1']);
  });

  it('are grouped and named as the rules say now', async () => {
    rig.own = [{ group: ['event', 'card'], title: 'Line card' }];
    await rig.take(incoming({ hostname: 'a' }, { card: '3' }), incoming({ hostname: 'b' }, { card: '3' }));
    await rig.take(incoming({ hostname: 'a' }, { card: '4' }));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 2', 'g2 LINK_DOWN 1']);
    assert.equal(rig.board.behind()[0]?.title, 'Line card');
  });

  it('tell what their device lost before them, as often as it says so', async () => {
    for (const dropped of [3, 4, '5', -1, 1.5, undefined]) {
      await rig.take({ ...incoming(), body: Buffer.from(JSON.stringify({ dropped })) });
    }
    assert.equal(rig.board.behind()[0]?.lost, 7);
    await rig.restart();
    assert.equal(rig.board.behind()[0]?.lost, 7);
  });

  it('whose body cannot be read any more are shown all the same', async () => {
    await rig.take({ ...incoming(), body: new Uint8Array([0xff, 0x00]) });
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1']);
  });

  for (const [what, rules] of [
    ['silenced', [{ silence: true }]],
    ['of priority 3', [{ priority: 3 as const }]],
    ['of priority 4', [{ priority: 4 as const }]],
  ] as const) {
    it(`go to no card when the rules, which changed since, have them ${what}; they are not looked at again`, async () => {
      await rig.store.addEvent(incoming());
      rig.own = [...rules];
      await rig.take();
      assert.deepEqual(rig.behind, []);
      assert.equal(await rig.owed(), 0);
    });
  }

  it('go to no card when their id was set to 4 since', async () => {
    await rig.store.addEvent(incoming());
    rig.rules = { ...rig.rules, priorities: { LINK_DOWN: 4 } };
    await rig.take();
    assert.deepEqual(rig.behind, []);
    assert.equal(await rig.owed(), 0);
  });

  it('keep the priority they were stored with when it is another one to be shown now', async () => {
    await rig.store.addEvent(incoming());
    rig.rules = { ...rig.rules, priorities: { LINK_DOWN: 2 } };
    await rig.take();
    assert.equal(rig.board.behind()[0]?.priority, 1);
  });
});

describe('while the store fails', () => {
  it('nothing has happened, and the same events are taken again', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.board.mute(muteOn({ scope: 'event', key: 'NOISE' }), null, []);
    rig.failures = 1;
    await assert.rejects(rig.take(incoming(), incoming({ event: 'NOISE' }), incoming({ event: 'OTHER' })), /disk full/);
    assert.deepEqual(rig.behind, []);
    assert.equal(rig.board.mutes[0]?.hidden, '[]');
    assert.equal(await rig.owed(), 3);
    await rig.take();
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 2', 'g3 OTHER 1']);
    assert.equal(rig.board.mutes[0]?.hidden, '[["NOISE",1]]');
    assert.equal(await rig.owed(), 0);
  });

  it('a change, a mute, its end, a notice and a sweep have not happened either', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.board.mute(muteOn({ until: START }), 'g1', []);
    await rig.show();
    rig.at += 31 * MINUTE;
    const attempts = [
      () =>
        rig.board.change('g1', (group) => {
          group.isPlain = true;
        }),
      () => rig.board.mute(muteOn({ id: 'm2', key: 'hq-fw02' }), 'g1', []),
      () => rig.board.endMutes(() => true),
      () => rig.board.notice('k', 'Something'),
    ];
    for (const attempt of attempts) {
      rig.failures = 1;
      await assert.rejects(attempt, /disk full/);
      assert.deepEqual(rig.behind, []);
      assert.deepEqual(rig.board.mutes, [muteOn({ until: START })]);
    }
    await rig.board.endMutes(() => true);
    await rig.show();
    rig.failures = 1;
    await assert.rejects(rig.board.sweep(), /disk full/);
    await rig.take(incoming({ receivedAt: START + MINUTE }));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 2'], 'it is open still');
  });
});

describe('a restart', () => {
  it('goes on with the same group: counts, devices, kinds and what is down', async () => {
    await rig.take(incoming(), incoming({ message: 'ifName ge-0/0/2' }));
    const before = rig.board.behind();
    await rig.restart();
    assert.deepEqual(rig.board.behind(), before);
    await rig.take(incoming());
    const [group, ...more] = rig.board.behind();
    assert.deepEqual(more, []);
    assert.equal(group?.id, 'g1');
    assert.equal(group?.count, 3);
    assert.deepEqual([...(group?.devices ?? [])], [['hq-fw01', 3]]);
    assert.equal(group?.down.size, 2);
  });

  it('keeps what is shown: no card is posted again, and the next event updates the same one', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.restart();
    assert.deepEqual(rig.behind, []);
    await rig.take(incoming());
    const [group] = rig.board.behind();
    assert.deepEqual(
      [group?.id, group?.count, group?.activityId, group?.conversationId],
      ['g1', 2, 'card g1', 'a:alerts'],
    );
  });

  it('between grouping and posting still owes the card', async () => {
    await rig.take(incoming());
    await rig.restart();
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1']);
  });

  it('keeps mutes and what they hid, and who muted last', async () => {
    await rig.board.mute(muteOn(), null, []);
    await rig.take(incoming({ priority: 2 }));
    await rig.board.mute(muteOn({ id: 'm2', by: 'Megan Bowen', until: START + 90 * MINUTE }), null, []);
    const before = rig.board.mutes;
    await rig.restart();
    assert.deepEqual(rig.board.mutes, before);
    const expected = { by: 'Megan Bowen', until: START + 90 * MINUTE, hidden: '[["LINK_DOWN",1]]' };
    assert.deepEqual(before, [muteOn(expected)]);
  });
});

describe('what comes up again', () => {
  it('clears the card of what went down, and is no event of it', async () => {
    await rig.take(incoming());
    await rig.show();
    rig.at += MINUTE;
    await rig.take(up({ receivedAt: rig.at }));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1 cleared']);
    assert.equal(rig.board.behind()[0]?.clearedAt, rig.at);
  });

  it('clears also after a restart', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.restart();
    await rig.take(up());
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1 cleared']);
  });

  it('clears also long after its card was closed, in this run and in the next', async () => {
    await rig.take(incoming(), incoming({ hostname: 'hq-fw02' }));
    await rig.show();
    rig.at += 5 * 60 * MINUTE;
    await rig.board.sweep();
    assert.equal((await stored('g1'))?.closedAt, rig.at);
    await rig.take(up({ receivedAt: rig.at }));
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 cleared']);
    await rig.restart();
    await rig.take(up({ receivedAt: rig.at, hostname: 'hq-fw02' }));
    assert.deepEqual(await rig.show(), ['g2 LINK_DOWN 1 cleared']);
    assert.deepEqual(await rig.store.liveGroups(0), []);
  });

  it('clears all cards that say it is down: the closed one, and the one after the quiet', async () => {
    await rig.take(incoming());
    await rig.show();
    rig.at += 40 * MINUTE;
    await rig.take(incoming({ receivedAt: rig.at }));
    await rig.show();
    await rig.take(up({ receivedAt: rig.at }));
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 cleared', 'g2 LINK_DOWN 1 cleared']);
  });

  it('is not waited for longer than two weeks', async () => {
    await rig.take(incoming());
    await rig.show();
    rig.at += 31 * MINUTE;
    await rig.board.sweep();
    rig.at += 14 * 24 * 60 * MINUTE;
    await rig.board.sweep();
    await rig.take(up({ receivedAt: rig.at }));
    assert.deepEqual(rig.behind, []);
  });

  it('and goes down again while that is muted: its card does not go on saying that it is up', async () => {
    await rig.take(incoming());
    await rig.board.mute(muteOn({ event: 'LINK_DOWN' }), 'g1', []);
    await rig.take(up());
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 cleared muted']);
    await rig.take(incoming());
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 muted']);
    assert.equal(rig.board.mutes[0]?.hidden, '[["LINK_DOWN",1]]');
    await rig.take(up());
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 cleared muted']);
  });

  for (const [what, change] of [
    ['another thing', { message: 'ifName ge-0/0/9' }],
    ['the same thing of another device', { hostname: 'hq-fw02' }],
    ['a thing it does not name', { message: 'something' }],
  ] as const) {
    it(`clears nothing when it is ${what}, and opens nothing when it is stored only`, async () => {
      await rig.take(incoming());
      await rig.show();
      await rig.take(up(change));
      assert.deepEqual(rig.behind, []);
      assert.equal(await rig.owed(), 0);
    });
  }

  it('with nothing to clear opens nothing when it is stored only, and a card when it is not', async () => {
    await rig.take(up());
    assert.deepEqual(rig.behind, []);
    await rig.take(up({ priority: 2 }));
    assert.deepEqual(rig.behind, ['g1 LINK_UP 1']);
  });

  it('clears also when it is silenced, and when what went down is muted', async () => {
    await rig.take(incoming({ priority: 2 }));
    await rig.board.mute(muteOn(), null, []);
    rig.own = [{ events: ['LINK_UP'], silence: true }];
    await rig.take(up({ priority: 2 }));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1 cleared']);
    assert.equal(rig.board.mutes[0]?.hidden, '[]');
  });

  it('with nothing to clear is hidden by a mute like any event', async () => {
    await rig.board.mute(muteOn(), null, []);
    await rig.take(up({ priority: 2 }));
    assert.deepEqual(rig.behind, []);
    assert.equal(rig.board.mutes[0]?.hidden, '[["LINK_UP",1]]');
  });
});

describe('a mute', () => {
  it('hides and counts; its end tells what it hid, and stays told', async () => {
    await rig.board.mute(muteOn(), null, [entry()]);
    await rig.take(incoming({ priority: 2 }), incoming({ priority: 2 }), incoming({ priority: 2, event: 'OTHER' }));
    assert.deepEqual(rig.behind, []);
    assert.equal(await rig.owed(), 0);
    rig.at += 60 * MINUTE;
    const ended = await rig.board.endMutes(({ until }) => until <= rig.at);
    assert.deepEqual(
      ended.map(({ id, endedAt }) => [id, endedAt]),
      [['m1', rig.at]],
    );
    const summary = 'hq-fw01 is no longer muted. In the meantime: 2 × LINK_DOWN, 1 × OTHER. All of them are stored.';
    assert.deepEqual(rig.behind, [summary]);
    assert.deepEqual(await rig.board.endMutes(() => true), []);
    await rig.restart();
    assert.deepEqual([rig.behind, rig.board.mutes], [[summary], []]);
    await rig.show();
    assert.deepEqual(rig.behind, []);
    await rig.restart();
    assert.deepEqual(rig.behind, []);
    assert.equal((await rig.store.auditHead())?.seq, 1);
  });

  it('that is asked for again gets a new end and keeps its count', async () => {
    await rig.board.mute(muteOn(), null, []);
    await rig.take(incoming({ priority: 2 }));
    await rig.board.mute(muteOn({ id: 'm2', until: START + 90 * MINUTE }), null, []);
    assert.deepEqual(rig.board.mutes, [muteOn({ until: START + 90 * MINUTE, hidden: '[["LINK_DOWN",1]]' })]);
  });

  it('of a group hides that group and no other, and its card says so until it ends', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.board.mute(muteOn({ scope: 'group', key: rig.keyOf('g1') }), 'g1', []);
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 muted']);
    await rig.take(incoming(), incoming({ hostname: 'hq-fw02' }), incoming({ event: 'OTHER' }));
    assert.deepEqual(await rig.show(), ['g2 LINK_DOWN 1', 'g3 OTHER 1']);
    await rig.board.endMutes(() => true);
    assert.deepEqual(rig.behind, [
      'g1 LINK_DOWN 1',
      'hq-fw01 is no longer muted. In the meantime: 1 × LINK_DOWN. All of them are stored.',
    ]);
    assert.equal((await stored('g1'))?.muted, null);
  });

  it('of a card that is silent meanwhile is taken off that card as well', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.board.mute(muteOn({ scope: 'group', key: rig.keyOf('g1') }), 'g1', []);
    await rig.show();
    rig.at += 45 * MINUTE;
    await rig.board.sweep();
    await rig.take(incoming({ receivedAt: rig.at }));
    await rig.restart();
    rig.at += 30 * MINUTE;
    await rig.board.endMutes(({ until }) => until <= rig.at);
    assert.ok(rig.behind.includes('g1 LINK_DOWN 1'), rig.behind.join());
    await rig.show();
    await rig.board.sweep();
    assert.equal((await stored('g1'))?.closedAt, rig.at);
  });

  it('that ends takes no word off a card which another mute keeps quiet, also until the same time', async () => {
    await rig.take(incoming(), incoming({ hostname: 'hq-fw02' }));
    for (const [id, hostname] of [
      ['g1', 'hq-fw01'],
      ['g2', 'hq-fw02'],
    ] as const) {
      await rig.board.mute(muteOn({ id: `m ${id}`, key: hostname, name: hostname, event: 'LINK_DOWN' }), id, []);
    }
    await rig.show();
    await rig.board.endMutes(({ key }) => key === 'hq-fw01');
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1', 'hq-fw01 is no longer muted. Nothing came in the meantime.']);
    assert.equal((await stored('g2'))?.muted?.until, START + 60 * MINUTE);
  });

  it('that gets a new end elsewhere gets it on its card as well', async () => {
    await rig.take(incoming());
    await rig.board.mute(muteOn({ event: 'LINK_DOWN' }), 'g1', []);
    await rig.show();
    const until = START + 90 * MINUTE;
    await rig.board.mute(muteOn({ id: 'm2', event: 'LINK_DOWN', until }), null, []);
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 1 muted']);
    assert.equal((await stored('g1'))?.muted?.until, until);
    await rig.board.endMutes(() => true);
    assert.equal(rig.behind[0], 'g1 LINK_DOWN 1');
  });

  it('that ends is taken off its card also when the same device is muted for longer', async () => {
    await rig.take(incoming());
    await rig.board.mute(muteOn({ event: 'LINK_DOWN' }), 'g1', []);
    await rig.board.mute(muteOn({ id: 'm2', until: START + 90 * MINUTE }), null, []);
    await rig.show();
    await rig.board.endMutes(({ id }) => id === 'm1');
    assert.equal(rig.behind[0], 'g1 LINK_DOWN 1');
  });

  it('of a card that many devices share hides what would go there', async () => {
    const switches = Array.from({ length: 8 }, (_, n) => incoming({ hostname: `sw${n}` }));
    await rig.take(...switches);
    assert.deepEqual((await rig.show()).at(-1), 'g6 LINK_DOWN 3');
    await rig.board.mute(muteOn({ scope: 'group', key: rig.keyOf('g6'), name: 'LINK_DOWN' }), 'g6', []);
    await rig.show();
    await rig.take(incoming({ hostname: 'sw7' }), incoming({ hostname: 'sw99' }), incoming({ hostname: 'sw0' }));
    assert.deepEqual(await rig.show(), ['g1 LINK_DOWN 2'], 'one that has a card of its own stays on it');
    assert.equal(rig.board.mutes[0]?.hidden, '[["LINK_DOWN",2]]');
    rig.at += 45 * MINUTE;
    await rig.take(incoming({ hostname: 'sw100', receivedAt: rig.at }));
    assert.deepEqual(rig.behind, [], 'also when the flood is long over');
    assert.equal((await stored('g6'))?.closedAt, rig.at);
    await rig.restart();
    await rig.board.endMutes(() => true);
    assert.equal(rig.behind[0], 'g6 LINK_DOWN 3', 'it is closed, and says that it is no longer muted');
  });

  it('of the card for too many kinds hides what would go there, and no kind that has room for a card', async () => {
    const kinds = Array.from({ length: 10 }, (_, n) => incoming({ event: `KIND_${n}` }));
    await rig.take(...kinds);
    assert.equal((await rig.show()).at(-1), 'g9 null 2');
    await rig.board.mute(muteOn({ scope: 'group', key: rig.keyOf('g9'), name: 'Many' }), 'g9', []);
    await rig.show();
    await rig.take(incoming({ event: 'KIND_11' }), incoming({ event: 'KIND_1' }));
    assert.deepEqual(await rig.show(), ['g2 KIND_1 2']);
    assert.equal(rig.board.mutes[0]?.hidden, '[["KIND_11",1]]');
    rig.at += 2 * MINUTE;
    await rig.take(incoming({ event: 'KIND_12', receivedAt: rig.at }));
    assert.deepEqual(rig.behind, ['g10 KIND_12 1']);
  });
});

describe('a sweep', () => {
  const ofNoPair = (change: Parameters<typeof incoming>[0] = {}) => incoming({ message: 'something', ...change });

  it('closes what was silent for long; the next event is a new card', async () => {
    await rig.take(ofNoPair());
    await rig.show();
    rig.at += 30 * MINUTE;
    await rig.board.sweep();
    assert.equal((await stored('g1'))?.closedAt, null, 'not yet');
    rig.at += 1;
    await rig.board.sweep();
    assert.equal((await stored('g1'))?.closedAt, rig.at);
    assert.deepEqual(await rig.store.liveGroups(0), []);
    // Sent before the sweep, grouped after it.
    await rig.take(ofNoPair({ receivedAt: START + MINUTE }));
    assert.deepEqual(rig.behind, ['g2 LINK_DOWN 1']);
  });

  it('closes also what a clock that was set back makes lie ahead', async () => {
    await rig.take(ofNoPair());
    await rig.show();
    rig.at -= 24 * 60 * MINUTE;
    await rig.board.sweep();
    assert.equal((await stored('g1'))?.closedAt, rig.at);
  });

  it('a group that is closed while its card is behind still gets its card', async () => {
    await rig.take(ofNoPair());
    rig.at += 31 * MINUTE;
    await rig.board.sweep();
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1']);
    await rig.restart();
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1']);
    await rig.show();
    assert.deepEqual([rig.behind, await rig.store.liveGroups(0)], [[], []]);
  });
});

describe('a notice', () => {
  it('is said once while the same is not said yet', async () => {
    await rig.board.notice('broken', 'It is broken.');
    await rig.board.notice('broken', 'It is broken.');
    assert.deepEqual(rig.behind, ['It is broken.']);
    await rig.board.notice('broken', 'It is broken elsewhere.');
    await rig.board.notice('other', 'It is broken.');
    assert.deepEqual(await rig.show(), ['It is broken.', 'It is broken elsewhere.', 'It is broken.']);
    await rig.board.notice('broken', 'It is broken.');
    assert.deepEqual(rig.behind, ['It is broken.']);
  });

  it('is owed after a restart, and takes no events', async () => {
    await rig.board.notice('broken', 'It is broken.');
    await rig.restart();
    await rig.take(incoming());
    assert.deepEqual(rig.behind, ['It is broken.', 'g2 LINK_DOWN 1']);
  });
});

describe('a change of a group', () => {
  const acknowledge = () =>
    rig.board.change(
      'g1',
      (group) => {
        group.acknowledged = { by: 'Alex Wilber', at: rig.at };
      },
      [entry()],
    );

  it('is shown and accounted for', async () => {
    await rig.take(incoming());
    await rig.show();
    const changed = await acknowledge();
    assert.deepEqual([changed?.id, changed?.acknowledged?.by], ['g1', 'Alex Wilber']);
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1']);
    assert.equal((await rig.store.auditHead())?.seq, 1);
    assert.equal((await stored('g1'))?.acknowledged?.by, 'Alex Wilber');
  });

  it('that is forgotten here, and is in the store, updates its card; it opens for no event', async () => {
    await rig.take(incoming());
    await rig.show();
    rig.at += 31 * MINUTE;
    await rig.board.sweep();
    await rig.restart();
    await acknowledge();
    const [group, ...more] = rig.board.behind();
    assert.deepEqual([group?.id, group?.count, group?.activityId, more], ['g1', 1, 'card g1', []]);
    await rig.take(incoming({ receivedAt: START + MINUTE }));
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 1', 'g2 LINK_DOWN 1']);
    await rig.show();
    await acknowledge();
    await rig.show();
    await rig.take(incoming({ receivedAt: START + MINUTE }));
    assert.deepEqual(rig.behind, ['g2 LINK_DOWN 2'], 'the one that is open stays open');
  });

  it('that nobody knows changes nothing', async () => {
    assert.equal(await rig.board.change('nothing', () => assert.fail('there is none')), null);
    assert.deepEqual(rig.behind, []);
  });
});

describe('what Teams was told', () => {
  it('of an older revision leaves the newer one to be shown, on the same card', async () => {
    await rig.take(incoming());
    const [{ revision = 0 } = {}] = rig.board.behind();
    await rig.take(incoming());
    await rig.board.shown('g1', { revision, conversationId: 'a:alerts', activityId: 'card' });
    const [group] = rig.board.behind();
    assert.deepEqual([group?.count, group?.shownRevision, group?.activityId], [2, revision, 'card']);
    await rig.restart();
    assert.deepEqual(rig.behind, ['g1 LINK_DOWN 2']);
    assert.equal(rig.board.behind()[0]?.activityId, 'card');
  });

  it('and grouped at the same time loses neither', async () => {
    await rig.take(incoming());
    const [{ revision = 0 } = {}] = rig.board.behind();
    await rig.store.addEvent(incoming());
    await Promise.all([
      rig.board.takeOwed('a:alerts'),
      rig.board.shown('g1', { revision, conversationId: 'a:alerts', activityId: 'card' }),
      rig.board.change('g1', (group) => {
        group.acknowledged = { by: 'Alex Wilber', at: rig.at };
      }),
    ]);
    await rig.restart();
    const [group] = rig.board.behind();
    assert.deepEqual(
      [group?.count, group?.shownRevision, group?.activityId, group?.acknowledged?.by],
      [2, revision, 'card', 'Alex Wilber'],
    );
  });

  it('of a group that is not here is nothing', async () => {
    await rig.board.shown('nothing', { revision: 1, conversationId: 'a:alerts', activityId: 'card' });
    assert.equal(await rig.store.group('nothing'), null);
  });

  it('is noted at every event of the card, and once more when the card is another message', async () => {
    const messages = () => rig.messagesOf('g1').join();
    await rig.take(incoming());
    await rig.show();
    await rig.take(incoming());
    await rig.show();
    assert.equal(messages(), 'card g1,card g1');
    await rig.take(incoming());
    const [{ revision = 0 } = {}] = rig.board.behind();
    await rig.board.shown('g1', { revision, conversationId: 'a:other', activityId: 'another' });
    assert.equal(messages(), 'another,another,another');
  });

  it('is the truth for a card that is gone: it is posted anew', async () => {
    await rig.take(incoming());
    await rig.show();
    await rig.take(incoming());
    const [{ shownRevision = 0 } = {}] = rig.board.behind();
    await rig.board.shown('g1', { revision: shownRevision, conversationId: null, activityId: null });
    assert.deepEqual(
      rig.board.behind().map((group) => [said(group), group.activityId]),
      [['g1 LINK_DOWN 2', null]],
    );
  });
});
