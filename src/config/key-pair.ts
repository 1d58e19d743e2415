import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  /** Absolute paths. */
  certificateFile: string;
  keyFile: string;
  /** The certificate, and behind it those that lead to its authority. */
  certificate: string;
  privateKey: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** `rsa`, `ec`, … */
  keyType: string;
}

export interface KeyPairFiles {
  certificate_file?: string | undefined;
  key_file?: string | undefined;
}

export interface KeyPairProblem {
  key: keyof KeyPairFiles;
  what: string;
}

const DAY_MS = 86_400_000;
/** Long enough to get a new one signed. */
const SOON_DAYS = 30;

/**
 * Reads a certificate and its key; relative paths start at `dir`. Without either of the two there is no pair and no
 * problem. No problem holds anything of what the files have in them.
 */
export async function readKeyPair(
  dir: string,
  { certificate_file, key_file }: KeyPairFiles,
): Promise<{ pair: KeyPair | undefined; problems: KeyPairProblem[] }> {
  const problems: KeyPairProblem[] = [];
  const problem = (key: keyof KeyPairFiles, what: string): undefined => void problems.push({ key, what });
  const read = async (key: keyof KeyPairFiles, file: string) => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      return problem(key, `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
  };
  if (certificate_file === undefined && key_file === undefined) return { pair: undefined, problems };
  if (certificate_file === undefined) problem('certificate_file', 'is missing: a key needs its certificate');
  if (key_file === undefined) problem('key_file', 'is missing: a certificate needs its private key');
  if (certificate_file === undefined || key_file === undefined) return { pair: undefined, problems };

  const [certificateFile, keyFile] = [resolve(dir, certificate_file), resolve(dir, key_file)];
  const certificate = await read('certificate_file', certificateFile);
  const privateKey = await read('key_file', keyFile);
  const parsed = certificate === undefined ? undefined : tryTo(() => new X509Certificate(certificate));
  const key = privateKey === undefined ? undefined : tryTo(() => createPrivateKey(privateKey));
  if (certificate !== undefined && !parsed) problem('certificate_file', `${certificateFile} is no PEM certificate`);
  if (privateKey !== undefined && !key) {
    problem(
      'key_file',
      /ENCRYPTED/.test(privateKey)
        ? `${keyFile} has a passphrase: nobody could type it at a restart. Store the key without one, readable for the bot alone`
        : `${keyFile} is no PEM private key`,
    );
  }
  if (parsed && key && !parsed.checkPrivateKey(key)) problem('key_file', 'is not the key of certificate_file');
  else if (parsed && key && !tryTo(() => createSecureContext({ cert: certificate, key: privateKey })))
    problem('certificate_file', 'is refused by OpenSSL: its key or its signature is too weak');
  if (!certificate || !privateKey || !parsed || !key || problems.length > 0) return { pair: undefined, problems };
  const expiresAt = Date.parse(parsed.validTo);
  const keyType = key.asymmetricKeyType ?? '';
  return { pair: { certificateFile, keyFile, certificate, privateKey, expiresAt, keyType }, problems };
}

/** What there is to say about the end of a certificate, when it is near or over; null when it is not. */
export function expiryProblem({ expiresAt }: Pick<KeyPair, 'expiresAt'>, now: number): string | null {
  const day = new Date(expiresAt).toISOString().slice(0, 10);
  if (expiresAt <= now) return `has expired on ${day}: put a new one in its place`;
  const days = Math.ceil((expiresAt - now) / DAY_MS);
  if (days > SOON_DAYS) return null;
  return `expires on ${day}, in ${days === 1 ? 'one day' : `${days} days`}: put a new one in its place before`;
}

function tryTo<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
