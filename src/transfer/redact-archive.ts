import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { type SecretCounts, TextRedactor } from './redact-text.ts';
import { Spool } from './spool.ts';
import {
  BLOCK,
  ByteReader,
  damaged,
  type Extended,
  fileHeader,
  isExtended,
  paddingOf,
  readExtended,
  readHeader,
  type TarHeader,
  withSize,
} from './tar.ts';

export interface RedactionReport {
  counts: SecretCounts;
  /** Files that are in the archive as they were, because what is in them cannot be read, and why not. */
  notLookedInto: { name: string; reason: string }[];
  /** Compressed files that were damaged: what could be read of them is in the archive, without its secrets. */
  damaged: string[];
}

export interface RedactedArchive {
  /** The archive, compressed again. It fails with `archive-damaged`, or with what the source failed with. */
  stream: Readable;
  /** Complete when the stream has ended. */
  report: RedactionReport;
  /** Nothing of it is on the disk any more; some moments after the stream was closed before its end. */
  closed: Promise<unknown>;
}

/** An archive in an archive in an archive is the last that is looked into. */
const DEEPEST = 3;
/** What one compressed file may become. Logs are rotated at megabytes; what is larger was made to be. */
const MOST_UNPACKED = 4 * 1024 ** 3;
/** How much of a file decides about what it is. */
const SNIFFED = 4096;
const CHUNK = { chunkSize: 128 * 1024 };
/** An error of a stream throws away what nobody has read of it yet. */
const NOTHING_AHEAD = { readableHighWaterMark: 1 };
/** A tenth larger than what the device has made, at twice the speed of zlib's usual level. */
const PACKING = { level: 3, ...CHUNK };

/** A file that is put behind those of an archive. */
export interface AddedFile {
  name: string;
  bytes: number;
  read(): AsyncIterable<Buffer>;
}

export interface RepackOptions {
  spoolFolder: string;
  /** False: its files stay as they are. True when not given. */
  redact?: boolean;
  /** Put behind its own files; asked for when those have gone by. Text is redacted like theirs. */
  add?: () => Promise<AddedFile[]> | AddedFile[];
}

/**
 * Makes the secrets in the text files of a .tgz unreadable, while it streams. Text keeps its length, so that everything
 * else of the archive stays as it is, byte for byte. Compressed files in it, such as rotated logs, are looked into
 * through a file in `spoolFolder`: only those that have a secret in them are written again, and their headers with
 * them. Binary files are left alone.
 */
export function redactArchive(
  source: Readable,
  { spoolFolder, redact = true, add = () => [] }: RepackOptions,
): RedactedArchive {
  const report: RedactionReport = { counts: {}, notLookedInto: [], damaged: [] };
  const work: Work = { report, spoolFolder, redact, add, depth: 1, name: '' };
  const packed = createGzip(PACKING);
  const archive = redactTar(new ByteReader(unpacked(source)), work);
  const pieces = Readable.from(archive, { objectMode: true });
  // It is closed when the generator has come to its own end.
  const closed = new Promise((resolve) => pieces.once('close', resolve));
  pipeline(pieces, packed, () => {});
  // What waits for the source would wait for ever when nobody wants the archive any more.
  packed.once('close', () => source.destroy());
  return { stream: packed, report, closed };
}

interface Work {
  report: RedactionReport;
  spoolFolder: string;
  redact: boolean;
  add: () => Promise<AddedFile[]> | AddedFile[];
  depth: number;
  /** The file that is looked into, with the archives around it. */
  name: string;
}

/** A cut or corrupt archive is an error here: its end must not look like one. */
async function* unpacked(source: Readable): AsyncGenerator<Buffer> {
  const gunzip = createGunzip(CHUNK);
  pipeline(source, gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    throw isDamage(error) ? damaged('it cannot be unpacked to its end', error) : error;
  } finally {
    source.destroy();
  }
}

/** What zlib and the tar reader say of bytes that are not what they should be. */
function isDamage(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return code.startsWith('Z_') || code === 'archive-damaged';
}

