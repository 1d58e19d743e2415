import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Confirmations } from '../../src/actions/confirmations.ts';
import type { Person, Store } from '../../src/store/store.ts';
import { storeFolder } from '../store/files.ts';
import { alex } from '../store/samples.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 0);
const MINUTE = 60_000;
const sam: Person = { id: '29:sam', objectId: '00000000-0000-0000-0000-00000000000b', name: 'Sam' };

const folder = await storeFolder();
let store: Store;
let now: number;
let ids: number;
let operators: string[];
let device: string;

before(async () => {
  store = await folder.open(folder.file('confirmations.sqlite'));
  ids = 0;
});
after(async () => {
  await folder.remove();
});
beforeEach(() => {
  now = NOW;
  // One each: another test's request for the same device would stand in the way.
  device = `hq-fw${ids}`;
  operators = [alex.objectId ?? ''];
});

const confirmations = (isLocal = false) =>
  new Confirmations({
    store,
    access: { isLocal, operators, ask: 'netops@example.net' },
    confirmMs: 10 * MINUTE,
    locale: 'en-gb',
    now: () => now,
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
  });
const propose = (at: number | null = null, by = alex) =>
  confirmations().propose('reboot', { device, at }, by, 'a:1', 'Europe/Berlin');
/** The reason, and the sentence where there is one. */
async function click(id: string, choice: 'confirm' | 'cancel' = 'confirm', by = alex, isLocal = false) {
  const verdict = await confirmations(isLocal).click(id, choice, by);
  return [verdict.reason, 'sentence' in verdict ? verdict.sentence : ''] as const;
}

describe('a proposal', () => {
  it('is a row that waits for its click', async () => {
    const confirmation = await propose(NOW + 60 * MINUTE);
    assert.deepEqual(await store.confirmation(confirmation.id), confirmation);
    assert.equal(confirmation.status, 'pending');
    assert.equal(confirmation.expiresAt, NOW + 10 * MINUTE);
    assert.equal(confirmation.parameters, `{"device":"${device}","at":${NOW + 60 * MINUTE}}`);
  });

  it('does not outlive the time that it is about', async () => {
    assert.equal((await propose(NOW + 3 * MINUTE)).expiresAt, NOW + 3 * MINUTE);
  });

  it('of an action or parameters that nobody knows is refused', async () => {
    await assert.rejects(confirmations().propose('paint', { device: 'x' }, alex, 'a:1', 'UTC'), /no action paint/);
    await assert.rejects(confirmations().propose('reboot', { device: 'x', at: 'soon' }, alex, 'a:1', 'UTC'));
  });
});

