import { expiryProblem, type KeyPair, type KeyPairFiles, readKeyPair } from './key-pair.ts';
import type { Problem } from './problem.ts';
import type { AssistantConfig } from './schemas.ts';

/** The certificates of the ports, and what is wrong with them and with the ports beside each other. */
export async function readListeners(
  dir: string,
  { host, port, tls, events }: AssistantConfig,
  now: number,
  problems: Problem[],
): Promise<{ bot: KeyPair | null; events: KeyPair | null }> {
  const report = (level: Problem['level'], path: string, what: string) =>
    void problems.push({ level, file: 'assistant.yaml', path, what });
  const read = async (section: string, files: KeyPairFiles): Promise<KeyPair | null> => {
    const { pair, problems: found } = await readKeyPair(dir, files);
    for (const { key, what } of found) report('error', `${section}.${key}`, what);
    const expiry = pair ? expiryProblem(pair, now) : null;
    if (expiry !== null) report('warning', `${section}.certificate_file`, expiry);
    return pair ?? null;
  };
  const pairs = { bot: await read('tls', tls), events: events ? await read('events', events) : null };
  if (events && port !== 0 && events.listen.port === port && overlap(host, events.listen.host))
    report('error', 'events.listen.port', 'is the port of the bot as well: choose another one');
  return pairs;
}

const ANY = ['0.0.0.0', '::'];
const overlap = (a: string, b: string) => a === b || ANY.includes(a) || ANY.includes(b);
