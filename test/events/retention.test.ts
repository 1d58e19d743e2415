import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { keepEvents, removeOldEvents } from '../../src/events/retention.ts';
import { createLog } from '../../src/log.ts';
import { storeFolder } from '../store/files.ts';
import { entry, newEvent } from '../store/samples.ts';

const folder = await storeFolder();
after(folder.remove);
const DAY = 24 * 60 * 60_000;
const NOW = 100 * DAY;
const log = createLog('info', { write: () => undefined });

describe('keep_events_days', () => {
  it('removes what is older, in batches, and neither what is owed a card nor the audit', async () => {
    const store = await folder.open(folder.file('old.sqlite'));
    await store.appendAudit([entry({ at: 1 })]);
    const old = Array.from({ length: 1_203 }, () =>
      store.addEvent(newEvent({ receivedAt: 70 * DAY - 1, isOwed: false })),
    );
    await Promise.all(old);
    await store.addEvent(newEvent({ receivedAt: 1, isOwed: true, event: 'OWED' }));
    await store.addEvent(newEvent({ receivedAt: 70 * DAY, isOwed: false, event: 'YOUNG' }));
    const batches: number[] = [];
    const watched = {
      removeEvents: async (before: number, limit: number) => {
        const removed = await store.removeEvents(before, limit);
        batches.push(removed);
        return removed;
      },
    };
    assert.equal(await removeOldEvents({ store: watched, now: () => NOW }, 30), 1_203);
    assert.deepEqual(batches, [500, 500, 203]);
    const left = await store.recentEvents({ device: null, limit: 9 });
    assert.deepEqual(left.map(({ event }) => event).sort(), ['OWED', 'YOUNG']);
    assert.equal((await store.auditHead())?.seq, 1);
  });

  it('absent, removes nothing', async () => {
    const store = await folder.open(folder.file('all.sqlite'));
    await store.addEvent(newEvent({ receivedAt: 1, isOwed: false }));
    await keepEvents({ store, days: undefined, now: () => NOW, log }).stop();
    assert.equal((await store.recentEvents({ device: null, limit: 9 })).length, 1);
    await keepEvents({ store, days: 1, now: () => NOW, log }).stop();
    assert.equal((await store.recentEvents({ device: null, limit: 9 })).length, 0);
  });
});
