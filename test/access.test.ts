import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Access, mayAct } from '../src/access.ts';

const ID = 'abcdefab-0000-0000-0000-00000000000a';

describe('mayAct', () => {
  const cases: [
    what: string,
    objectId: string | null,
    operators: string[],
    isLocal: boolean,
    reason: Access['reason'],
  ][] = [
    ['an operator', ID, [ID], false, 'operator'],
    ['an operator in another case', ID.toUpperCase(), [ID], false, 'operator'],
    ['an operator listed in another case', ID, ['x', ID.toUpperCase()], false, 'operator'],
    ['somebody else', ID, ['abcdefab-0000-0000-0000-00000000000b'], false, 'not-an-operator'],
    ['part of an id', ID.slice(0, 8), [ID], false, 'not-an-operator'],
    ['nobody is listed', ID, [], false, 'not-an-operator'],
    ['no object id', null, [ID], false, 'no-object-id'],
    ['an empty object id', '', [ID], false, 'not-an-operator'],
    ['an object id that says null', 'null', [], false, 'not-an-operator'],
    ['local mode', null, [], true, 'local-mode'],
  ];
  for (const [what, objectId, operators, isLocal, reason] of cases) {
    it(`${what}: ${reason}`, () => {
      const access = mayAct({ id: '29:a', objectId, name: ID }, { isLocal, operators, ask: 'netops' });
      assert.equal(access.reason, reason);
      assert.equal(access.isAllowed, reason === 'operator' || reason === 'local-mode');
      if (!access.isAllowed) assert.match(access.sentence, /ask netops\.$/);
    });
  }
});
