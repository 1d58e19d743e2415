import type { Unresolved } from './intent.ts';
import type { Scope } from './scope.ts';

/** Something named: a device, a name that is none, or a description of devices. */
export type Item = { device: string } | { unresolved: Unresolved } | { scope: Scope };

/** How many names there are, known or not, each once. */
export function namesIn(items: readonly Item[]): number {
  const names = items.flatMap((item) => {
    if ('device' in item) return item.device;
    return 'scope' in item ? item.scope.members : item.unresolved.text;
  });
  return new Set(names).size;
}

/**
 * The devices that were named, in that order, each once, and what was no device. Beside words that are not
 * understood, such as "except", nobody can tell which devices of a site are meant: then none of them is.
 */
export function resolved(items: readonly Item[], isClear: boolean): { devices: string[]; unresolved: Unresolved[] } {
  const devices = new Set<string>();
  const unresolved = new Map<string, Unresolved>();
  const add = (missing: Unresolved) => unresolved.set(missing.text.toLowerCase(), missing);
  for (const item of items) {
    if ('device' in item) devices.add(item.device);
    else if ('unresolved' in item) add(item.unresolved);
    else {
      const { text, members, suggestions } = item.scope;
      if (isClear) for (const name of members) devices.add(name);
      if (!isClear || members.length === 0) add({ text, suggestions: members.length > 0 ? members : suggestions });
    }
  }
  return { devices: [...devices], unresolved: [...unresolved.values()] };
}