async function* redactTar(reader: ByteReader, work: Work): AsyncGenerator<Buffer> {
  let extended: Extended = {};
  for (;;) {
    const block = await reader.all(BLOCK);
    if (block.length === 0) throw damaged('it has no end');
    const header = readHeader(block);
    if (header === null) throw damaged('it holds something that is no file');
    if (header === 'end') {
      if (work.depth === 1) yield* added(work);
      yield block;
      for (let rest = await reader.some(BLOCK); rest !== null; rest = await reader.some(1 << 16)) yield rest;
      return;
    }
    if (isExtended(header)) {
      const data = await reader.all(header.size + paddingOf(header.size));
      extended = { ...extended, ...readExtended(header.type, data.subarray(0, header.size)) };
      yield block;
      yield data;
      continue;
    }
    yield* redactEntry(reader, block, header, extended, work);
    extended = {};
  }
}

async function* added(work: Work): AsyncGenerator<Buffer> {
  for (const { name, bytes, read } of await work.add()) {
    yield fileHeader(name, bytes, new Date());
    const reader = new ByteReader(read());
    const first = await reader.all(Math.min(bytes, SNIFFED));
    yield* redactContent(first, joined(first, reader.next(bytes - first.length)), { ...work, name });
    yield Buffer.alloc(paddingOf(bytes));
  }
}

async function* redactEntry(
  reader: ByteReader,
  block: Buffer,
  header: TarHeader,
  extended: Extended,
  outer: Work,
): AsyncGenerator<Buffer> {
  const size = extended.size ?? header.size;
  // Links, devices and folders have no bytes, whatever their size says.
  const hasBytes = !'123456'.includes(header.type) && Number.isSafeInteger(size) && size > 0;
  const own = extended.name ?? header.name;
  const work = { ...outer, name: outer.name === '' ? own : `${outer.name}: ${own}` };
  if (!hasBytes) {
    yield block;
    return;
  }
  // GNU's old way to write files with holes: blocks with the list of the holes stand between header and content.
  const holes: Buffer[] = [];
  for (let last = header.type === 'S' ? block[482] : 0; last; last = holes.at(-1)?.[504]) {
    holes.push(await reader.all(BLOCK));
  }
  const first = await reader.all(Math.min(size, SNIFFED));
  if (first.length < Math.min(size, SNIFFED)) throw damaged('it ends in the middle of a file');
  const body = joined(first, reader.next(size - first.length));
  const padding = async function* () {
    yield* reader.next(paddingOf(size));
  };
  // A new size would have to be written into what stands before the header too.
  const isPacked =
    work.redact &&
    kindOf(first) === 'gzip' &&
    work.depth < DEEPEST &&
    extended.size === undefined &&
    header.type !== 'S';
  if (isPacked) {
    yield* redactPacked(body, block, work);
    for await (const _ of padding());
    return;
  }
  yield block;
  yield* holes;
  yield* redactContent(first, body, work);
  yield* padding();
}

/** By what a file is: text without its secrets, everything else as it is. */
async function* redactContent(first: Buffer, body: AsyncIterable<Buffer>, work: Work): AsyncGenerator<Buffer> {
  if (!work.redact) {
    yield* body;
    return;
  }
  const kind = kindOf(first);
  if (kind === 'text') {
    const redactor = new TextRedactor(work.report.counts);
    for await (const chunk of body) yield* redactor.push(chunk);
    yield* redactor.end();
    return;
  }
  if (kind !== 'binary') work.report.notLookedInto.push({ name: work.name, reason: `compressed (${kind})` });
  yield* body;
}

/** A gzip file of the archive: header, bytes, and what fills the last block. */
async function* redactPacked(body: AsyncIterable<Buffer>, block: Buffer, work: Work): AsyncGenerator<Buffer> {
  const original = await Spool.open(work.spoolFolder);
  const changed = await Spool.open(work.spoolFolder);
  try {
    await original.write(body);
    const look: Look = { report: { counts: {}, notLookedInto: [], damaged: [] }, end: 'whole' };
    const packed = createGzip(PACKING);
    pipeline(Readable.from(changedContent(original, work, look), { objectMode: true }), packed, () => {});
    await changed.write(packed);
    const { report, end } = look;
    work.report.notLookedInto.push(...report.notLookedInto);
    if (end === 'too-large') {
      const reason = `unpacks to more than ${MOST_UNPACKED} bytes`;
      work.report.notLookedInto.push({ name: work.name, reason });
    }
    const isChanged = end !== 'too-large' && differs(look);
    if (isChanged) {
      for (const [kind, count] of Object.entries(report.counts) as [keyof SecretCounts, number][]) {
        work.report.counts[kind] = (work.report.counts[kind] ?? 0) + count;
      }
      work.report.damaged.push(...report.damaged, ...(end === 'damaged' ? [work.name] : []));
    }
    const spool = isChanged ? changed : original;
    yield withSize(block, spool.bytes);
    yield* spool.read();
    yield Buffer.alloc(paddingOf(spool.bytes));
  } finally {
    await original.close();
    await changed.close();
  }
}

