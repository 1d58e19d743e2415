import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineOf } from '../../src/config/yaml-places.ts';

const TEXT = `# files
---
type: junos
hq-rtr.*:
  user: "a # b"
  text: |
    one

    two
.*: {user: u,
  list: [1, {deep: x}]}
---
---
site: branch
devices:
  - branch-fw01
  - name: branch-fw02
    port: 1
`;

describe('the line of a path', () => {
  const cases: [path: string, line: number | null][] = [
    ['document 1', 3],
    ['document 1.hq-rtr.*', 4],
    ['document 1.hq-rtr.*.user', 5],
    ['document 1.hq-rtr.*.text', 6],
    ['document 1..*', 10],
    ['document 1..*.list.1.deep', 11],
    ['hq-rtr.*.user', 5],
    ['document 3.devices.1.port', 18],
    // What is not there is looked for where it would be.
    ['document 3.devices.1.address', 17],
    // By its value: a device has no path of its own.
    ['branch-fw01', 16],
    ['branch-fw02', 17],
    ['nobody', null],
    ['document 9.a', null],
  ];
  for (const [path, line] of cases) it(`${path}: ${line}`, () => assert.equal(lineOf(TEXT, path), line));

  it('is unknown in what is no YAML, and in nothing', () => {
    assert.equal(lineOf('a: [', 'a'), null);
    assert.equal(lineOf('', 'a'), null);
  });
});
