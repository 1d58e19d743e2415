import ssh2, { type ParsedKey } from 'ssh2';

export interface HostKey {
  /** OpenSSH private key text. */
  privateKey: string;
  /** The public key blob, as known_hosts has it in base64. */
  publicKey: Buffer;
}

/** A new ed25519 host key. Each is read back, because about one in 250 that ssh2 1.17 writes is malformed. */
export function newHostKey(): HostKey {
  for (;;) {
    const { private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return readHostKey(privateKey);
  }
}

/** A new RSA host key: the only kind that a device knows which is too old for SHA-2. */
export function newRsaHostKey(): HostKey {
  return readHostKey(ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private);
}

/** Throws for text that is not an OpenSSH private key. */
export function readHostKey(privateKey: string): HostKey {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key) throw new Error('There is no key.');
  return { privateKey, publicKey: key.getPublicSSH() };
}
