import { loadConfig } from '../config/load.ts';
import { problemLine } from '../config/problem.ts';
import { AssistantError } from '../errors.ts';
import { storeProblem } from './db.ts';

/** Lists every problem of the configuration on stdout. Throws AssistantError when one of them keeps the bot from starting. */
export async function check(dir: string): Promise<void> {
  const { config, problems } = await loadConfig(dir, process.env);
  for (const problem of problems) process.stdout.write(`${problemLine(problem)}\n`);
  const errors = problems.filter(({ level }) => level === 'error').length;
  if (!config)
    throw new AssistantError('bad-configuration', `${errors} ${errors === 1 ? 'problem' : 'problems'} in ${dir}.`);
  const storage = await storeProblem(config);
  if (storage !== null) throw new AssistantError('store-not-created', storage);
  const devices = config.inventory.all().length;
  const events = Object.keys(config.junos.events ?? {}).length;
  process.stdout.write(`${dir}: ${devices} devices, ${events} events, ${config.identity.mode} mode: ready to start.\n`);
}
