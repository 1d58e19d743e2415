import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Role } from '../../src/access.ts';
import { Confirmations, inWords } from '../../src/actions/confirmations.ts';
import { AssistantError } from '../../src/errors.ts';
import { Inventory } from '../../src/inventory.ts';
import type { Person, Store } from '../../src/store/store.ts';
import { storeFolder } from '../store/files.ts';
import { alex } from '../store/samples.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 0);
const MINUTE = 60_000;
const sam: Person = { id: '29:sam', objectId: '00000000-0000-0000-0000-00000000000b', upn: null, name: 'Sam' };
const PLACE = { conversationId: 'a:1', kind: 'personal' } as const;

const folder = await storeFolder();
let store: Store;
let now: number;
let ids: number;
let operators: string[];
let roles: Role[];
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
  roles = [];
});

const confirmations = (isLocal = false) =>
  new Confirmations({
    store,
    access: { isLocal, operators, roles, ask: 'netops@example.net' },
    inventory: new Inventory([{ site: 'hq', devices: [{ name: device }, { name: `${device}-b` }] }]),
    confirmMs: 10 * MINUTE,
    locale: 'en-gb',
    now: () => now,
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
  });
async function propose(at: number | null = null, by = alex, devices = [device]) {
  const { confirmation, stored } = confirmations().propose({
    action: 'reboot',
    parameters: { at },
    devices,
    askedBy: by,
    conversationId: PLACE.conversationId,
    zone: 'Europe/Berlin',
    text: 'reboot it',
  });
  await stored;
  return confirmation;
}
/** The reason, and the sentence where there is one. */
async function click(
  id: string,
  choice: 'confirm' | 'cancel' = 'confirm',
  by = alex,
  isLocal = false,
  inputs: Record<string, unknown> = {},
) {
  const verdict = await confirmations(isLocal).click(id, choice, by, PLACE, inputs);
  return [verdict.reason, 'sentence' in verdict ? verdict.sentence : ''] as const;
}

describe('a click while the store is away', () => {
  for (const method of ['confirmation', 'decide', 'appendAudit'] as const) {
    it(`is answered in words (${method}), and the row waits on`, async () => {
      const { id } = await propose();
      const real = store;
      const away = new AssistantError('store-unreachable', 'The server cannot be reached.');
      store = { ...real, [method]: () => Promise.reject(away) };
      // Whose click is not let through has to be noted as well.
      const answer = await click(id, 'confirm', method === 'appendAudit' ? sam : alex);
      store = real;
      assert.deepEqual(answer, ['not-stored', 'The server cannot be reached. This click sent nothing.']);
      assert.equal((await click(id))[0], 'started');
    });
  }

  it('is not answered so when it may have been taken', async () => {
    const { id } = await propose();
    const real = store;
    store = { ...real, decide: () => Promise.reject(new AssistantError('store-outcome-unknown', 'unknown')) };
    await assert.rejects(click(id), { code: 'store-outcome-unknown' });
    store = real;
  });
});

describe('a proposal', () => {
  it('is a row that waits for its click', async () => {
    const confirmation = await propose(NOW + 60 * MINUTE);
    assert.deepEqual(await store.confirmation(confirmation.id), confirmation);
    assert.equal(confirmation.status, 'pending');
    assert.equal(confirmation.expiresAt, NOW + 10 * MINUTE);
    assert.deepEqual([confirmation.parameters, confirmation.devices], [`{"at":${NOW + 60 * MINUTE}}`, [device]]);
  });

  it('does not outlive the time that it is about', async () => {
    assert.equal((await propose(NOW + 3 * MINUTE)).expiresAt, NOW + 3 * MINUTE);
  });

  it('of an action or parameters that nobody knows is refused', async () => {
    const of = (action: string, parameters: object) => () =>
      confirmations().propose({
        action,
        parameters,
        devices: ['x'],
        askedBy: alex,
        conversationId: 'a:1',
        zone: 'UTC',
        text: '',
      });
    assert.throws(of('paint', {}), /no action paint/);
    assert.throws(of('reboot', { at: 'soon' }));
  });
});

