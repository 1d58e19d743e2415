import { perEngine } from './engines.ts';
import { ask, type OperationOptions, type RpcSession, unanswered } from './operation.ts';
import { child, text, type XmlElement } from './xml.ts';

/** One mounted file system. Bytes are null where the device tells neither blocks nor a size. */
export interface FileSystem {
  /** The engine it is on, where the device names one. */
  engine: string | null;
  name: string;
  mountedOn: string;
  totalBytes: number | null;
  usedBytes: number | null;
  availableBytes: number | null;
}

const REQUEST = '<get-system-storage/>';

/** The mounted file systems of every engine that answers. Throws `NetconfError`, `RpcError` or `XmlError`. */
export async function storage(session: RpcSession, options: OperationOptions = {}): Promise<FileSystem[]> {
  const { root } = await ask(session, REQUEST, options);
  const mounted = perEngine(root, 'filesystem').map(({ engine, element }): FileSystem => {
    const size = (name: string) => bytesIn(child(element, name));
    return {
      engine,
      name: text(child(element, 'filesystem-name')),
      mountedOn: text(child(element, 'mounted-on')),
      totalBytes: size('total-blocks'),
      usedBytes: size('used-blocks'),
      availableBytes: size('available-blocks'),
    };
  });
  if (mounted.length === 0) throw unanswered(session, REQUEST, 'the reply lists no file systems');
  return mounted;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
};
const BLOCK_SIZES = [512, 1024, 4096, 1];

/**
 * `<total-blocks junos:format="13G">27172408</total-blocks>`: blocks of 512 bytes on the platforms seen, and the same
 * rounded for people. The size for people decides about the size of a block, so that another df is read right too.
 */
function bytesIn(element: XmlElement | undefined): number | null {
  const written = text(element);
  const readable = readableBytes(element?.attributes.format ?? '');
  if (!/^\d{1,15}$/.test(written)) return readableBytes(written) ?? readable;
  const blocks = Number(written);
  if (blocks === 0 || !readable) return blocks * 512;
  const distance = (size: number) => Math.abs(Math.log((blocks * size) / readable));
  return blocks * BLOCK_SIZES.reduce((best, size) => (distance(size) < distance(best) ? size : best));
}

/** `1.4M` -> bytes. */
function readableBytes(value: string): number | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([BKMGTP]?)i?B?$/i.exec(value.trim()) ?? [];
  return digits === undefined ? null : Math.round(Number(digits) * (UNITS[unit.toUpperCase()] ?? 1));
}

/**
 * The file system that holds a path, on that engine: the one mounted nearest to it. Newer Junos mounts everything
 * below `/.mount` and links to it. Undefined when the device does not show it.
 */
export function fileSystemOf(
  mounted: readonly FileSystem[],
  path: string,
  engine: string | null = null,
): FileSystem | undefined {
  const here = mounted.filter((each) => engine === null || each.engine === engine);
  const nearest = (full: string) =>
    here
      .filter(({ mountedOn }) => isBelow(full, mountedOn))
      .reduce<FileSystem | undefined>(
        (best, each) => (best && best.mountedOn.length >= each.mountedOn.length ? best : each),
        undefined,
      );
  const direct = nearest(path);
  if (direct && direct.mountedOn !== '/') return direct;
  return nearest(`/.mount${path}`) ?? direct;
}

function isBelow(path: string, mountedOn: string): boolean {
  return mountedOn === '/' || path === mountedOn || path.startsWith(`${mountedOn}/`);
}
