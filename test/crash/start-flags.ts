import { readFile } from 'node:fs/promises';

/** Node's flags of `npm start`: memory is measured as it is run. */
export async function startFlags(): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return (scripts.start as string).split(' ').filter((word) => word.startsWith('--'));
}
