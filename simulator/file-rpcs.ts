import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { child, escapeXml, text, type XmlElement } from '../src/netconf/xml.ts';
import { epoch, syslogTime } from './clock.ts';
import type { Device } from './device.ts';
import { type Listing, resolvePath } from './file-system.ts';
import { output, permissionDenied, rpcError } from './replies.ts';
import { tar } from './tar.ts';
import { homeOf, type User } from './users.ts';

const NO_ENGINE = 'could not connect';
const NO_FILE = 'No such file or directory';

/** `node1:/var/tmp/x`: a file of another engine. */
const ON_ENGINE = /^(re\d|node\d|fpc\d|member\d):(?=\/)/;

/** The device as seen from the engine that a path begins with, and the path there; undefined when it is not up. */
function located(device: Device, path: string): { device: Device; path: string } | undefined {
  const name = ON_ENGINE.exec(path)?.[1]?.replace('member', 'fpc');
  if (name === undefined) return { device, path };
  const engine = device.running.find((each) => each.name === name);
  return engine && { device: device.seenFrom(engine), path: path.replace(ON_ENGINE, '') };
}

function pathOf(operation: XmlElement, name: string, user: User): string | undefined {
  const value = text(child(operation, name));
  if (value === '') return undefined;
  return ON_ENGINE.test(value) ? value : resolvePath(value, homeOf(user));
}

const missing = (name: string) => rpcError(`missing mandatory argument: ${name}`, name);

/** A missing path is a text, not an error. */
export function fileList(device: Device, operation: XmlElement, user: User): string {
  const asked = pathOf(operation, 'path', user) ?? homeOf(user);
  const there = located(device, asked);
  if (!there) return output(`${asked}: ${NO_ENGINE}`);
  return listed(there.device, there.path, operation);
}

function listed(device: Device, path: string, operation: XmlElement): string {
  const isVerbose = child(operation, 'detail') !== undefined;
  const entry = device.files.stat(path);
  const matched = entry ? [] : device.files.match(path);
  if (!entry && matched.length === 0) return output(`${path}: ${NO_FILE}`);
  const folder = device.files.list(path);
  const shown = folder ?? (entry ? [path] : matched).flatMap((each) => device.files.stat(each) ?? []);
  const named = folder ? shown : shown.map((each, index) => ({ ...each, name: entry ? path : (matched[index] ?? '') }));
  const rows = named.map((each) => fileInformation(device, each, isVerbose));
  const root = folder ? `${path === '/' ? '' : path}/` : path;
  const heading = folder
    ? `<directory-name>${escapeXml(root)}</directory-name>\n<total-file-blocks>${rows.length * 8}</total-file-blocks>\n`
    : '';
  return `<directory-list root-path="${escapeXml(root)}" junos:seconds="${epoch(device.clock(device.now()))}" junos:style="${isVerbose ? 'verbose' : 'brief'}">
<directory name="${folder ? escapeXml(root) : ''}">
${heading}${rows.join('\n')}
<total-files>${named.filter((each) => !each.isFolder).length}</total-files>
</directory>
</directory-list>`;
}

function fileInformation(device: Device, entry: Listing, isVerbose: boolean): string {
  const { name, isFolder, owner, size } = entry;
  const modifiedAt = device.clock(entry.modifiedAt);
  const details = isVerbose
    ? `
<file-permissions junos:format="${isFolder ? 'drwxr-xr-x' : '-rw-r--r--'}">${isFolder ? 755 : 644}</file-permissions>
<file-owner>${escapeXml(owner)}</file-owner>
<file-group>wheel</file-group>
<file-links>1</file-links>
<file-size>${size}</file-size>
<file-date junos:format="${syslogTime(modifiedAt, device.zone).slice(0, -3)}">${epoch(modifiedAt)}</file-date>`
    : '';
  return `<file-information>
<file-name>${escapeXml(name)}</file-name>${isFolder ? '\n<file-directory junos:format="/"/>' : ''}${details}
</file-information>`;
}

export function fileDelete(device: Device, operation: XmlElement, user: User): string {
  const asked = pathOf(operation, 'path', user);
  if (asked === undefined) return missing('path');
  const there = located(device, asked);
  return there ? deleted(there.device, there.path) : output(`rm: ${asked}: ${NO_ENGINE}`);
}

