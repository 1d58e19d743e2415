import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DeviceEntry, Inventory } from '../src/inventory.ts';

const inventory = new Inventory([
  { site: 'hq', devices: [{ name: 'HQ-fw01' }, { name: 'hq-fw02' }, { name: 'hq-rtr01' }, { name: 'hq-sw01' }] },
  {
    site: 'branch',
    devices: [{ name: 'branch-fw01', address: '192.0.2.1', port: 2222, hostname: 'old-name' }, { name: 'edge' }],
  },
  { site: 'warehouse', devices: [] },
]);

describe('Inventory', () => {
  it('finds a device by its exact name in any case', () => {
    assert.deepEqual(inventory.find('hq-FW01'), {
      name: 'HQ-fw01',
      site: 'hq',
      address: 'HQ-fw01',
      ports: [830, 22],
      hostname: 'HQ-fw01',
    });
    assert.deepEqual(inventory.find('branch-fw01'), {
      name: 'branch-fw01',
      site: 'branch',
      address: '192.0.2.1',
      ports: [2222],
      hostname: 'old-name',
    });
  });

  it('never takes a near name for the name', () => {
    for (const name of [
      'hq-fw1',
      'hq-fw010',
      'hq-fw',
      'hq-fw01 ',
      '',
      'old-name',
      '192.0.2.1',
      'constructor',
      '__proto__',
    ]) {
      assert.equal(inventory.find(name), undefined, name);
    }
  });

  it('lists devices and sites in the order of the file', () => {
    const names = inventory.all().map(({ name }) => name);
    assert.deepEqual(names, ['HQ-fw01', 'hq-fw02', 'hq-rtr01', 'hq-sw01', 'branch-fw01', 'edge']);
    assert.deepEqual(inventory.sites(), ['hq', 'branch', 'warehouse']);
  });

  const suggestions: [typed: string, names: string[]][] = [
    ['hq-fw9', ['HQ-fw01', 'hq-fw02']],
    ['hq-fw03', ['HQ-fw01', 'hq-fw02', 'hq-sw01']],
    ['fw01', ['HQ-fw01', 'branch-fw01']],
    ['hq-fw01.example.net', ['HQ-fw01']],
    ['hq–fw01', ['HQ-fw01', 'hq-fw02', 'hq-sw01']],
    ['edgy', ['edge']],
    ['ed', []],
    ['fred', []],
    ['', []],
    ['hq-fw01'.repeat(20), []],
  ];
  for (const [typed, names] of suggestions) {
    it(`suggests ${names.join(', ') || 'nothing'} for "${typed.slice(0, 24)}"`, () => {
      assert.deepEqual(inventory.suggest(typed), names);
    });
  }

  it('refuses two devices of one name', () => {
    const documents = [
      { site: 'hq', devices: [{ name: 'fw01' }] },
      { site: 'branch', devices: [{ name: 'FW01' }] },
    ];
    assert.throws(() => new Inventory(documents), {
      code: 'duplicate-device',
      message: /listed twice, at hq and at branch/,
    });
  });

  it('gives a device its ways to log in and its jump hosts, and nothing that is not set', () => {
    const found = new Inventory([
      {
        site: 'hq',
        devices: [
          { name: 'fw01', jump: 'RTR01', legacy: true, agent: false },
          { name: 'rtr01', user: 'netops', key_file: 'keys/a', jump: { address: 'bastion', agent: true } },
        ],
      },
    ]).find('fw01');
    assert.deepEqual(found, {
      name: 'fw01',
      site: 'hq',
      address: 'fw01',
      ports: [830, 22],
      hostname: 'fw01',
      legacy: true,
      jump: {
        name: 'rtr01',
        address: 'rtr01',
        ports: [22],
        user: 'netops',
        keyFile: 'keys/a',
        isDevice: true,
        jump: { name: 'bastion', address: 'bastion', ports: [22], agent: true, isDevice: false },
      },
    });
  });

  const badJumps: [what: string, devices: DeviceEntry[], message: RegExp][] = [
    ['to itself', [{ name: 'a', jump: 'A' }], /^devices\.yaml: a\.jump: the jump hosts go round in a circle: a -> a$/],
    [
      'in a circle',
      [
        { name: 'a', jump: 'b' },
        { name: 'b', jump: 'c' },
        { name: 'c', jump: 'b' },
      ],
      /^devices\.yaml: a\.jump: .*: a -> b -> c -> b$/,
    ],
    ['to nowhere', [{ name: 'a', jump: 'b' }], /^devices\.yaml: a\.jump: there is no device b\./],
  ];
  for (const [what, devices, message] of badJumps) {
    it(`refuses a jump ${what}`, () => {
      assert.throws(() => new Inventory([{ site: 'hq', devices }]), { code: 'bad-jump', message });
    });
  }
});
