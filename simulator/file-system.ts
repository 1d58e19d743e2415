/** One file in memory. Folders are the paths that have a file below them, and those made at the start. */
export interface SimulatedFile {
  data: Buffer;
  owner: string;
  modifiedAt: Date;
}

export interface Listing {
  name: string;
  isFolder: boolean;
  /** Bytes; 0 for a folder. */
  size: number;
  owner: string;
  modifiedAt: Date;
}

const FOLDERS = ['/', '/var', '/var/log', '/var/tmp', '/var/home', '/etc', '/config'];

/** The device's files. Paths are absolute after `resolve`. */
export class FileSystem {
  /** Bytes left on /var; a write beyond them fails, as on a full device. Tests set it. */
  freeBytes = 9_800_000_000;
  readonly #files = new Map<string, SimulatedFile>();
  readonly #folders = new Set(FOLDERS);
  readonly #madeAt: Date;

  constructor(madeAt: Date) {
    this.#madeAt = madeAt;
  }

  makeFolder(path: string): void {
    this.#folders.add(path);
  }

  read(path: string): SimulatedFile | undefined {
    return this.#files.get(path);
  }

  /** Every file there is, sorted. */
  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  isFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** Says why not: what the C library says for the same. */
  write(path: string, data: Buffer, owner: string, modifiedAt: Date): string | null {
    if (this.isFolder(path)) return 'Is a directory';
    if (!this.isFolder(parent(path))) return 'No such file or directory';
    const needed = data.length - (this.#files.get(path)?.data.length ?? 0);
    if (needed > this.freeBytes) return 'No space left on device';
    this.freeBytes -= needed;
    this.#files.set(path, { data, owner, modifiedAt });
    return null;
  }

  /** False when there is no such file. */
  remove(path: string): boolean {
    this.freeBytes += this.#files.get(path)?.data.length ?? 0;
    return this.#files.delete(path);
  }

  /** The entries of a folder, sorted as `ls` does; undefined when it is none. */
  list(path: string): Listing[] | undefined {
    if (!this.isFolder(path)) return undefined;
    const inside = (candidate: string) => candidate !== '/' && parent(candidate) === path;
    const files = [...this.#files].filter(([name]) => inside(name)).map(([name, file]) => this.#entry(name, file));
    const folders = [...this.#folders].filter(inside).map((name) => this.#entry(name));
    return [...files, ...folders].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stat(path: string): Listing | undefined {
    const file = this.#files.get(path);
    return file || this.isFolder(path) ? this.#entry(path, file) : undefined;
  }

  /** Paths of the files that a shell pattern names; a folder means every file below it, as for tar. */
  match(pattern: string): string[] {
    const expression = new RegExp(
      `^${pattern
        .replace(/[.+^${}()|\\]/g, '\\$&')
        .replaceAll('*', '[^/]*')
        .replaceAll('?', '[^/]')}$`,
    );
    const folder = pattern.endsWith('/') ? pattern : `${pattern}/`;
    return [...this.#files.keys()].filter((path) => expression.test(path) || path.startsWith(folder)).sort();
  }

  #entry(path: string, file?: SimulatedFile): Listing {
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      isFolder: file === undefined,
      size: file?.data.length ?? 0,
      owner: file?.owner ?? 'root',
      modifiedAt: file?.modifiedAt ?? this.#madeAt,
    };
  }
}

function parent(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}

/** The absolute path that a person means by `path` in `folder`: `~`, `.`, `..` and double slashes are taken out. */
export function resolvePath(path: string, home: string, folder = home): string {
  const absolute = path.startsWith('/') ? path : path.startsWith('~') ? `${home}${path.slice(1)}` : `${folder}/${path}`;
  const parts: string[] = [];
  for (const part of absolute.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
