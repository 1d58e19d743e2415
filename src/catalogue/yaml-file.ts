import { readFile } from 'node:fs/promises';
import { loadAll, YAMLException } from 'js-yaml';
import type { z } from 'zod';
import type { Problem } from '../config/problem.ts';

/** Makes a finding about a file a person may have written. A warning: what is shipped stays in force, the bot starts. */
export const finding = (file: string, path: string, what: string): Problem => ({ level: 'warning', file, path, what });

/** What a schema says of a value, one finding for each place. `prefix` is where the value stands in its file. */
export function findings(file: string, prefix: string[], issues: z.core.$ZodIssue[]): Problem[] {
  return issues.map((issue) => {
    const path = [...prefix, ...issue.path.map(String)].join('.');
    return finding(
      file,
      path,
      issue.code === 'unrecognized_keys' ? `unknown key ${issue.keys.join(', ')}` : issue.message,
    );
  });
}

/**
 * The one document of a YAML file; undefined when there is no such file, when it is empty, or when it cannot be used:
 * then there is a problem, named after `file`.
 */
export async function readYaml(path: string, file: string): Promise<{ document: unknown; problems: Problem[] }> {
  const fail = (where: string, what: string) => ({ document: undefined, problems: [finding(file, where, what)] });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? { document: undefined, problems: [] }
      : fail('', `cannot be read (${code ?? 'unknown reason'})`);
  }
  try {
    const documents = loadAll(text).filter((document) => document !== null && document !== undefined);
    return documents.length > 1 ? fail('', 'has more than one document') : { document: documents[0], problems: [] };
  } catch (error) {
    if (!(error instanceof YAMLException)) return fail('', 'is not valid YAML');
    return fail(error.mark ? `line ${error.mark.line + 1}` : '', error.reason);
  }
}
