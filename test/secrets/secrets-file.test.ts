import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addEntry } from '../../src/secrets/secrets-file.ts';

const FIELDS = { user: 'ops', salt: 'AA==', secret: 'gAAA' };
const BLOCK = 'new-fw01:\n  user: ops\n  salt: AA==\n  secret: gAAA\n';
const add = (text: string, { type = 'junos', name = 'new-fw01', replace = false } = {}) =>
  addEntry(text, { type, name, fields: FIELDS }, { replace });

describe('an entry that is added to secrets.yaml', () => {
  const cases: [what: string, before: string, after: string, options?: object][] = [
    ['to nothing', '', `type: junos\n${BLOCK}`],
    ['to comments', '# mine\n', `# mine\ntype: junos\n${BLOCK}`],
    ['at the end', 'type: junos\na: {user: u}\n# end\n', `type: junos\na: {user: u}\n${BLOCK}# end\n`],
    ['behind a last line without an end', 'type: junos\na: {user: u}', `type: junos\na: {user: u}\n${BLOCK}`],
    [
      'before the first that matches it, and above its comment',
      '# top\n---\ntype: junos\nhq: {user: u}\n\n# all others\n.*:\n  user: u # read only\n---\ntype: server\n.*: {user: u}\n',
      `# top\n---\ntype: junos\nhq: {user: u}\n\n${BLOCK}# all others\n.*:\n  user: u # read only\n---\ntype: server\n.*: {user: u}\n`,
    ],
    [
      'of a type that is not there, as a document of its own',
      'type: junos\na: {user: u}\n',
      `type: junos\na: {user: u}\n---\ntype: server\n${BLOCK}`,
      { type: 'server' },
    ],
    [
      'to the last of several documents of its type',
      'type: junos\na: {user: u}\n---\ntype: junos\nb: {user: u}\n---\n',
      `type: junos\na: {user: u}\n---\ntype: junos\nb: {user: u}\n${BLOCK}---\n`,
    ],
    [
      'in the place of one of its name, whose comments stay',
      'type: junos\nnew-fw01:\n  user: old\n  # rotate in May\n  secret: x\nb: {user: u}\n',
      `type: junos\n${BLOCK}  # rotate in May\nb: {user: u}\n`,
      { replace: true },
    ],
  ];
  for (const [what, before, after, options] of cases) {
    it(what, () => assert.equal(add(before, options).text, after));
  }

  it('says where it stands', () => {
    assert.deepEqual(
      { ...add('type: junos\n.*: {user: u}\n'), text: '' },
      { text: '', before: '.*', isReplaced: false },
    );
    const replaced = add('type: junos\nnew-fw01: {user: u}\n', { replace: true });
    assert.deepEqual([replaced.before, replaced.isReplaced], [null, true]);
  });

  it('is refused when one of its name is there, and in a file that would come out as another one', () => {
    assert.throws(() => add('type: junos\nnew-fw01: {user: u}\n'), /already\. Nothing was changed\. Add --replace/);
    for (const text of ['{type: junos, a: {user: u}}\n', '{type: junos, .*: {user: u}}\n']) {
      assert.throws(() => add(text), /Nothing was changed\. Write each entry on lines of its own/);
    }
  });

  it('has a name in quotes where YAML needs them', () => {
    assert.match(add('', { name: 'a: b #c' }).text, /^'a: b #c':$/m);
  });
});
