import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program some tests need: the path of the first of these names on the PATH, or the reason to skip, which says
 * what to install. With REQUIRE_ALL=1 nothing may be skipped, so that a full run is known to be one: it throws.
 */
export function requireProgram(names: string[], debianPackage: string): { path: string } | { skip: string } {
  for (const name of names) {
    const path = (process.env.PATH ?? '')
      .split(delimiter)
      .map((dir) => join(dir, name))
      .find(isProgram);
    if (path) return { path };
  }
  const reason = `${names.join(' or ')} is not installed: apt-get install ${debianPackage}`;
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return { skip: reason };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
