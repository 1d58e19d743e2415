import { devicePath } from './device-path.ts';
import { instant, perEngine } from './engines.ts';
import { NetconfError, RpcError } from './errors.ts';
import { ask, type OperationOptions, type RpcSession, refusalReason, sendOnce, unanswered } from './operation.ts';
import type { RpcReply } from './reply.ts';
import { capped, spokenText } from './spoken.ts';
import { child, find, findAll, text, type XmlElement, XmlError } from './xml.ts';

export interface DeviceFile {
  /** The engine it is on, where the device names one. */
  engine: string | null;
  /** Absolute. */
  path: string;
  directory: boolean;
  symlinkTarget: string | null;
  sizeBytes: number | null;
  modifiedAt: Date | null;
  owner: string | null;
  /** Octal: `644`. */
  permissions: string | null;
}

/** Files that match a path, or what the device says instead: a missing path is no error to it, only a text. */
export type FileListing = { found: true; files: DeviceFile[] } | { found: false; text: string };

/**
 * What became of a change to the device's files. `done` is proved by looking; `still-there` and `not-created` are what
 * the look found instead of what the device's answer promised.
 */
export type FileOutcome =
  | { outcome: 'done'; text: string; file: DeviceFile | null }
  | {
      outcome: 'refused';
      reason: 'permission' | 'rejected' | 'not-found' | 'already-there' | 'no-space' | 'not-created' | 'still-there';
      text: string;
    }
  | { outcome: 'unknown'; text: string };

/** Packing /var/log takes minutes on a small device with a slow flash. */
export const ARCHIVE_TIMEOUT_MS = 15 * 60_000;

/** Lists a folder or the files of a pattern. Throws `InvalidPath`, `NetconfError`, `RpcError` or `XmlError`. */
export async function listFiles(
  session: RpcSession,
  path: string,
  options: OperationOptions = {},
): Promise<FileListing> {
  const reply = await ask(session, listRequest(devicePath(path, 'pattern')), options);
  return listing(reply);
}

function listRequest(path: string): string {
  return `<file-list><detail/><path>${path}</path></file-list>`;
}

function listing({ root }: RpcReply): FileListing {
  const lists = perEngine(root, 'directory-list');
  const files = lists.flatMap(({ engine, element }) =>
    findAll(element, 'directory').flatMap((directory) => {
      const folder = directory.attributes.name || text(child(directory, 'directory-name'));
      return directory.children
        .filter(({ name }) => name === 'file-information')
        .map((file) => fileIn(engine, folder, file));
    }),
  );
  return lists.length === 0 ? { found: false, text: capped(spokenText(root)) } : { found: true, files };
}

function fileIn(engine: string | null, folder: string, file: XmlElement): DeviceFile {
  const name = text(child(file, 'file-name'));
  return {
    engine,
    path: name.startsWith('/') || folder === '' ? name : `${folder.replace(/\/+$/, '')}/${name}`,
    directory: child(file, 'file-directory') !== undefined,
    symlinkTarget: text(child(file, 'file-symlink-target')) || null,
    sizeBytes: wholeNumber(child(file, 'file-size')),
    // The readable date of `junos:format` has no year; the element itself is epoch seconds.
    modifiedAt: instant(wholeNumber(child(file, 'file-date'))),
    owner: text(child(file, 'file-owner')) || null,
    permissions: text(child(file, 'file-permissions')) || null,
  };
}