describe('a click', () => {
  it('starts one job', async () => {
    const { id } = await propose();
    const verdict = await confirmations().click(id, 'confirm', alex, PLACE);
    assert.ok(verdict.reason === 'started');
    assert.deepEqual(verdict.jobs, await store.jobsOfConfirmation(id));
    assert.deepEqual(
      verdict.jobs.map(({ status, confirmation }) => [status, confirmation.status]),
      [['queued', 'confirmed']],
    );
  });

  it('on several devices starts one job for each, in their order', async () => {
    const devices = [`${device}-b`, device];
    const { id } = await propose(null, alex, devices);
    assert.equal((await click(id))[0], 'started');
    assert.deepEqual(
      (await store.jobsOfConfirmation(id)).map((job) => job.device),
      devices,
    );
  });

  it('with a choice on the card keeps it, and one that is none is refused and leaves the card open', async () => {
    const { id } = await propose();
    assert.deepEqual(await click(id, 'confirm', alex, false, { [`engines ${device}`]: 'all of them' }), [
      'incomplete',
      `Choose which engines of ${device} to reboot. Nothing was sent.`,
    ]);
    assert.deepEqual(await store.jobsOfConfirmation(id), []);
    assert.equal((await click(id, 'confirm', alex, false, { [`engines ${device}`]: 'both' }))[0], 'started');
    const [job] = await store.jobsOfConfirmation(id);
    assert.equal(job?.confirmation.parameters, `{"at":null,"engines":{"${device}":"both"}}`);
  });

  it('is in the audit, taken or refused, with who and where', async () => {
    const { id } = await propose();
    await click(id, 'confirm', sam);
    await click(id);
    await click(id);
    const rows = (await store.auditRows(0, 10_000)).map(({ entry }) => JSON.parse(entry) as Record<string, unknown>);
    const mine = rows.filter(({ confirmationId }) => confirmationId === id);
    assert.deepEqual(
      mine.map(({ kind, person, result }) => [kind, (person as { name: string }).name, result]),
      [
        ['proposed', 'Alex Wilber', 'pending'],
        ['refused', 'Sam', 'not-yours'],
        ['confirmed', 'Alex Wilber', null],
        ['refused', 'Alex Wilber', 'already-decided'],
      ],
    );
    assert.ok(mine.every(({ conversationId }) => conversationId === 'a:1'));
    assert.equal(mine[0]?.text, 'reboot it');
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
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, () => confirmations().click(id, 'confirm', alex, PLACE)),
    );
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
    assert.deepEqual(await store.jobsOfConfirmation(cancelled.id), []);
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
      assert.equal((await store.jobsOfConfirmation(id)).length > 0, reason === 'started');
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
    assert.deepEqual(
      await click(id, 'cancel', sam),
      ['already-decided', 'Alex Wilber confirmed this at 11:00 CET. This click sent nothing.'],
      'what was sent is not denied',
    );
  });

  it('of two people, and to cancel, all at once: one decides, and the jobs are made once or not at all', async () => {
    const { id } = await propose(null, alex, [device, `${device}-b`]);
    const clicks = Array.from({ length: 30 }, (_, n) =>
      confirmations().click(id, n % 3 === 0 ? 'cancel' : 'confirm', n % 3 === 1 ? sam : alex, PLACE),
    );
    const reasons = (await Promise.all(clicks)).map(({ reason }) => reason);
    const decided = reasons.filter((reason) => reason === 'started' || reason === 'cancelled');
    assert.equal(decided.length, 1, reasons.join());
    assert.equal((await store.jobsOfConfirmation(id)).length, decided[0] === 'started' ? 2 : 0);
  });

  it('of a right that is given for another kind of place counts where it is clicked', async () => {
    const { id } = await propose();
    const role = { name: 'chat', actions: 'all', devices: 'all', conversations: 'personal' } as const;
    operators = [];
    roles = [{ ...role, people: [alex.objectId ?? ''] }];
    const inGroup = { conversationId: 'g:1', kind: 'groupChat' } as const;
    const refused = await confirmations().click(id, 'confirm', alex, inGroup);
    assert.deepEqual(
      [refused.reason, 'sentence' in refused && refused.sentence],
      [
        'not-allowed',
        `You may reboot ${device}, but not in this conversation. Ask in a personal chat with the assistant. Nothing was sent.`,
      ],
    );
    assert.equal((await click(id))[0], 'started');
  });

  it('a device that left the inventory is of no site: who may by site may not', async () => {
    const { id } = await propose(null, alex, ['hq-gone']);
    operators = [];
    roles = [
      { name: 'site', people: [alex.objectId ?? ''], actions: 'all', devices: ['site:hq'], conversations: 'all' },
    ];
    assert.equal((await click(id))[0], 'not-allowed');
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
    assert.match(sentence, /^You may not reboot .*\. To get access, ask netops@example\.net\. Nothing was sent\.$/);
    assert.deepEqual(await store.jobsOfConfirmation(id), []);
    assert.equal((await click(id, 'cancel'))[0], 'cancelled');
  });

  it('of someone who may no longer on one of its devices confirms nothing at all', async () => {
    const { id } = await propose(null, alex, [device, `${device}-b`]);
    operators = [];
    const role = { name: 'one', actions: 'all', conversations: 'all', people: [alex.objectId ?? ''] } as const;
    roles = [{ ...role, people: [...role.people], devices: [device] }];
    const [reason, sentence] = await click(id);
    assert.equal(reason, 'not-allowed');
    assert.match(sentence, new RegExp(`^You may not reboot ${device}-b\\.`));
    roles = [{ ...role, people: [...role.people], devices: [`${device}*`] }];
    assert.equal((await click(id))[0], 'started');
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
    assert.deepEqual(await store.jobsOfConfirmation(second.id), []);
    assert.equal((await click(second.id, 'cancel', sam))[0], 'cancelled');
    assert.equal((await click((await propose()).id))[0], 'started', 'asked again, with the other one known');
  });

  it('on a row that is not there is not found', async () => {
    assert.deepEqual(await click("' OR 1=1 --"), ['not-found', 'This request is not known here. Nothing was sent.']);
  });
});

describe('closing what is open', () => {
  it('the own questions of this conversation, and no others', async () => {
    const mine = await propose();
    const theirs = await propose(null, sam);
    const decided = await propose();
    await click(decided.id, 'cancel');
    const closed = await confirmations().cancelAll(PLACE, alex);
    assert.ok(closed.some(({ id }) => id === mine.id));
    assert.ok(!closed.some(({ id }) => id === theirs.id || id === decided.id));
    assert.equal((await store.confirmation(theirs.id))?.status, 'pending');
    assert.deepEqual(await confirmations().cancelAll(PLACE, alex), []);
    assert.equal(inWords(mine), `"Reboot ${device}?"`);
  });
});
