import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copiedFromProject, readDockerfile } from './dockerfile.ts';

/** Why a container cannot be imitated here, or false. With REQUIRE_ALL=1 it has to be possible. */
export function noNamespaces(): string | false {
  const { status } = spawnSync('unshare', [
    '--mount',
    '--pid',
    '--fork',
    '--mount-proc',
    'setpriv',
    '--reuid',
    '1000',
    'true',
  ]);
  if (status === 0) return false;
  const reason = 'namespaces cannot be made here: that takes root, unshare and setpriv';
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}

/**
 * The container without Docker: the files that the Dockerfile copies, the packages that `npm ci --omit=dev` installs, its
 * user, its entry point as the first process, and nothing that can be written but /app/var.
 */
export class Container {
  readonly root = mkdtempSync(join(tmpdir(), 'container-'));
  readonly #user: string;
  readonly #entry: string[];
  readonly #environment: Record<string, string>;

  /** `configDir` becomes /app/config. */
  constructor(configDir: string) {
    const stages = readDockerfile();
    const text = (name: string) =>
      stages.at(-1)?.instructions.find((instruction) => instruction.name === name)?.text ?? '';
    this.#user = text('USER');
    this.#entry = JSON.parse(text('ENTRYPOINT')) as string[];
    this.#environment = Object.fromEntries([text('ENV').split('=')]);
    // What mkdtemp makes is its owner's alone.
    chmodSync(this.root, 0o755);
    // The user of the container may not be let into the folders above this one.
    mkdirSync(join(this.root, 'bin'));
    linkOrCopy(process.execPath, join(this.root, 'bin', 'node'));
    for (const { sources, to } of copiedFromProject(stages))
      for (const source of sources)
        cpSync(source, sources.length > 1 ? join(this.#app, to, source) : join(this.#app, to), { recursive: true });
    copyPackages(this.#app);
    cpSync(configDir, join(this.#app, 'config'), { recursive: true });
    mkdirSync(this.var);
  }

  get #app(): string {
    return join(this.root, 'app');
  }

  get var(): string {
    return join(this.#app, 'var');
  }

  /** Runs the entry point with these arguments. What it starts is the first process of a PID namespace. */
  run(args: string[], environment: Record<string, string>): ChildProcess {
    const [uid = '', gid = ''] = this.#user.split(':');
    const script = `set -e
      mount --bind "$1" "$1" && mount --bind "$1/app/var" "$1/app/var"
      mount -o remount,bind,ro "$1"
      chown ${uid}:${gid} "$1/app/var"
      cd "$1/app"; shift
      exec setpriv --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;
    const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
    return spawn('unshare', [...namespaces, 'sh', '-c', script, 'sh', this.root, ...this.#entry, ...args], {
      env: { ...this.#environment, ...environment, PATH: `${join(this.root, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/**
 * The packages that package-lock.json installs without `dev`. Optional ones may be missing, and what a package removes of
 * its own when it is installed, as botbuilder-dialogs does.
 */
function copyPackages(to: string): void {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: true }>;
  };
  const paths = Object.keys(packages).filter((path) => path !== '' && existsSync(path));
  const isNested = (path: string) => path.lastIndexOf('node_modules/') > 0;
  const taken = paths.filter((path) => !packages[path]?.dev && !isNested(path));
  // Links where the folder for temporary files is on the same disk: there are thousands of files.
  const isLinked = spawnSync('cp', ['-al', '--parents', ...taken, to]).status === 0;
  if (!isLinked) execFileSync('cp', ['-a', '--parents', ...taken, to]);
  for (const path of paths)
    if (packages[path]?.dev && isNested(path)) rmSync(join(to, path), { recursive: true, force: true });
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}
