import { listFiles } from './files.ts';
import type { OperationOptions, RpcSession } from './operation.ts';
import { fileSystemOf, storage } from './storage.ts';

export interface SpaceOptions extends OperationOptions {
  /** The session's own engine, where the device has several. */
  engine?: string | null;
  /** Beside the archive, what support information needs, in bytes; 64 MiB. 0 where the device does not save it. */
  supportBytes?: number;
  /** What is packed, and where the archive goes. */
  source?: string;
  folder?: string;
}

/** Whether support logs find room on the device. `text` is a sentence. */
export type SpaceCheck =
  | { outcome: 'enough'; neededBytes: number; availableBytes: number }
  | { outcome: 'too-little'; neededBytes: number; availableBytes: number; missingBytes: number; text: string }
  | { outcome: 'unknown'; neededBytes: number; text: string };

const MIB = 2 ** 20;
const SUPPORT_BYTES = 64 * MIB;
/** Texts of a log shrink to a tenth and less; a quarter is on the safe side. What is packed already does not shrink. */
const SHRINKS_TO = 0.25;
const PACKED = /\.(?:gz|tgz|bz2|xz|zst|zip)$/i;
/** On top: the device goes on logging, and must not be full afterwards. */
const MARGIN = 1.2;
const RESERVE_BYTES = 32 * MIB;
/** Folders inside /var/log are few. */
const MAX_FOLDERS = 50;

/**
 * How much an archive of the logs and the support information will need on the device, against what is free there.
 * Sizes are estimates: logs a quarter of their size, packed ones all of it, and a fifth and 32 MiB more. Throws
 * `NetconfError`, `RpcError` or `XmlError`.
 */
export async function checkSpace(session: RpcSession, options: SpaceOptions = {}): Promise<SpaceCheck> {
  const {
    engine = null,
    supportBytes = SUPPORT_BYTES,
    source = '/var/log',
    folder = '/var/tmp',
    ...rpcOptions
  } = options;
  const archiveBytes = await packedBytes(session, source, rpcOptions);
  const neededBytes = Math.ceil((archiveBytes + supportBytes) * MARGIN) + RESERVE_BYTES;
  const mounted = await storage(session, rpcOptions);
  // A Virtual Chassis calls its members fpc0 here and member0 there.
  const names = new Set(mounted.map((each) => each.engine));
  const spelt = [engine, engine?.replace(/^member/, 'fpc'), engine?.replace(/^fpc/, 'member')].find((name) =>
    names.has(name ?? null),
  );
  const system = fileSystemOf(mounted, folder, spelt ?? null);
  const availableBytes = system?.availableBytes ?? null;
  const device = session.target.name;
  if (availableBytes === null) {
    return { outcome: 'unknown', neededBytes, text: `${device} does not tell how much is free in ${folder}.` };
  }
  if (availableBytes >= neededBytes) return { outcome: 'enough', neededBytes, availableBytes };
  const missingBytes = neededBytes - availableBytes;
  const text = `${device} has ${readable(availableBytes)} free for ${folder}, and its support logs may need ${readable(neededBytes)}: ${readable(missingBytes)} are missing. Make room first (request system storage cleanup dry-run lists what could go), then ask again.`;
  return { outcome: 'too-little', neededBytes, availableBytes, missingBytes, text };
}

async function packedBytes(session: RpcSession, source: string, options: OperationOptions): Promise<number> {
  const folders = [source];
  let bytes = 0;
  for (let at = 0; at < folders.length && at < MAX_FOLDERS; at++) {
    const found = await listFiles(session, `${folders[at]}/`, options);
    for (const file of found.found ? found.files : []) {
      if (file.directory) folders.push(file.path.replace(/\/+$/, ''));
      else if (file.symlinkTarget === null) bytes += (file.sizeBytes ?? 0) * (PACKED.test(file.path) ? 1 : SHRINKS_TO);
    }
  }
  return Math.ceil(bytes);
}

/** `1.4 GB`, `320 MB`, as a person reads it. */
function readable(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.ceil(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
