import type { Inventory } from '../inventory.ts';

/** What kind of device a word means, for "all switches at branch". Null: devices of any kind. */
export function kindOf(word: string): Kind | null {
  const known = Object.entries(KIND_WORDS).find(([, words]) => words.split(' ').includes(word));
  return (known?.[0] as Kind | undefined) ?? null;
}

type Kind = 'switch' | 'router' | 'firewall';

const KIND_WORDS: Record<Kind, string> = {
  switch: 'switch switches',
  router: 'router routers',
  firewall: 'firewall firewalls',
};

/** Parts of names that tell a kind: what networks commonly call them, and Juniper's series. */
const NAME_PARTS: Record<Kind, ReadonlySet<string>> = {
  switch: new Set('sw switch ex qfx asw dsw csw tor leaf spine'.split(' ')),
  router: new Set('rtr router rt mx ptx acx pe'.split(' ')),
  firewall: new Set('fw firewall srx vsrx'.split(' ')),
};

/** A site's devices in the inventory's order. */
export function devicesAt(inventory: Inventory, site: string): string[] {
  return inventory.all().flatMap((device) => (device.site === site ? [device.name] : []));
}

/**
 * Those of the devices that are of a kind, by their names. When no name tells a kind, nobody can say: all of them. When
 * some do, only those that say so, so that nobody who means switches reboots a firewall.
 */
export function ofKind(devices: readonly string[], kind: Kind | null): string[] {
  if (kind === null) return [...devices];
  const kinds = devices.map((name) => ({ name, told: toldKind(name) }));
  if (kinds.every(({ told }) => told === null)) return [...devices];
  return kinds.flatMap(({ name, told }) => (told === kind ? [name] : []));
}

function toldKind(name: string): Kind | null {
  const parts = name.toLowerCase().split(/[^a-z]+/u);
  const found = Object.entries(NAME_PARTS).find(([, known]) => parts.some((part) => known.has(part)));
  return (found?.[0] as Kind | undefined) ?? null;
}
