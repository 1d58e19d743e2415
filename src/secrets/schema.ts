import { z } from 'zod';
import { AssistantError } from '../errors.ts';
import { compilePattern } from './pattern.ts';

/** PBKDF2 rounds of an entry that does not say; the number the original used. */
export const DEFAULT_ROUNDS = 100_000;
/** Bounds for `rounds`: fewer than the original's would be weaker, more would hold a reboot up for seconds. */
const MOST_ROUNDS = 10_000_000;

const base64url = (what: string) =>
  z
    .string(`must be a text: ${what}`)
    .trim()
    .regex(/^[A-Za-z0-9_-]+={0,2}$/u, `is not base64url: ${what}`);

const WAYS = 'needs user, salt and secret; or in place of salt and secret one of key_file, env and command';

/**
 * One credential. The password is one of: `secret`, a Fernet token that only the master password opens; `env`, the name
 * of an environment variable; `command`, a program and its arguments, without a shell, that prints it (`{name}` in them
 * is the device's name). `key_file` is a private key for SSH, opened by that password where it needs one.
 */
const secretEntrySchema = z
  .strictObject(
    {
      user: z.string('must be a text; put a number in quotes').min(1, 'is empty').describe('Who logs in.'),
      salt: base64url('the salt made together with the secret')
        .optional()
        .describe('Made by `secrets add`, with the secret.'),
      secret: base64url('the encrypted password')
        .optional()
        .describe('The password, encrypted under the master password: a Fernet token, made by `secrets add`.'),
      rounds: z
        .int()
        .min(DEFAULT_ROUNDS)
        .max(MOST_ROUNDS)
        .optional()
        .describe('PBKDF2 rounds; 100,000 when not given, 600,000 for what `secrets add` makes.'),
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/u, 'is not the name of an environment variable')
        .optional()
        .describe('In place of salt and secret: the environment variable with the password.'),
      command: z
        .array(z.string('must be a list of texts: the program, then its arguments').min(1, 'is empty'), {
          error: 'must be a list: the program, then its arguments',
        })
        .min(1, 'is empty')
        .optional()
        .describe(
          'In place of salt and secret: a program and its arguments, run without a shell, that prints the password; `{name}` in them is the device.',
        ),
      key_file: z
        .string('must be the path of a private key')
        .min(1, 'is empty')
        .optional()
        .describe('A private key for SSH; the password of the entry opens it where it needs one.'),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : WAYS) },
  )
  .superRefine(({ salt, secret, rounds, env, command, key_file }, context) => {
    const fail = (message: string) => context.addIssue({ code: 'custom', message });
    const isSealed = salt !== undefined || secret !== undefined || rounds !== undefined;
    const ways = [isSealed, env !== undefined, command !== undefined].filter(Boolean).length;
    if (ways > 1) fail('has more than one password: keep one of salt and secret, env, command');
    else if (isSealed && (salt === undefined || secret === undefined)) fail(WAYS);
    else if (ways === 0 && key_file === undefined) fail(WAYS);
  });

/**
 * secrets.yaml: YAML documents, each a `type` (`junos`, `server`) and entries NAME: user, salt, secret. NAME is a
 * regular expression searched in the device's name; the first entry from the top that matches is the one.
 */
export const secretsSchema = z
  .object(
    {
      type: z
        .string('must be a text such as junos or server')
        .min(1, 'is empty')
        .describe('`junos` for devices, `server` for the one that logs go to.'),
    },
    'is not a list of credentials',
  )
  .catchall(secretEntrySchema)
  .superRefine((document, context) => {
    for (const name of Object.keys(document)) {
      const problem = name === 'type' ? undefined : nameProblem(name);
      if (problem) context.addIssue({ code: 'custom', path: [name], message: problem });
    }
  });

export type SecretEntry = z.infer<typeof secretEntrySchema>;
export type SecretsDocument = z.infer<typeof secretsSchema>;

/** What is wrong with a NAME, completing "NAME …"; undefined when nothing is. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name === 'type' || name === '__proto__') return 'cannot be that of an entry';
  // JavaScript lists such keys first, whatever their line: "first match wins" would pick the wrong entry.
  if (/^(?:0|[1-9]\d*)$/u.test(name))
    return 'is digits only and would lose its place in the order: write ^NAME$ or (?:NAME)';
  try {
    compilePattern(name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'is not a regular expression';
  }
}

/** Validates the documents of secrets.yaml. Throws `bad-secrets` with every problem and no value. */
export function parseSecrets(documents: readonly unknown[]): SecretsDocument[] {
  const problems: string[] = [];
  const parsed: SecretsDocument[] = [];
  for (const [index, document] of documents.entries()) {
    // A file that ends with `---` has an empty last document.
    if (document === null || document === undefined) continue;
    const result = secretsSchema.safeParse(document);
    if (result.success) parsed.push(result.data);
    else
      for (const { path, message } of result.error.issues) {
        problems.push(`secrets.yaml: ${[`document ${index + 1}`, ...path.map(String)].join('.')}: ${message}`);
      }
  }
  if (problems.length > 0) throw new AssistantError('bad-secrets', problems.join('\n'));
  return parsed;
}

/** The entries of a document, in the order of the file. */
export function entriesOf(document: SecretsDocument): [name: string, entry: SecretEntry][] {
  return Object.entries(document).flatMap(([name, entry]) =>
    name === 'type' || typeof entry === 'string' ? [] : [[name, entry] as [string, SecretEntry]],
  );
}
