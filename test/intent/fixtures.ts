import type { IntentContext } from '../../src/intent/intent.ts';
import { Inventory } from '../../src/inventory.ts';

/** Names that collide with words on purpose: a month, a time, a pronoun, a site. */
export const inventory = new Inventory([
  { site: 'hq', devices: ['hq-fw01', 'hq-fw02', 'hq-rtr01', 'hq-sw01'].map((name) => ({ name })) },
  { site: 'branch', devices: [{ name: 'branch-fw01' }, { name: 'branch-sw01' }] },
  {
    site: 'New York',
    devices: ['may-fw01', 'core', '10.0.0.1', 'NY_edge.example.net', 'now', 'it', '30'].map((name) => ({ name })),
  },
  { site: 'depot', devices: [{ name: 'depot' }] },
]);

export const context: IntentContext = {
  now: new Date('2026-11-23T10:00:00.400Z'),
  zone: 'Europe/London',
  locale: 'en-gb',
  inventory,
  processes: ['routing', 'chassis-control', 'acme-agent'],
};
