import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { problemLine } from '../../src/config/problem.ts';

/** The least a folder needs. */
const MINIMAL: Record<string, string> = {
  'junos-config.yaml': 'config:\n  webhook_secret: long-enough-secret\n',
  'devices.yaml': 'site: hq\ndevices: [hq-fw01]\n',
  'secrets.yaml': 'type: junos\n.*: {user: netops, env: PASSWORD}\n',
};

/**
 * Writes a configuration folder, loads it and removes it. A file given as null is left out. `lines` are what `check` says
 * of the files, without where; `whole` is all of it as it is.
 */
export async function loadFolder(
  files: Record<string, string | null>,
  env: NodeJS.ProcessEnv = {},
  reader: 'bot' | 'command' = 'bot',
): Promise<{ config: Config | undefined; lines: string[]; whole: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'assistant-config-'));
  try {
    for (const [name, text] of Object.entries({ ...MINIMAL, ...files })) {
      if (text !== null) await writeFile(join(dir, name), text);
    }
    const { config, problems } = await loadConfig(dir, env, Date.now, reader);
    const whole = problems.map((problem) => problemLine(problem).replaceAll(dir, 'DIR'));
    const lines = whole
      .filter((line) => !line.includes('has no entry in the event catalogue'))
      .map((line) => line.replace(/ \(line \d+\)$/, ''));
    return { config, lines, whole };
  } finally {
    await rm(dir, { recursive: true });
  }
}
