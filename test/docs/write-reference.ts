import { readFile, writeFile } from 'node:fs/promises';
import { withReference } from './reference.ts';

const page = new URL('../../docs/configuration.md', import.meta.url);
await writeFile(page, withReference(await readFile(page, 'utf8')));
