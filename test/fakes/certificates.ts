import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** PEM files. */
  certificate: string;
  key: string;
}

/** Certificates for 127.0.0.1 out of a throw-away authority, and the ways in which one can be wrong, in a folder. */
export function makeCertificates(dir: string) {
  const file = (name: string) => join(dir, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-batch'];
  const own = (name: string, more: string[] = []): Certificate => {
    const made = { certificate: file(`${name}.pem`), key: file(`${name}.key`) };
    const output = ['-keyout', made.key, '-out', made.certificate];
    openssl('req', '-x509', ...newKey, ...output, '-days', '2', '-subj', `/CN=${name}`, ...more);
    return made;
  };
  const authority = own('authority');
  const signed = (name: string, subject: string, days = '2'): Certificate => {
    const made = { certificate: file(`${name}.pem`), key: file(`${name}.key`) };
    openssl('req', ...newKey, '-keyout', made.key, '-out', file('request'), '-subj', `/CN=${name}`);
    writeFileSync(file('extensions'), subject);
    const by = [
      '-CA',
      authority.certificate,
      '-CAkey',
      authority.key,
      '-CAcreateserial',
      '-extfile',
      file('extensions'),
    ];
    openssl('x509', '-req', '-in', file('request'), ...by, '-out', made.certificate, '-days', days);
    return made;
  };
  const here = 'subjectAltName=IP:127.0.0.1';
  return {
    ca: readFileSync(authority.certificate, 'utf8'),
    good: signed('good', here),
    selfSigned: own('self-signed', ['-addext', here]),
    wrongName: signed('wrong-name', 'subjectAltName=DNS:other.example.com'),
    expired: signed('expired', here, '-1'),
  };
}
