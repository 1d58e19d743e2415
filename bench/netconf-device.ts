import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../simulator/simulator.ts';
import { PASSWORD, USER } from './netconf-client.ts';

/** The one simulated device both sides talk to, in a process of its own; ends when its parent lets go. */
const REPLY_BYTES = 100_000_000;
const dir = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

/** Support information as it looks: lines of command output, escaped, in one `output` element. */
async function writeSupportInformation(): Promise<void> {
  const file = await open(join(dir, 'get-support-information.xml'), 'w');
  await file.write('<output>\n');
  const block = Array.from(
    { length: 10_000 },
    (_, n) =>
      `Nov 23 10:${n % 60}:00  hq-fw01 rpd[${n}]: bgp_recv: peer 10.0.${n % 256}.1 (Internal AS 65000) &lt;${n}&gt;\n`,
  ).join('');
  for (let written = 0; written < REPLY_BYTES; written += block.length) await file.write(block);
  await file.write('</output>\n');
  await file.close();
}

await writeSupportInformation();
const simulator = await startSimulator({ hostname: 'bench', port: 0, user: USER, password: PASSWORD, replies: dir });
process.on('disconnect', () => void simulator.close().then(() => process.exit()));
process.send?.({ port: simulator.port, knownHosts: simulator.hostKeyLine });
