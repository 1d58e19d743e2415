import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { BLOCK, fileHeader, paddingOf } from '../src/transfer/tar.ts';

/** A file that a device could hand out. */
export interface Archive {
  path: string;
  bytes: number;
  sha256: string;
  /** Bytes of text in it, unpacked to the last; 0 where there is none. */
  textBytes: number;
}

const MODIFIED = new Date('2026-01-23T10:00:00Z');
const LINES = 40_000;
/** What most logs have none of, and some configuration audits have. */
const SECRET_EVERY = 2_000;

/** Bytes that no compression makes smaller, as an archive of compressed files has them. */
export async function writeIncompressible(path: string, bytes: number): Promise<Archive> {
  const hash = createHash('sha256');
  const random = pseudoRandom(1);
  const block = Buffer.alloc(1024 * 1024);
  const file = await open(path, 'w');
  for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(random(), at);
  for (let written = 0; written < bytes; written += block.length) {
    block.writeUInt32LE(written / block.length, 0);
    hash.update(block);
    await write(file, block);
  }
  await file.close();
  return { path, bytes, sha256: hash.digest('hex'), textBytes: 0 };
}

/** /var/log as Junos packs it: some 4 MB for each file, every second one of them rotated and compressed. */
export async function writeLogs(path: string, files: number): Promise<Archive> {
  const hash = createHash('sha256');
  let [bytes, textBytes] = [0, 0];
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  async function* tar() {
    for (let n = 0; n < files; n += 1) {
      // Half of the rotated files have no secret in them, and stay as they are.
      const text = logText(n, n % 4 !== 3);
      textBytes += text.length;
      const isRotated = n % 2 === 1;
      const content = isRotated ? gzipSync(text) : text;
      yield fileHeader(`var/log/messages.${n}${isRotated ? '.gz' : ''}`, content.length, MODIFIED);
      yield content;
      yield Buffer.alloc(paddingOf(content.length));
    }
    yield Buffer.alloc(2 * BLOCK);
  }
  await pipeline(Readable.from(tar(), { objectMode: false }), createGzip(), counted, createWriteStream(path));
  return { path, bytes, sha256: hash.digest('hex'), textBytes };
}

/** Lines of syslog, each another one; the same for the same number. */
export function logText(seed: number, hasSecrets = true): Buffer {
  const random = pseudoRandom(seed + 1);
  const below = (most: number) => random() % most;
  const address = () => `10.${below(8)}.${below(256)}.${below(256)}`;
  const two = (most: number) => String(below(most)).padStart(2, '0');
  const lines: (() => string)[] = [
    () =>
      `rpd[${2_000 + below(40)}]: bgp_recv: peer ${address()} (External AS ${64_512 + below(500)}): received NOTIFICATION`,
    () =>
      `mib2d[1871]: SNMP_TRAP_LINK_DOWN: ifIndex ${below(600)}, ifAdminStatus up(1), ifName ge-0/0/${below(48)}.${below(100)}`,
    () =>
      `RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: ${address()}/${below(65_536)}->${address()}/443 junos-https ${address()}/${below(65_536)} None 6 trust-to-untrust trust untrust ${below(4_000_000)} ${below(200)}(${below(90_000)}) ${below(200)}(${below(900_000)}) ${below(600)}`,
    () => `sshd[${below(90_000)}]: Accepted publickey for netops from ${address()} port ${below(65_536)} ssh2`,
    () =>
      `mgd[${below(90_000)}]: UI_CMDLINE_READ_LINE: User 'netops', command 'show interfaces terse ge-0/0/${below(48)} '`,
    () => `kernel: ge-0/0/${below(48)}: link UP ${below(100_000)} Full duplex, ${below(4_000_000)} frames`,
    () =>
      `chassisd[1822]: CHASSISD_FRU_EVENT: fan_tray ${below(4)} rpm ${3_000 + below(900)} temperature ${20 + below(40)}`,
  ];
  const text = Array.from({ length: LINES }, (_, n) => {
    const isSecret = hasSecrets && n % SECRET_EVERY === 0;
    const said = isSecret
      ? `mgd[4711]: UI_CFG_AUDIT_SET_SECRET: User 'netops' set: [system login user u${n} authentication encrypted-password] "$6$${below(1e9)}abcdefgh$${below(1e9)}XYZ"`
      : lines[below(lines.length)]?.();
    return `Jan 2${below(10)} ${two(24)}:${two(60)}:${two(60)}  hq-fw01 ${said}\n`;
  });
  return Buffer.from(text.join(''), 'latin1');
}

/** xorshift32: cheap, and the same on every machine. */
function pseudoRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

async function write(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}
