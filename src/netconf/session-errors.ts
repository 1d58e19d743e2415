import { NetconfError } from './errors.ts';
import { seconds } from './pending-rpc.ts';
import { folded } from './reply.ts';
import { place, type SessionTarget } from './target.ts';
import { looseText } from './xml.ts';

/** The sentence of a session that has ended, or never began. */
export function closedError(target: SessionTarget, greeted: boolean, cause?: unknown): NetconfError {
  const fact = greeted ? 'is closed' : 'was closed before NETCONF had started';
  return new NetconfError('closed', `The connection to ${target.name} ${fact}.`, { cause });
}

/** Nothing came, or the beginning of a hello. */
export function noHello(target: SessionTarget, helloMs: number): NetconfError {
  const sentence = `${place(target)} accepted the login, but sent no NETCONF hello within ${seconds(helloMs)}.`;
  return new NetconfError('timeout', sentence);
}

/** `fact` is a sentence: what there was instead. */
export function notNetconf(target: SessionTarget, port: number, fact: string, cause?: unknown): NetconfError {
  const sentence = `${place(target)} accepted the login, but does not speak NETCONF on port ${port}. ${fact}`;
  return new NetconfError('not-netconf', sentence, { cause });
}

/** What came instead of a hello: a shell's complaint, a banner. The beginning of XML is only a slow hello. */
export function saidInstead(stdout: string, stderr: string): string {
  const rest = stdout.trim();
  return rest === '' || rest.startsWith('<') ? quoted(stderr) : quoted(`${rest} ${stderr}`);
}

/** `It said: "..."`, on one line, or nothing when nothing was said. */
export function quoted(said: string): string {
  const line = folded(looseText(said.slice(0, 10_000)));
  return line === '' ? '' : `It said: "${line.slice(0, 200)}"`;
}
