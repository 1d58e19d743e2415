import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SessionTarget } from '../src/netconf/session.ts';
import type { Comparison } from './bench.ts';
import { type Job, type JobResult, PASSWORD, USER } from './netconf-client.ts';

const TURNS = 5;
const REPLY_TURNS = 3;

/**
 * Sessions against PyEZ's (RPC get-software-information, facts off on both sides), and a reply of 100 MB against a raw
 * read of the same bytes. Every side has its own process; all talk to one simulated device in another.
 */
export async function netconf(): Promise<Comparison[]> {
  const children: ChildProcess[] = [];
  const start = (file: string) => {
    const child = fork(new URL(file, import.meta.url), { env: { PATH: process.env.PATH } });
    children.push(child);
    return child;
  };
  try {
    const device = start('netconf-device.ts');
    const [{ port, knownHosts }] = (await once(device, 'message')) as [{ port: number; knownHosts: string }];
    const target: SessionTarget = {
      name: 'bench',
      address: '127.0.0.1',
      ports: [port],
      user: USER,
      password: PASSWORD,
      knownHosts,
    };
    const client = () => {
      const child = start('netconf-client.ts');
      return (job: Job) => ask(child, job, target);
    };
    const ours = client();
    const pyez = await startPyez(port);
    children.push(pyez.child);
    const sessions: Comparison[] = [];
    for (const job of ['cycles', 'parallel'] as const) {
      const [a, b] = await inTurns(
        TURNS,
        () => ours(job),
        () => pyez.ask(job),
      );
      sessions.push(compared(`${job}-vs-pyez`, 'ms', median(a.map(ms)), median(b.map(ms)), peak(a)));
    }
    // Processes of their own, so that the memory is this job's alone.
    const [reply, raw] = [client(), client()];
    const [a, b] = await inTurns(
      REPLY_TURNS,
      () => reply('reply'),
      () => raw('raw-reply'),
    );
    // The same bytes on both sides: those on the wire, before references are decoded.
    const rate = ({ ms }: JobResult) => (b[0]?.bytes ?? 0) / 1_000 / ms;
    return [...sessions, compared('reply-vs-ssh2', 'MB/s', median(a.map(rate)), median(b.map(rate)), peak(a))];
  } finally {
    for (const child of children) await stop(child);
  }
}

/** One side after the other, so that both see the same machine. The first turn of each is for the compiler. */
async function inTurns<A, B>(turns: number, ours: () => Promise<A>, baseline: () => Promise<B>): Promise<[A[], B[]]> {
  const [a, b]: [A[], B[]] = [[], []];
  for (let turn = 0; turn <= turns; turn += 1) {
    a.push(await ours());
    b.push(await baseline());
  }
  return [a.slice(1), b.slice(1)];
}

async function ask(child: ChildProcess, job: Job, target: SessionTarget): Promise<JobResult> {
  const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
  const ended = () => reject(new Error(`The process that measures ${job} ended.`));
  child.once('message', resolve).once('exit', ended);
  child.send({ job, target });
  return promise.finally(() => child.off('message', resolve).off('exit', ended));
}

/** Debian's python3-junos-eznc belongs to Debian's own Python. */
async function startPyez(port: number) {
  const script = fileURLToPath(new URL('netconf-pyez.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [script, String(port), USER, PASSWORD], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<{ ms: number }> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("PyEZ ended. It needs Debian's python3-junos-eznc.");
    return JSON.parse(value);
  };
  await next();
  return {
    child,
    ask: (job: string) => {
      child.stdin.write(`${job}\n`);
      return next();
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill();
  await exited;
}

function compared(metric: string, unit: string, ours: number, baseline: number, rssMb: number): Comparison {
  const ratio = Math.round((ours / baseline) * 100) / 100;
  return { bench: 'netconf', metric, ours: Math.round(ours), baseline: Math.round(baseline), ratio, unit, rssMb };
}

const ms = (result: { ms: number }) => result.ms;
const peak = (results: JobResult[]) => Math.max(...results.map((result) => result.peakRssMb));
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
