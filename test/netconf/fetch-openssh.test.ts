import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { fetchFile, TransferError } from '../../src/netconf/junos.ts';
import { sshdMissing, startSshd } from '../fakes/openssh.ts';
import { requireProgram } from '../fakes/requires.ts';

const scp = requireProgram(['scp'], 'openssh-client');
const skip = sshdMissing() ?? ('skip' in scp ? scp.skip : false);

const DATA = randomBytes(10_000_001);

async function server(t: TestContext, sftp: boolean) {
  const sshd = await startSshd({ sftp });
  t.after(() => sshd.stop());
  const path = join(sshd.folder, "it's a log.tgz");
  await writeFile(path, DATA);
  return { ...sshd, path };
}

function kept() {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  return { open: () => sink, all: () => Buffer.concat(pieces) };
}

for (const via of ['sftp', 'scp'] as const) {
  test(`OpenSSH hands out a file by ${via}`, { skip }, async (t) => {
    const { target, path } = await server(t, via === 'sftp');
    const { open, all } = kept();
    const sha256 = createHash('sha256').update(DATA).digest('hex');
    assert.deepEqual(await fetchFile(target, path, { open, sha256 }), { via, bytes: DATA.length, sha256 });
    assert.ok(all().equals(DATA));
  });

  test(`OpenSSH by ${via}: what is missing, what is a folder, what may not be read`, { skip }, async (t) => {
    const { target, path, folder } = await server(t, via === 'sftp');
    const code = async (name: string) => {
      const error = await fetchFile(target, name, { open: kept().open }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof TransferError, String(error));
      return error.code;
    };
    assert.equal(await code(`${path}x`), 'file-missing');
    assert.equal(await code(folder), 'no-transfer');
    await chmod(path, 0);
    // Root may read everything.
    if (process.getuid?.() !== 0) assert.equal(await code(path), 'file-permission');
  });
}
