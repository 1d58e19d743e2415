import { timingSafeEqual } from 'node:crypto';
import ssh2, { type Algorithms, type AuthContext, type PublicKeyAuthContext } from 'ssh2';
import type { Device } from './device.ts';
import type { User } from './users.ts';

/** What a Junos of before 15 or so offers, and nothing newer. The host key has to be an RSA one. */
export const LEGACY_ALGORITHMS: Algorithms = {
  kex: ['diffie-hellman-group14-sha1'],
  cipher: ['aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
  serverHostKey: ['ssh-rsa'],
};

/** Lets a user in by password, keyboard-interactive or one of its keys; tells which ways there are otherwise. */
export function authenticate(context: AuthContext, users: readonly User[], device: Device): User | undefined {
  const user = users.find((each) => each.name === context.username);
  const keys = user?.authorizedKeys ?? [];
  const offered = [...new Set([...device.authMethods, ...(keys.length > 0 ? (['publickey'] as const) : [])])];
  const refuse = () => context.reject(offered);
  if (!user || !offered.some((method) => method === context.method)) {
    refuse();
    return user;
  }
  const isPassword = (value: string | undefined) => user.password !== null && value === user.password;
  if (context.method === 'password') {
    if (isPassword(context.password)) context.accept();
    else refuse();
  } else if (context.method === 'keyboard-interactive') {
    context.prompt([{ prompt: 'Password:', echo: false }], (answers) => {
      if (isPassword(answers[0])) context.accept();
      else refuse();
    });
  } else if (context.method === 'publickey' && keys.some((line) => holds(line, context))) {
    // Without a signature the client only asks whether the key would do.
    context.accept();
  } else refuse();
  return user;
}

function holds(line: string, context: PublicKeyAuthContext): boolean {
  const parsed = ssh2.utils.parseKey(line);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key || key instanceof Error) return false;
  const blob = key.getPublicSSH();
  if (blob.length !== context.key.data.length || !timingSafeEqual(blob, context.key.data)) return false;
  if (!context.signature) return true;
  return context.blob !== undefined && key.verify(context.blob, context.signature, context.hashAlgo) === true;
}
