import { TransferError } from './errors.ts';

export const BLOCK = 512;
/** Most bytes of the names and attributes that stand before a file. */
const MOST_EXTENDED = 1024 * 1024;

/** A header of ustar, GNU or pax tar. */
export interface TarHeader {
  name: string;
  /** Bytes that follow, without what fills the last block. */
  size: number;
  type: string;
}

export function damaged(what: string, cause?: unknown): TransferError {
  return new TransferError('archive-damaged', `The archive is damaged: ${what}. Collect it again.`, { cause });
}

/** Takes chunks apart by number of bytes. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At most so many bytes, and at least one; null at the end. */
  async some(most: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return null;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** So many bytes, or fewer at the end. */
  async all(bytes: number): Promise<Buffer> {
    const first = await this.some(bytes);
    if (first === null || first.length === bytes) return first ?? Buffer.alloc(0);
    const parts = [first];
    for (let length = first.length; length < bytes; ) {
      const next = await this.some(bytes - length);
      if (next === null) break;
      parts.push(next);
      length += next.length;
    }
    return Buffer.concat(parts);
  }

  /** So many bytes as they come. Throws `archive-damaged` when there are fewer. */
  async *next(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      const chunk = await this.some(left);
      if (chunk === null) throw damaged('it ends in the middle of a file');
      left -= chunk.length;
      yield chunk;
    }
  }
}

/** How many bytes fill the last block of a file. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Reads a block; null when it is none of a tar file, `end` when it is one of the zeros behind the last file. */
export function readHeader(block: Buffer): TarHeader | 'end' | null {
  if (block.length !== BLOCK) return null;
  if (block.every((byte) => byte === 0)) return 'end';
  if (readNumber(block.subarray(148, 156)) !== checksum(block)) return null;
  const size = readNumber(block.subarray(124, 136));
  if (size === null) return null;
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, type: String.fromCharCode(block[156] ?? 0) };
}

/** The header of a plain file, for its owner alone. `name` has at most 100 bytes, `size` is below 8 GiB. */
export function fileHeader(name: string, size: number, modified: Date): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for the name of a file in an archive.`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'utf8');
  for (const [at, value] of [
    [100, '0000600'],
    [108, '0000000'],
    [116, '0000000'],
    [
      136,
      Math.floor(modified.getTime() / 1_000)
        .toString(8)
        .padStart(11, '0'),
    ],
    [156, '0'],
    [257, 'ustar\u000000'],
  ] as const)
    block.write(value, at, 'latin1');
  return withSize(block, size);
}

/** The header with another size, which has to be below 8 GiB. */
export function withSize(block: Buffer, size: number): Buffer {
  const copy = Buffer.from(block);
  copy.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  copy.write(`${checksum(copy).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** The sum of all bytes, with spaces where it stands itself. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

/** Octal digits, or GNU's binary with the first bit set. */
function readNumber(field: Buffer): number | null {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    let value = (field[0] ?? 0) & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = field
    .toString('latin1')
    .replace(/[\0 ]+/g, ' ')
    .trim();
  return /^[0-7]{0,12}$/.test(digits) ? Number.parseInt(digits || '0', 8) : null;
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** What stands before a file because its header has no room for it. */
export interface Extended {
  name?: string;
  size?: number;
}

/** Whether what follows a header of this type is about the next one. Throws `archive-damaged` when there is too much of it. */
export function isExtended({ type, size }: TarHeader): boolean {
  if (!['x', 'g', 'L', 'K', 'X'].includes(type)) return false;
  if (size > MOST_EXTENDED) throw damaged('the name of a file is too long');
  return true;
}

/** Reads the records of pax (`12 path=name\n`) or a long name of GNU tar. */
export function readExtended(type: string, data: Buffer): Extended {
  if (type === 'L') return { name: text(data) };
  if (type !== 'x' && type !== 'X') return {};
  const found: Extended = {};
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.toString('latin1', at, space));
    if (!(length > 0)) break;
    const [key = '', ...value] = data.toString('utf8', space + 1, at + length - 1).split('=');
    if (key === 'path') found.name = value.join('=');
    if (key === 'size') found.size = Number(value.join('='));
    at += length;
  }
  return found;
}
