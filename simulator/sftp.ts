import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';
import type { Device } from './device.ts';
import { CUT_AFTER_MS } from './faults.ts';
import { type Listing, resolvePath } from './file-system.ts';
import { homeOf, may, type User } from './users.ts';

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
const FOLDER_MODE = 0o040_755;
const FILE_MODE = 0o100_644;
/** The most that one answer carries; OpenSSH's server has the same limit. */
const MAX_READ = 256 * 1024;

type Handle = { data: Buffer; path: string } | { entries: Listing[] };

/** SFTP version 3 (draft-ietf-secsh-filexfer-02) for reading: open, read, stat, list, remove, realpath. */
export function serveSftp(sftp: SFTPWrapper, device: Device, user: User, cut: () => void): void {
  const handles = new Map<number, Handle>();
  let lastHandle = 0;
  let isCutting = false;
  let endOfCut = 0;
  const absolute = (path: string) => resolvePath(path, homeOf(user));
  const handleOf = (handle: Buffer) => (handle.length === 4 ? handles.get(handle.readUInt32BE(0)) : undefined);
  const open = (id: number, handle: Handle) => {
    const name = Buffer.alloc(4);
    name.writeUInt32BE(++lastHandle, 0);
    handles.set(lastHandle, handle);
    sftp.handle(id, name);
  };
  const isDenied = !may(user, 'maintenance');

  // OpenSSH's clients wait for the server to hang up after their end of input, and scp for how it went.
  sftp.on('end', () => {
    exitWell(sftp);
    sftp.end();
  });
  sftp.on('OPEN', (id, path, flags) => {
    const file = device.files.read(absolute(path));
    const isForbidden = isDenied || device.unreadable.has(absolute(path));
    if (isForbidden || flags & (OPEN_MODE.WRITE | OPEN_MODE.CREAT)) sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    else if (!file) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    else open(id, { data: file.data, path: absolute(path) });
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const opened = handleOf(handle);
    if (!opened || !('data' in opened)) return sftp.status(id, STATUS_CODE.FAILURE);
    if (offset >= opened.data.length) return sftp.status(id, STATUS_CODE.EOF);
    if (device.silentTransfer) return;
    const cutAt = device.transferEnd(opened.data.length);
    const wanted = offset + Math.min(length, MAX_READ);
    const end = isCutting ? endOfCut : Math.min(cutAt ?? wanted, opened.data.length);
    if (!isCutting && cutAt !== undefined && wanted > cutAt) {
      // Once, however many reads are under way; what is before it still comes.
      isCutting = true;
      endOfCut = cutAt;
      device.countTransferCut();
      setTimeout(cut, CUT_AFTER_MS);
    }
    if (offset < end) sftp.data(id, opened.data.subarray(offset, Math.min(wanted, end)));
  });
  sftp.on('OPENDIR', (id, path) => {
    const entries = device.files.list(absolute(path));
    if (entries) open(id, { entries });
    else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
  });
  sftp.on('READDIR', (id, handle) => {
    const opened = handleOf(handle);
    if (!opened || !('entries' in opened)) return sftp.status(id, STATUS_CODE.FAILURE);
    const entries = opened.entries.splice(0);
    if (entries.length === 0) return sftp.status(id, STATUS_CODE.EOF);
    sftp.name(
      id,
      entries.map((entry) => ({ filename: entry.name, longname: longName(entry), attrs: attributes(entry) })),
    );
  });
  const stat = (id: number, path: string) => {
    const entry = device.files.stat(absolute(path));
    if (entry) sftp.attrs(id, attributes(entry));
    else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
  };
  sftp.on('STAT', stat);
  sftp.on('LSTAT', stat);
  sftp.on('FSTAT', (id, handle) => {
    const opened = handleOf(handle);
    if (opened && 'path' in opened) stat(id, opened.path);
    else sftp.status(id, STATUS_CODE.FAILURE);
  });
  sftp.on('CLOSE', (id, handle) => {
    const known = handle.length === 4 && handles.delete(handle.readUInt32BE(0));
    sftp.status(id, known ? STATUS_CODE.OK : STATUS_CODE.FAILURE);
  });
  sftp.on('REMOVE', (id, path) => {
    if (isDenied) return sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    sftp.status(id, device.files.remove(absolute(path)) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE);
  });
  sftp.on('REALPATH', (id, path) => {
    const filename = absolute(path);
    sftp.name(id, [{ filename, longname: filename, attrs: NO_ATTRIBUTES }]);
  });
}

/** ssh2's SFTP channel has no exit() as others have: the status is sent by the protocol below it. */
function exitWell(sftp: SFTPWrapper): void {
  const inner = sftp as unknown as {
    _protocol?: { exitStatus?(channel: number, code: number): void };
    outgoing?: { id: number };
  };
  if (inner.outgoing) inner._protocol?.exitStatus?.(inner.outgoing.id, 0);
}

const NO_ATTRIBUTES: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

function attributes({ isFolder, size, modifiedAt }: Listing): Attributes {
  const seconds = Math.floor(modifiedAt.getTime() / 1000);
  return { mode: isFolder ? FOLDER_MODE : FILE_MODE, uid: 0, gid: 0, size, atime: seconds, mtime: seconds };
}

/** What `ls -l` would print: the only thing some clients show. */
function longName({ name, isFolder, owner, size }: Listing): string {
  return `${isFolder ? 'drwxr-xr-x' : '-rw-r--r--'} 1 ${owner} wheel ${size} Jan  1 00:00 ${name}`;
}
