import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type AccessRules, mayAct } from '../../src/access.ts';
import { Confirmations } from '../../src/actions/confirmations.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Person, Store } from '../../src/store/store.ts';
import { Folder } from '../fakes/folder.ts';

const OPERATOR = 'AAAAAAAA-0000-4000-8000-00000000000A';
const alex: Person = { id: '29:alex', objectId: OPERATOR.toLowerCase(), name: 'Alex Wilber' };
const megan: Person = { id: '29:megan', objectId: 'bbbbbbbb-0000-4000-8000-00000000000b', name: 'Megan Bowen' };
const rules: AccessRules = { isLocal: false, operators: [OPERATOR], ask: 'the network team' };
const SENTENCE = 'You may not act on devices. To get access, ask the network team.';

describe('who may act on devices', () => {
  const cases: [name: string, person: Person, rules: AccessRules, reason: string][] = [
    ['an operator, in any case of letters', alex, rules, 'operator'],
    ['somebody else', megan, rules, 'not-an-operator'],
    ['somebody without an object id', { ...alex, objectId: null }, rules, 'no-object-id'],
    ['an empty object id', { ...alex, objectId: '' }, rules, 'not-an-operator'],
    ['an operator by name only', { ...megan, name: 'Alex Wilber', id: alex.id }, rules, 'not-an-operator'],
    ['anybody where nobody is named', alex, { ...rules, operators: [] }, 'not-an-operator'],
    ['anybody in local mode', megan, { ...rules, isLocal: true }, 'local-mode'],
  ];
  for (const [name, person, under, reason] of cases) {
    it(`${name}: ${reason}`, () => {
      const verdict = mayAct(person, under);
      assert.equal(verdict.reason, reason);
      assert.equal(verdict.isAllowed, reason === 'operator' || reason === 'local-mode');
      if (!verdict.isAllowed) assert.equal(verdict.sentence, SENTENCE);
    });
  }
});

describe('a click under access rules', () => {
  let folder: Folder;
  let store: Store;
  before(async () => {
    folder = await Folder.make({ devices: {} });
    store = await openSqliteStore(folder.storeFile);
  });
  after(async () => {
    await store.close();
    await folder.close();
  });

  const under = (access: AccessRules) =>
    new Confirmations({
      store,
      access,
      confirmMs: 600_000,
      locale: 'en-gb',
      now: () => 1_800_000_000_000,
      newId: randomUUID,
    });
  const propose = (by: Person) => under(rules).propose('reboot', { device: 'hq-fw01', at: null }, by, 'chat', 'UTC');

  it('rights that were withdrawn after the question count at the click; cancelling needs none', async () => {
    const { id } = await propose(alex);
    const withdrawn = under({ ...rules, operators: [] });
    assert.deepEqual(await withdrawn.click(id, 'confirm', alex), {
      reason: 'not-allowed',
      sentence: `${SENTENCE} Nothing was sent.`,
    });
    assert.equal((await store.confirmation(id))?.status, 'pending');
    assert.equal(await store.jobOfConfirmation(id), null);
    assert.equal((await withdrawn.click(id, 'cancel', alex)).reason, 'cancelled');
    assert.equal((await under(rules).click(id, 'confirm', alex)).reason, 'already-decided');
  });

  it('an operator who did not ask may not confirm for somebody', async () => {
    const { id } = await propose(megan);
    assert.equal((await under(rules).click(id, 'confirm', alex)).reason, 'not-yours');
    assert.equal((await under(rules).click(id, 'confirm', megan)).reason, 'not-allowed');
    assert.equal(await store.jobOfConfirmation(id), null);
  });

  it('twenty clicks of one person, half of them to cancel: one decides', async () => {
    const { id } = await propose(alex);
    const clicks = Array.from({ length: 20 }, (_, n) =>
      under(rules).click(id, n % 2 === 0 ? 'confirm' : 'cancel', alex),
    );
    const reasons = (await Promise.all(clicks)).map(({ reason }) => reason);
    assert.equal(reasons.filter((reason) => reason !== 'already-decided').length, 1, reasons.join());
  });
});