describe('a click', () => {
  it('starts one job', async () => {
    const { id } = await propose();
    const verdict = await confirmations().click(id, 'confirm', alex);
    assert.ok(verdict.reason === 'started');
    assert.deepEqual(verdict.job, await store.jobOfConfirmation(id));
    assert.deepEqual([verdict.job.status, verdict.job.confirmation.status], ['queued', 'confirmed']);
  });

  it('later, by another process, finds everything in the row', async () => {
    const { id } = await propose();
    await store.close();
    store = await folder.open(folder.file('confirmations.sqlite'));
    now += 9 * MINUTE;
    assert.equal((await click(id))[0], 'started');
  });

  it('a hundred at once start one job; the others are told who did', async () => {
    const { id } = await propose();
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => confirmations().click(id, 'confirm', alex)));
    const started = verdicts.filter(({ reason }) => reason === 'started');
    assert.equal(started.length, 1);
    const others = verdicts.filter(({ reason }) => reason === 'already-decided');
    assert.equal(others.length, 99);
    for (const verdict of others) assert.match('sentence' in verdict ? verdict.sentence : '', /^Alex Wilber confirmed/);
  });

  it('on what was confirmed, or cancelled, says who did it and when, and does nothing', async () => {
    const confirmed = await propose();
    await click(confirmed.id);
    now += 5 * MINUTE;
    for (const choice of ['confirm', 'cancel'] as const) {
      assert.deepEqual(await click(confirmed.id, choice), [
        'already-decided',
        'Alex Wilber confirmed this at 11:00 CET. This click sent nothing.',
      ]);
    }
    const cancelled = await propose();
    assert.equal((await click(cancelled.id, 'cancel'))[0], 'cancelled');
    assert.deepEqual(await click(cancelled.id), [
      'already-decided',
      'Alex Wilber cancelled this at 11:05 CET. Nothing was sent.',
    ]);
    assert.equal(await store.jobOfConfirmation(cancelled.id), null);
  });

  const edges: [afterMs: number, reason: string][] = [
    [10 * MINUTE - 1, 'started'],
    [10 * MINUTE, 'expired'],
    [24 * 60 * MINUTE, 'expired'],
  ];
  for (const [afterMs, reason] of edges) {
    it(`after ${afterMs} ms of ${10 * MINUTE}: ${reason}`, async () => {
      const { id } = await propose();
      now += afterMs;
      const [found, sentence] = await click(id);
      assert.equal(found, reason);
      if (reason === 'expired') assert.match(sentence, /expired at (?:Mon 23 Nov, )?11:10 CET\. Nothing was sent/);
      assert.equal((await store.jobOfConfirmation(id)) !== null, reason === 'started');
    });
  }

  it('of somebody else changes nothing, neither way', async () => {
    const { id } = await propose();
    operators.push(sam.objectId ?? '');
    for (const choice of ['confirm', 'cancel'] as const) {
      assert.deepEqual(await click(id, choice, sam), [
        'not-yours',
        'Only Alex Wilber, who asked, can answer this. Nothing was sent.',
      ]);
    }
    assert.equal((await click(id))[0], 'started');
  });

  const people: [what: string, askedBy: Person, by: Person, isSame: boolean][] = [
    ['the same object id in another conversation', alex, { ...alex, id: '29:other' }, true],
    ["another object id under the same Teams' id", alex, { ...alex, objectId: sam.objectId }, false],
    ["no object id: Teams' id", { ...alex, objectId: null }, alex, true],
    ['no object id on either side', { ...alex, objectId: null }, { ...sam, objectId: null }, false],
    ['only the name is the same', alex, { ...sam, name: alex.name }, false],
  ];
  for (const [what, askedBy, by, isSame] of people) {
    it(`${what} ${isSame ? 'is' : 'is not'} the person who asked`, async () => {
      const { id } = await propose(null, askedBy);
      assert.equal((await click(id, 'cancel', by))[0], isSame ? 'cancelled' : 'not-yours');
    });
  }

  it('of someone whose rights were withdrawn confirms nothing, but may cancel', async () => {
    const { id } = await propose();
    operators = [];
    const [reason, sentence] = await click(id);
    assert.equal(reason, 'not-allowed');
    assert.match(sentence, /may not act on devices\. To get access, ask netops@example\.net\. Nothing was sent\.$/);
    assert.equal(await store.jobOfConfirmation(id), null);
    assert.equal((await click(id, 'cancel'))[0], 'cancelled');
  });

  it('in local mode needs no rights', async () => {
    const { id } = await propose();
    operators = [];
    assert.equal((await click(id, 'confirm', alex, true))[0], 'started');
  });

  it('on a request that another one for the device has overtaken does nothing, and says who and when', async () => {
    const [first, second] = [await propose(), await propose(null, sam)];
    operators.push(sam.objectId ?? '');
    assert.equal((await click(first.id))[0], 'started');
    now += MINUTE;
    assert.deepEqual(await click(second.id, 'confirm', sam), [
      'superseded',
      `Alex Wilber confirmed another request for ${device} at 11:00 CET, after this one was asked. This click sent nothing. Ask again if it is still wanted.`,
    ]);
    assert.equal(await store.jobOfConfirmation(second.id), null);
    assert.equal((await click(second.id, 'cancel', sam))[0], 'cancelled');
    assert.equal((await click((await propose()).id))[0], 'started', 'asked again, with the other one known');
  });

  it('on a row that is not there is not found', async () => {
    assert.deepEqual(await click("' OR 1=1 --"), ['not-found', 'This request is not known here. Nothing was sent.']);
  });
});
