import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { knownHostsLine, knownKeyTypes, lookUpHostKey } from '../../src/netconf/known-hosts.ts';
import { type DestinationSettings, destinationOf } from '../../src/transfer/destination.ts';
import { TransferError, type TransferErrorCode } from '../../src/transfer/errors.ts';
import type { HostKeys } from '../../src/transfer/host-keys.ts';
import type { Destination, PutOptions } from '../../src/transfer/put.ts';
import type { Limits } from '../../src/transfer/wait.ts';
import { type Certificate, makeCertificates } from '../fakes/certificates.ts';
import { FTP_PASSWORD, ftpMissing, startProftpd, startVsftpd } from '../fakes/ftp.ts';
import { sftpMissing, startSftp } from '../fakes/sftp.ts';

export function hostKeys(text: string): HostKeys {
  return {
    lookUp: (host, port, key) => lookUpHostKey(text, host, port, key),
    types: (host, port) => knownKeyTypes(text, host, port),
    line: knownHostsLine,
  };
}

/** A destination of loopback, with the password that is given. */
export function destinationAt(
  server: string | null,
  {
    user = 'anonymous',
    password = FTP_PASSWORD,
    limits,
    ...settings
  }: Partial<DestinationSettings> & {
    user?: string;
    password?: string;
    limits?: Limits;
  } = {},
): Destination {
  const all = { localFolder: '/nonexistent', hostKeys: hostKeys(''), ...settings, server };
  return destinationOf(all, { find: async () => ({ user, password }) }, limits);
}

export interface Rig {
  destination: Destination;
  /** The folder in which files arrive. */
  folder: string;
  stop(): Promise<void>;
}

/** Folders of temporary certificates, one for all rigs of a process. */
let made: { dir: string; certificates: ReturnType<typeof makeCertificates> } | undefined;
export function certificates() {
  if (!made) {
    const dir = mkdtempSync(join(tmpdir(), 'certificates-'));
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    made = { dir, certificates: makeCertificates(dir) };
  }
  return made.certificates;
}

export const SCHEMES = { none: 'ftp', explicit: 'ftpes', implicit: 'ftps' } as const;

async function ftpRig(start: typeof startVsftpd, tls: 'none' | 'explicit' | 'implicit'): Promise<Rig> {
  const certificate: { certificate: Certificate } | object = tls === 'none' ? {} : { certificate: certificates().good };
  const server = await start({ tls, ...certificate });
  const destination = destinationAt(`${SCHEMES[tls]}://127.0.0.1:${server.port}/support`, {
    user: server.user,
    directory: 'junos/hq fw',
    ca: tls === 'none' ? undefined : certificates().ca,
  });
  return { destination, folder: join(server.root, 'support/junos/hq fw'), stop: server.stop };
}

/** Every kind of destination, with the reason why it cannot be tried here. */
export const RIGS: [name: string, skip: string | false, start: () => Promise<Rig>][] = [
  [
    'a local folder',
    false,
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'local-'));
      const folder = join(dir, 'junos/hq fw');
      const stop = async () => rmSync(dir, { recursive: true });
      return { destination: destinationAt(null, { localFolder: folder }), folder, stop };
    },
  ],
  ...(['vsftpd', 'proftpd'] as const).flatMap((program) =>
    (['none', 'explicit', 'implicit'] as const).map((tls): (typeof RIGS)[number] => [
      `${program}, TLS ${tls}`,
      ftpMissing(program) ?? false,
      () => ftpRig(program === 'vsftpd' ? startVsftpd : startProftpd, tls),
    ]),
  ),
  [
    'OpenSSH',
    sftpMissing() ?? false,
    async () => {
      const { port, user, password, knownHosts, root, stop } = await startSftp();
      const settings = { user, password, hostKeys: hostKeys(knownHosts), directory: 'junos/hq fw' };
      const destination = destinationAt(`sftp://127.0.0.1:${port}${root}/support`, settings);
      return { destination, folder: join(root, 'support/junos/hq fw'), stop };
    },
  ],
];

export const CONTENT = Buffer.alloc(3_000_000, 'a line of a log, and its end\r\n');

/** A stream of pieces of that content, as something that arrives does. */
export function stream(content: Buffer = CONTENT, piece = 50_000): Readable {
  return Readable.from(pieces(content, piece), { objectMode: false });
}

function* pieces(content: Buffer, piece: number) {
  for (let at = 0; at < content.length; at += piece) yield content.subarray(at, at + piece);
}

/** Content that never ends by itself: what is tried has to happen before. */
export function endless(): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(50_000, 'x'));
    },
  });
}

/** Content that says so many bytes and then nothing. */
export function silent(bytes: number): Readable {
  const content = new Readable({ read() {} });
  if (bytes > 0) content.push(Buffer.alloc(bytes, 'x'));
  return content;
}

export function options(more: Partial<PutOptions> = {}): PutOptions {
  return { bytes: null, signal: new AbortController().signal, ...more };
}

/** Everything in a folder, however it begins; none when it is not there. */
export function left(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Asserts that a promise fails with a code and a sentence, and that no password is in it. Returns the error. */
export async function failsWith(
  promise: Promise<unknown>,
  code: TransferErrorCode,
  sentence: RegExp,
): Promise<TransferError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransferError, String(error));
  assert.equal(error.code, code, `${error.message} ${String(error.cause)}`);
  assert.match(error.message, sentence);
  assert.doesNotMatch(error.message, new RegExp(FTP_PASSWORD));
  return error;
}