function wholeNumber(element: XmlElement | undefined): number | null {
  const value = text(element);
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

export interface Archive {
  /** A path or a pattern: `/var/log/*`. */
  source: string;
  /** The file to make: `/var/tmp/x.tgz`. The end of its name is put on where it lacks, as Junos would. */
  destination: string;
  /** gzip. */
  compress: boolean;
}

/**
 * Packs files of the device into a new one on the device, once, and looks whether it is there. One that is there
 * before is left alone: it could not be told from the new one. Throws `InvalidPath`, and when nothing was sent
 * `NetconfError`, `RpcError` or `XmlError`.
 */
export async function archiveFiles(
  session: RpcSession,
  { source, destination, compress }: Archive,
  options: OperationOptions = {},
): Promise<FileOutcome> {
  const from = devicePath(source, 'pattern');
  const suffix = /\.(?:tgz|tar|tar\.gz)$/.test(destination) ? '' : compress ? '.tgz' : '.tar';
  const to = devicePath(destination + suffix, 'one');
  const before = listing(await ask(session, listRequest(to), options));
  if (before.found && before.files.length > 0) {
    const text = `${destination}${suffix} is there already. Nothing was sent.`;
    return { outcome: 'refused', reason: 'already-there', text };
  }
  const request = `<file-archive>${compress ? '<compress/>' : ''}<source>${from}</source><destination>${to}</destination></file-archive>`;
  const patient = { ...options, timeoutMs: options.timeoutMs ?? ARCHIVE_TIMEOUT_MS };
  return changed(session, request, patient, to, (files, said) => {
    const [file] = files;
    if (NO_SPACE.test(said)) return { outcome: 'refused', reason: 'no-space', text: said };
    if (file && file.sizeBytes !== 0) return { outcome: 'done', text: said, file };
    return { outcome: 'refused', reason: 'not-created', text: said };
  });
}

/**
 * Deletes one file of the device, once, and looks whether it is gone. Throws `InvalidPath`, and `NetconfError` only
 * when nothing was sent.
 */
export async function deleteFile(
  session: RpcSession,
  path: string,
  options: OperationOptions = {},
): Promise<FileOutcome> {
  const one = devicePath(path, 'one');
  return changed(session, `<file-delete><path>${one}</path></file-delete>`, options, one, (files, said) => {
    if (files.length > 0) return { outcome: 'refused', reason: 'still-there', text: said };
    if (NO_SUCH_FILE.test(said)) return { outcome: 'refused', reason: 'not-found', text: said };
    return { outcome: 'done', text: said, file: null };
  });
}

/** tar leaves a part of the archive behind then. */
export const NO_SPACE = /no space left on device|file system (?:is )?full/i;
const NO_SUCH_FILE = /no such file or directory/i;

async function changed(
  session: RpcSession,
  request: string,
  options: OperationOptions,
  path: string,
  judge: (files: DeviceFile[], said: string) => FileOutcome,
): Promise<FileOutcome> {
  const answer = await sendOnce(session, request, options, (reply) => ({
    said: capped(spokenText(reply.root)),
    errors: reply.errors,
  }));
  if ('outcome' in answer) return answer;
  const { said, errors } = answer;
  const reason = refusalReason(errors);
  if (reason) return { outcome: 'refused', reason, text: said };
  try {
    const found = listing(await ask(session, listRequest(path), options));
    // Words beside an error are no promise; only the file itself can say that it was done all the same.
    const outcome = judge(found.found ? found.files : [], said);
    return errors.length > 0 && outcome.outcome === 'done' ? { outcome: 'unknown', text: said } : outcome;
  } catch (error) {
    if (!(error instanceof NetconfError || error instanceof RpcError || error instanceof XmlError)) throw error;
    return { outcome: 'unknown', text: capped(`${said} Looked for afterwards: ${error.message}`) };
  }
}

/** A file's SHA-256 as the device computes it, 64 lower-case hex digits. Throws as `listFiles`. */
export async function sha256(session: RpcSession, path: string, options: OperationOptions = {}): Promise<string> {
  const name = 'get-sha256-checksum-information';
  const request = `<${name}><path>${devicePath(path, 'one')}</path></${name}>`;
  const reply = await ask(session, request, options);
  const { root } = reply;
  const checksum = text(find(root, 'checksum')).toLowerCase();
  if (/^[0-9a-f]{64}$/.test(checksum)) return checksum;
  throw unanswered(session, request, capped(spokenText(root)) || 'the reply holds no SHA-256 checksum', reply);
}

/**
 * A file's content over NETCONF, for devices without SFTP and SCP. All of it is in memory, in base64 first: only for
 * what is small. Throws as `listFiles`; a reply that is not base64 is an `RpcError` too.
 */
export async function getFile(session: RpcSession, path: string, options: OperationOptions = {}): Promise<Buffer> {
  const request = `<file-get><filename>${devicePath(path, 'one')}</filename><encoding>base64</encoding></file-get>`;
  const reply = await ask(session, request, options);
  const { root } = reply;
  const contents = find(root, 'file-contents') ?? find(root, 'file-content');
  if (!contents) throw unanswered(session, request, capped(spokenText(root)) || 'the reply holds no file', reply);
  const encoded = contents.text.replace(/\s+/g, '');
  const isBase64 = encoded.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(encoded);
  if (!isBase64) throw unanswered(session, request, 'the content is not base64', reply);
  return Buffer.from(encoded, 'base64');
}
