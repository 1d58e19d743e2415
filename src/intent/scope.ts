import type { Device, Inventory } from '../inventory.ts';
import { type Token, textOf } from './text.ts';
import { AND, KINDS, QUANTITIES, siteAt } from './words.ts';

/** Devices described instead of named: "all switches at branch", "the hq firewalls", "branch". */
export interface Scope {
  next: number;
  text: string;
  /** In inventory order; empty when nothing is sure. */
  members: string[];
  suggestions: string[];
  /** Nothing but the name of a site, which may as well say where a device beside it is. */
  isBareSite: boolean;
}

/** The same as something to ask about. */
export const unsure = (scope: Scope): Scope => ({
  ...scope,
  members: [],
  suggestions: scope.members.length > 0 ? scope.members : scope.suggestions,
});

interface Words {
  next: number;
  quantities: string[];
  kinds: string[];
  sites: string[];
}

type Kind = 'switch' | 'firewall' | 'router';

/** What a name says about its device: a part of it between separators or digits, as in `hq-sw01`. */
const KIND_OF_PART = new Map<string, Kind>([
  ...['sw', 'switch', 'ex', 'qfx'].map((part): [string, Kind] => [part, 'switch']),
  ...['fw', 'firewall', 'srx'].map((part): [string, Kind] => [part, 'firewall']),
  ...['rtr', 'router', 'mx', 'ptx', 'acx'].map((part): [string, Kind] => [part, 'router']),
]);
const KIND_OF_WORD = new Map<string, Kind>([
  ['switch', 'switch'],
  ['switches', 'switch'],
  ['firewall', 'firewall'],
  ['firewalls', 'firewall'],
  ['router', 'router'],
  ['routers', 'router'],
]);
const BETWEEN = new Set(['the', 'of', 'our', 'at', 'in', 'on', 'from']);
const SITE_WORDS = new Set(['site', 'sites']);
const SINGULAR = new Set(['device', 'router', 'switch', 'firewall', 'box']);

/**
 * The description at this place. Only a site makes devices of it: "all" alone never does, and neither does a site
 * that is called like a device. One of a kind ("the hq firewall") is one device, or nobody knows which.
 */
export function scopeAt(tokens: readonly Token[], at: number, inventory: Inventory): Scope | undefined {
  const found = wordsOf(tokens, at, inventory);
  if (!found) return undefined;
  const { next, quantities, kinds, sites } = found;
  const text = textOf(tokens.slice(at, next));
  const isBareSite = quantities.length === 0 && kinds.length === 0;
  const scope = { next, text, members: [], suggestions: [], isBareSite };
  const namesake = inventory.find(text)?.name;
  if (namesake) return { ...scope, suggestions: [namesake] };
  const wanted = new Set(kinds.flatMap((word) => KIND_OF_WORD.get(word) ?? []));
  const here = inventory.all().filter(({ site }) => sites.includes(site.toLowerCase()));
  const members = sites.flatMap((site) =>
    ofKinds(
      here.filter((device) => device.site.toLowerCase() === site),
      wanted,
    ),
  );
  const names = here.map(({ name }) => name).filter((name) => members.some((member) => member.name === name));
  const isOne = quantities.length === 0 && kinds.length > 0 && kinds.every((word) => SINGULAR.has(word));
  if (isOne && names.length > 1) return { ...scope, suggestions: names };
  return names.length > 0 ? { ...scope, members: names } : { ...scope, suggestions: here.map(({ name }) => name) };
}

/** The devices of these kinds at every site, by what their names tell: "list the switches". */
export function devicesOfKinds(words: readonly string[], inventory: Inventory): string[] {
  const wanted = new Set(words.flatMap((word) => KIND_OF_WORD.get(word) ?? []));
  return ofKinds(inventory.all(), wanted).map(({ name }) => name);
}

/** All of a site when none of its names tells a kind: then the word says no more than "devices". */
function ofKinds(devices: readonly Device[], wanted: ReadonlySet<Kind>): readonly Device[] {
  const told = devices.map((device) => ({ device, kinds: kindsOf(device.name) }));
  if (wanted.size === 0 || told.every(({ kinds }) => kinds.length === 0)) return devices;
  return told.filter(({ kinds }) => kinds.some((kind) => wanted.has(kind))).map(({ device }) => device);
}

const kindsOf = (name: string) =>
  name
    .toLowerCase()
    .split(/[^a-z]+/u)
    .flatMap((part) => KIND_OF_PART.get(part) ?? []);

/** As many words as belong to one description; a second quantity or another kind begins the next one. */
function wordsOf(tokens: readonly Token[], at: number, inventory: Inventory): Words | undefined {
  const found: Words = { next: at, quantities: [], kinds: [], sites: [] };
  const { quantities, kinds, sites } = found;
  let isSiteNext = true;
  for (let i = at; i < tokens.length; ) {
    const word = tokens[i]?.lower ?? '';
    const site = siteAt(tokens, i, inventory);
    if (site > 0 && isSiteNext) {
      sites.push(textOf(tokens.slice(i, i + site)).toLowerCase());
      isSiteNext = false;
      i = found.next = i + site;
    } else if (QUANTITIES.has(word) && quantities.length === 0 && kinds.length === 0 && sites.length === 0) {
      quantities.push(word);
      i = found.next = i + 1;
    } else if (KINDS.has(word) && !inventory.find(tokens[i + 1]?.lower ?? '')) {
      kinds.push(word);
      i = found.next = i + 1;
    } else if (SITE_WORDS.has(word) && i > at) {
      found.next = i += 1;
    } else if (BETWEEN.has(word) && i > at) {
      i += 1;
    } else if (AND.has(word) && isJoint(tokens, i + 1, found, inventory)) {
      isSiteNext = true;
      i += 1;
    } else break;
  }
  return sites.length > 0 || quantities.length > 0 ? found : undefined;
}

/** "switches and firewalls at hq", "all switches at hq and branch"; not "hq firewalls and branch switches". */
function isJoint(tokens: readonly Token[], at: number, { kinds, sites }: Words, inventory: Inventory): boolean {
  const place = tokens[at]?.lower === 'the' ? at + 1 : at;
  if (sites.length === 0) return kinds.length > 0 && KINDS.has(tokens[place]?.lower ?? '');
  const site = siteAt(tokens, place, inventory);
  return site > 0 && !(kinds.length > 0 && KINDS.has(tokens[place + site]?.lower ?? ''));
}
