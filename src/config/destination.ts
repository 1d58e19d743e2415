import { compilePattern } from '../secrets/pattern.ts';
import { entriesOf, type SecretsDocument } from '../secrets/schema.ts';
import { parseAddress } from '../transfer/address.ts';
import type { Problem } from './problem.ts';
import type { JunosConfig } from './schemas.ts';

/** Where support logs go: an address that can be read, with a login for it. What it says holds neither. */
export function checkDestination(
  junos: JunosConfig | undefined,
  secrets: readonly SecretsDocument[],
  problems: Problem[],
): void {
  const { ftp_server, ftp_dir } = junos?.config ?? {};
  if (!ftp_server) return;
  const address = parseAddress(ftp_server, ftp_dir ?? '');
  if ('problem' in address) {
    problems.push({ level: 'error', file: 'junos-config.yaml', path: 'config.ftp_server', what: address.problem });
    return;
  }
  // What is wrong in the file itself is said already.
  if (address.protocol === 'file' || problems.some(({ file }) => file === 'secrets.yaml')) return;
  const hasLogin = secrets.some(
    (document) =>
      document.type === 'server' && entriesOf(document).some(([name]) => compilePattern(name).test(address.host)),
  );
  if (hasLogin) return;
  const what =
    'has no entry of type server whose name matches the host of ftp_server in junos-config.yaml: no logs can be stored there';
  problems.push({ level: 'warning', file: 'secrets.yaml', path: 'server', what });
}
