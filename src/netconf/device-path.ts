import { AssistantError } from '../errors.ts';
import { escapeXml } from './xml.ts';

/** A path that must not be sent to a device. */
export class InvalidPath extends AssistantError {
  constructor(path: string, fact: string) {
    super('invalid-path', `The path ${JSON.stringify(path.slice(0, 200))} ${fact}. Nothing was sent.`);
    this.name = 'InvalidPath';
  }
}

/** `re1:/var/tmp/x`, `node1:…`, `fpc1:…`: how Junos names a file of another engine. */
const ON_ENGINE = /^(?:re|node|fpc)\d{1,2}:(?=\/)/;

/** FreeBSD's and Linux' PATH_MAX. */
const MAX_LENGTH = 1_024;

/**
 * A path ready for XML. It is absolute, perhaps on another engine, because Junos takes others from the user's home, and holds no control
 * characters and no `..`. `one`: no wildcards either, which Junos expands. Throws `InvalidPath`.
 */
export function devicePath(path: string, kind: 'one' | 'pattern'): string {
  if (!path.replace(ON_ENGINE, '').startsWith('/')) throw new InvalidPath(path, 'is not absolute');
  if (path.length > MAX_LENGTH) throw new InvalidPath(path, `is longer than ${MAX_LENGTH} characters`);
  if (/\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}/u.test(path)) throw new InvalidPath(path, 'contains control characters');
  if (path.split('/').includes('..')) throw new InvalidPath(path, 'contains ..');
  if (kind === 'one' && /[*?[\]{}]/.test(path))
    throw new InvalidPath(path, 'contains wildcards, but one file is meant');
  return escapeXml(path);
}

/** What a shell and the CLI read as it stands. */
const PLAIN = /^[\w./:+-]+$/;

/** The path of one file, fit to be typed at a prompt. Throws `InvalidPath`. */
export function plainPath(path: string): string {
  devicePath(path, 'one');
  if (!PLAIN.test(path)) throw new InvalidPath(path, 'contains characters that a shell would read otherwise');
  return path;
}
