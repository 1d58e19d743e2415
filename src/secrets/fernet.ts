import { createCipheriv, createDecipheriv, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { DEFAULT_ROUNDS } from './schema.ts';

/**
 * Fernet (https://github.com/fernet/spec): version 0x80, 8 bytes of time, 16 of IV, AES-128-CBC text, then
 * HMAC-SHA256 over all of it. The 32 byte key is 16 for signing, 16 for encrypting. The time is not checked:
 * these tokens are stored, not sent.
 */
const VERSION = 0x80;
const HEADER_BYTES = 1 + 8 + 16;
const BLOCK_BYTES = 16;
const MAC_BYTES = 32;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

const pbkdf2Async = promisify(pbkdf2);

/** The key an entry's salt makes from the master password: PBKDF2-HMAC-SHA256, 32 bytes. Off the main thread. */
export function deriveKey(masterPassword: string, salt: string, rounds = DEFAULT_ROUNDS): Promise<Buffer> {
  return pbkdf2Async(masterPassword, Buffer.from(salt, 'base64url'), rounds, KEY_BYTES, 'sha256');
}

/** Whether a text has the form of a token; only its key tells whether it is one. */
export function isToken(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  const textBytes = bytes.length - HEADER_BYTES - MAC_BYTES;
  return bytes[0] === VERSION && textBytes >= BLOCK_BYTES && textBytes % BLOCK_BYTES === 0;
}

/** The text of a token, or undefined when it was not made with this key or has been changed. */
export function decryptToken(token: string, key: Buffer): string | undefined {
  if (!isToken(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const signed = bytes.subarray(0, -MAC_BYTES);
  const mac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest();
  if (!timingSafeEqual(mac, bytes.subarray(-MAC_BYTES))) return undefined;
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), signed.subarray(9, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(signed.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    // Signed by the right key but wrongly padded: made by something that is not Fernet.
    return undefined;
  }
}

/** A token as Python's cryptography writes it, padding included. `iv` is 16 random bytes, used once. */
function encryptToken(text: string, key: Buffer, now: Date, iv: Buffer): string {
  const header = Buffer.alloc(9);
  header[0] = VERSION;
  header.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)), 1);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
  const signed = Buffer.concat([header, iv, cipher.update(text, 'utf8'), cipher.final()]);
  return toBase64url(Buffer.concat([signed, createHmac('sha256', key.subarray(0, 16)).update(signed).digest()]));
}

/** Python's decoder insists on the padding that Node leaves out. */
const toBase64url = (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

/**
 * Encrypts a password for secrets.yaml under a new salt. `random(n)` gives n random bytes (node:crypto's
 * randomBytes). `rounds` is in the answer only when it is not the default, as in the file.
 */
export async function encryptSecret(
  password: string,
  masterPassword: string,
  { rounds = DEFAULT_ROUNDS, now, random }: { rounds?: number; now: () => Date; random: (bytes: number) => Buffer },
): Promise<{ salt: string; secret: string; rounds?: number }> {
  const salt = toBase64url(random(SALT_BYTES));
  const key = await deriveKey(masterPassword, salt, rounds);
  const secret = encryptToken(password, key, now(), random(BLOCK_BYTES));
  return rounds === DEFAULT_ROUNDS ? { salt, secret } : { salt, secret, rounds };
}
