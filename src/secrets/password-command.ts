import { execFile } from 'node:child_process';
import { AssistantError } from '../errors.ts';

const LIMIT_MS = 10_000;
const LONGEST = 4_096;
/** What opens everything else, and what the assistant itself logs in with: no command needs it. */
const HIDDEN = [
  'NETWORK_ASSISTANT_MASTER_PASSWORD',
  'chat_master_pw',
  'MicrosoftAppPassword',
  'MSSQL_URL',
  'MSSQL_PASSWORD',
  'MSSQL_CLIENT_SECRET',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
];

/**
 * What a program prints: a password, without the end of its line. No shell; `{name}` in its arguments is the device's or
 * server's name. It has the environment without the secrets of the assistant and without `hidden`. Throws `credentials-not-found`; nothing the program printed is in the sentence, as it may be secret.
 */
export async function passwordOf(
  command: readonly string[],
  name: string,
  entry: string,
  env: NodeJS.ProcessEnv,
  hidden: readonly string[] = [],
  limitMs = LIMIT_MS,
): Promise<string> {
  const [program = '', ...words] = command;
  const args = words.map((word) => word.replaceAll('{name}', name));
  const environment = Object.fromEntries(Object.entries(env).filter(([key]) => ![...HIDDEN, ...hidden].includes(key)));
  const fail = (what: string) => {
    const sentence = `The command of the entry ${entry} in secrets.yaml, ${program}, ${what}. It was to print the password for ${name}.`;
    return new AssistantError('credentials-not-found', sentence);
  };
  const options = { env: environment, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: LONGEST } as const;
  return await new Promise<string>((resolve, reject) => {
    execFile(program, args, options, (error, stdout) => {
      if (!error) {
        const password = stdout.replace(/\r?\n$/, '');
        if (password === '') reject(fail('printed nothing'));
        else if (/[\r\n]/.test(password)) reject(fail('printed more than one line'));
        else resolve(password);
      } else if (error.code === 'ENOENT') reject(fail('is not there'));
      else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') reject(fail(`printed more than ${LONGEST} bytes`));
      else if (error.killed) reject(fail(`did not end within ${limitMs / 1_000} s`));
      else if (typeof error.code === 'number') reject(fail(`ended with exit code ${error.code}`));
      else reject(fail(`could not be run (${error.code ?? error.signal ?? 'unknown reason'})`));
    }).stdin?.end();
  });
}