/** From one engine to another, or on one. */
export function fileCopy(device: Device, operation: XmlElement, user: User): string {
  const source = pathOf(operation, 'source', user);
  const destination = pathOf(operation, 'destination', user);
  if (source === undefined || destination === undefined) return missing(source ? 'destination' : 'source');
  const from = located(device, source);
  const to = located(device, destination);
  if (!from || !to) return output(`error: ${NO_ENGINE}`);
  const file = from.device.files.read(from.path);
  if (!file) return output(`error: ${source}: ${NO_FILE}`);
  const problem = to.device.files.write(to.path, file.data, user.name, device.now());
  return problem === null ? '' : output(`error: ${destination}: ${problem}`);
}

function deleted(device: Device, path: string): string {
  const named = device.files.match(path).filter((each) => !device.files.isFolder(path) || each === path);
  const stuck = named.find((each) => device.undeletable.has(each));
  if (stuck !== undefined) return output(`rm: ${stuck}: Operation not permitted`);
  for (const each of named) device.files.remove(each);
  return named.length > 0 ? '' : output(`rm: ${path}: ${NO_FILE}`);
}

/** tar adds what the name lacks: `.tar`, or `.tgz` when it compresses. An archive that was made is an empty reply. */
export function fileArchive(device: Device, operation: XmlElement, user: User): string {
  const source = pathOf(operation, 'source', user);
  const destination = pathOf(operation, 'destination', user);
  if (source === undefined || destination === undefined) return missing(source ? 'destination' : 'source');
  const paths = device.files.match(source).filter((path) => path !== destination);
  if (paths.length === 0) return output(`tar: ${source.slice(1)}: Cannot stat: ${NO_FILE}`);
  const isCompressed = child(operation, 'compress') !== undefined;
  const suffix = isCompressed ? '.tgz' : '.tar';
  const target = /\.(?:tgz|tar|tar\.gz)$/.test(destination) ? destination : `${destination}${suffix}`;
  if (device.archiveVanishes) return '';
  const archive = tar(
    paths.flatMap((path) => {
      const file = device.files.read(path);
      return file ? [{ path, data: file.data, modifiedAt: file.modifiedAt }] : [];
    }),
  );
  const data = isCompressed ? gzipSync(archive) : archive;
  const problem = device.files.write(target, data, user.name, device.now());
  return problem === null ? '' : output(`tar: ${target}: ${problem}`);
}

const CHECKSUMS: Readonly<Record<string, string>> = {
  'get-checksum-information': 'MD5',
  'get-sha1-checksum-information': 'SHA1',
  'get-sha256-checksum-information': 'SHA256',
};

export function checksum(device: Device, operation: XmlElement, user: User): string {
  const path = pathOf(operation, 'path', user);
  if (path === undefined) return missing('path');
  const method = CHECKSUMS[operation.name] ?? 'SHA256';
  const file = device.files.read(path);
  if (!file) return output(`${method.toLowerCase()}: ${path}: ${NO_FILE}`);
  const sum = createHash(method.toLowerCase())
    .update(device.wrongChecksum ? 'something else' : file.data)
    .digest('hex');
  return `<checksum-information>
<file-checksum>
<computation-method>${method}</computation-method>
<input-file>${escapeXml(path)}</input-file>
<checksum>${sum}</checksum>
</file-checksum>
</checksum-information>`;
}

/** file-get and file-show: the file in the reply, as text or in base64. */
export function fileContent(device: Device, operation: XmlElement, user: User): string {
  const path = pathOf(operation, 'filename', user);
  if (path === undefined) return missing('filename');
  const file = device.files.read(path);
  if (!file) return rpcError(`${path}: ${NO_FILE}`, path);
  if (device.unreadable.has(path)) return permissionDenied(path);
  const encoding = text(child(operation, 'encoding'));
  const content = encoding === 'base64' ? file.data.toString('base64') : escapeXml(file.data.toString('utf8'));
  const attributes = `filename="${escapeXml(path)}" junos:seconds="${epoch(device.clock(file.modifiedAt))}" filesize="${file.data.length}"`;
  return `<file-content ${attributes} encoding="${encoding === 'base64' ? 'base64' : 'text'}">\n${content}\n</file-content>`;
}
