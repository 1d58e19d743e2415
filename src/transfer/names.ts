import { TransferError } from './errors.ts';

/** Most bytes of a name: with the ends of a partial file it stays below the 255 that file systems allow. */
const MOST_BYTES = 200;

/** C0 and C1 controls, and the separators some programs take for a line's end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}

/** Throws `bad-name` for what is not the plain name of a file: FTP commands end at a line's end, paths at a slash. */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem === null) return;
  const shown = [...name.slice(0, 80)].map((letter) => (hasControl(letter) ? '?' : letter)).join('');
  throw new TransferError('bad-name', `"${shown}" cannot be the name of a file: it ${problem}. Nothing was sent.`);
}

/** What is wrong with a name, so that `it ...` is a sentence, or null. */
export function nameProblem(name: string): string | null {
  if (name === '') return 'is empty';
  if (hasControl(name)) return 'holds control characters';
  if (/[/\\]/.test(name)) return 'holds a slash';
  if (name === '.' || name === '..') return 'stands for a directory';
  if (name.trim() !== name) return 'begins or ends with a space';
  if (name.startsWith('-') || name.startsWith('~')) return `begins with ${name[0]}`;
  if (Buffer.byteLength(name) > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  return null;
}

/** The name under which a file is written until it is whole. `random` is 16 hex digits. */
export function partName(name: string, random: string): string {
  return `.${name}.part-${random}`;
}

/** The names this program gives to what it collects: the original's, and those of its extensive mode. */
const OWN = /^(?:RSI-Support-.+\.txt|Support-.+\.(?:tgz|txt))$/;
const OWN_PART = /^\.(?<name>.+)\.part-[0-9a-f]{16}$/;

export function isOwnName(name: string): boolean {
  return OWN.test(name);
}

export function isOwnPart(name: string): boolean {
  const whole = OWN_PART.exec(name)?.groups?.name;
  return whole !== undefined && isOwnName(whole);
}

/** Throws `bad-name` for what is not the name of a partial file of this program. */
export function checkPart(name: string): void {
  const whole = OWN_PART.exec(name)?.groups?.name ?? '';
  if (isOwnName(whole) && nameProblem(whole) === null) return;
  throw new TransferError('bad-name', 'What is to be removed is no partial file of this program. Nothing was removed.');
}