/** What was found in a gzip file so far, and how it ended. */
interface Look {
  report: RedactionReport;
  end: 'whole' | 'damaged' | 'too-large';
}

/** Whether what comes out of the file is no longer what is in it. */
function differs({ report, end }: Look): boolean {
  return end === 'damaged' || report.damaged.length > 0 || Object.keys(report.counts).length > 0;
}

/**
 * The content of a gzip file as it should be; nothing when it is so already. Only what stands before its first
 * difference is unpacked twice: until there nobody knew that it would be needed.
 */
async function* changedContent(original: Spool, work: Work, look: Look): AsyncGenerator<Buffer> {
  let same = 0;
  let isBegun = false;
  const begin = () => {
    isBegun = true;
    return beginning(original, same);
  };
  for await (const chunk of redactUnpacked(original, work, look)) {
    if (!isBegun && differs(look)) yield* begin();
    if (isBegun) yield chunk;
    else same += chunk.length;
  }
  if (!isBegun && differs(look)) yield* begin();
}

async function* beginning(original: Spool, bytes: number): AsyncGenerator<Buffer> {
  if (bytes === 0) return;
  let left = bytes;
  for await (const chunk of gunzipped(original)) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

/** The content of a gzip file without its secrets; what is damaged ends where it cannot be read any more. */
async function* redactUnpacked(original: Spool, work: Work, look: Look): AsyncGenerator<Buffer> {
  const own = { ...work, report: look.report };
  const limited = async function* () {
    let total = 0;
    for await (const chunk of gunzipped(original)) {
      total += chunk.length;
      if (total > MOST_UNPACKED) {
        look.end = 'too-large';
        return;
      }
      yield chunk;
    }
  };
  try {
    const reader = new ByteReader(limited());
    const first = await reader.all(SNIFFED);
    const rest = async function* () {
      for (let chunk = await reader.some(1 << 17); chunk !== null; chunk = await reader.some(1 << 17)) yield chunk;
    };
    const isArchive = first.length >= BLOCK && readHeader(first.subarray(0, BLOCK)) !== null && first[0] !== 0;
    if (isArchive) yield* redactTar(new ByteReader(joined(first, rest())), { ...own, depth: work.depth + 1 });
    else yield* redactContent(first, joined(first, rest()), own);
  } catch (error) {
    if (!isDamage(error)) throw error;
    if (look.end === 'whole') look.end = 'damaged';
  }
}

/** The same bytes each time, up to where a damaged file cannot be read any more: nothing is read ahead and then lost. */
async function* gunzipped(original: Spool): AsyncGenerator<Buffer> {
  // A file that was being written when it was archived ends early: what there is of it is looked at.
  const gunzip = createGunzip({ ...CHUNK, finishFlush: constants.Z_SYNC_FLUSH, ...NOTHING_AHEAD });
  pipeline(Readable.from(original.read(), { objectMode: true }), gunzip, () => {});
  yield* gunzip as AsyncIterable<Buffer>;
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

const PACKED: readonly [name: 'gzip' | 'bzip2' | 'xz' | 'zip' | 'zstd', magic: string][] = [
  ['gzip', '\x1f\x8b\x08'],
  ['bzip2', 'BZh'],
  ['xz', '\xfd7zXZ\0'],
  ['zip', 'PK\x03\x04'],
  ['zstd', '\x28\xb5\x2f\xfd'],
];

/** A log can have a run of zeros in it where the device crashed; a tenth of control characters is no text. */
function kindOf(first: Buffer): 'text' | 'binary' | (typeof PACKED)[number][0] {
  const start = first.toString('latin1', 0, 8);
  const packed = PACKED.find(([, magic]) => start.startsWith(magic));
  if (packed) return packed[0];
  let controls = 0;
  for (const byte of first) if (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) controls++;
  return controls * 10 > first.length ? 'binary' : 'text';
}
