/** What of a device an entry can mean. */
export interface Subject {
  name: string;
  site: string;
}

const SITE = 'site:';

/** Does an entry mean this device: its name, a pattern of names in which `*` stands for any characters, or `site:NAME`? */
export function meansDevice(entry: string, { name, site }: Subject): boolean {
  const isSite = entry.slice(0, SITE.length).toLowerCase() === SITE;
  if (!isSite) return matches(entry, name);
  // A device that left the inventory belongs to no site, and no entry for sites means it.
  return site !== '' && matches(entry.slice(SITE.length).trim(), site);
}

/**
 * `*` stands for any characters, also none; everything else for itself, in any case. The whole name must match. Goes
 * back to the last `*` only, so that no pattern takes long.
 */
export function matches(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = name.toLowerCase();
  let [at, from] = [0, 0];
  let [star, resume] = [-1, 0];
  while (from < given.length) {
    if (wanted[at] === '*') {
      [star, resume] = [at, from];
      at += 1;
    } else if (wanted[at] === given[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      resume += 1;
      [at, from] = [star + 1, resume];
    } else return false;
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
