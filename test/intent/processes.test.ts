import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { processAt, processNames, suggestProcesses } from '../../src/intent/processes.ts';
import { tokenise } from '../../src/intent/text.ts';

const configured = ['routing', 'Acme-Agent', 'l2-learning'];

describe('a process at a place', () => {
  const cases: [text: string, name: string | undefined, taken?: number][] = [
    ['routing', 'routing', 1],
    ['RPD', 'routing', 1],
    ['routing protocol daemon', 'routing', 2],
    ['interface-control', 'interface-control', 1],
    ['interface control process', 'interface-control', 2],
    ['interfacecontrol', 'interface-control', 1],
    ['class of service', 'class-of-service', 3],
    ['packet forwarding engine', 'forwarding', 3],
    ['l2 learning', 'l2-learning', 2],
    ['general authentication service', 'general-authentication-service', 3],
    ['mib process', 'mib-process', 2],
    // Without its second word it is the daemon's short name.
    ['mib on', 'mib-process', 1],
    // The spelling of entities.yaml wins.
    ['acme agent', 'Acme-Agent', 2],
    ['acme', undefined],
    ['route', undefined],
    ['routing, protocol', 'routing', 1],
    ['bgp', undefined],
    ['', undefined],
  ];
  for (const [text, name, taken] of cases) {
    it(`${text}: ${name}`, () => {
      const found = processAt(tokenise(text), 0, configured);
      assert.deepEqual(found, name === undefined ? undefined : { name, taken });
    });
  }
});

describe('a process that is none', () => {
  const cases: [typed: string, suggested: string[]][] = [
    ['routng', ['routing']],
    ['rdp', ['routing', 'idp-policy']],
    ['snmp2', ['snmp']],
    ['chasis', ['chassis-control']],
    ['interfce-control', ['interface-control']],
    ['acme', ['Acme-Agent']],
    ['BGP', ['routing']],
    ['ospf', ['routing']],
    ['zz', []],
    ['', []],
    ['x'.repeat(200), []],
  ];
  for (const [typed, suggested] of cases) {
    it(`${typed.slice(0, 20)}: ${suggested.join(', ')}`, () =>
      assert.deepEqual(suggestProcesses(typed, configured), suggested));
  }
});

it('lists those of entities.yaml first, each once', () => {
  const all = processNames(configured);
  assert.deepEqual(all.slice(0, 3), configured);
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.includes('ethernet-switching'));
});
