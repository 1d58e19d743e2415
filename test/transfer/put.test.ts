import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import { CONTENT, endless, failsWith, left, options, RIGS, type Rig, silent, stream } from './rig.ts';

for (const [name, skip, start] of RIGS) {
  describe(name, { skip }, () => {
    let rig: Rig;
    before(async () => {
      rig = await start();
    });
    after(() => rig?.stop());
    beforeEach(() => rmSync(rig.folder, { recursive: true, force: true }));

    test('a file arrives whole, in a directory that was not there, with every byte told', async () => {
      const totals: number[] = [];
      const onBytes = (total: number) => totals.push(total);
      const stored = await rig.destination.put('Support-a.tgz', stream(), options({ bytes: CONTENT.length, onBytes }));
      assert.deepEqual(stored, { address: `${rig.destination.address}/Support-a.tgz`, bytes: CONTENT.length });
      assert.ok(readFileSync(join(rig.folder, 'Support-a.tgz')).equals(CONTENT));
      assert.deepEqual(left(rig.folder), ['Support-a.tgz']);
      assert.equal(totals.at(-1), CONTENT.length);
      assert.deepEqual(
        totals,
        totals.toSorted((a, b) => a - b),
      );
      if (name !== 'a local folder') return;
      assert.equal(statSync(join(rig.folder, 'Support-a.tgz')).mode & 0o777, 0o600);
    });

    test('a second file beside it, an empty one, and one of a single byte', async () => {
      for (const bytes of [0, 1]) {
        const content = stream(Buffer.alloc(bytes, 'x'));
        const stored = await rig.destination.put(`Support-${bytes}.tgz`, content, options({ bytes }));
        assert.equal(stored.bytes, bytes);
        assert.equal(statSync(join(rig.folder, `Support-${bytes}.tgz`)).size, bytes);
      }
      assert.deepEqual(left(rig.folder), ['Support-0.tgz', 'Support-1.tgz']);
    });

    test('a file that is there already is not touched', async () => {
      mkdirSync(rig.folder, { recursive: true });
      writeFileSync(join(rig.folder, 'Support-a.tgz'), 'first');
      const content = stream();
      await failsWith(rig.destination.put('Support-a.tgz', content, options()), 'exists', /already/);
      assert.equal(content.destroyed, true);
      assert.equal(readFileSync(join(rig.folder, 'Support-a.tgz'), 'utf8'), 'first');
      assert.deepEqual(left(rig.folder), ['Support-a.tgz']);
    });

    test('what a thread that died left is removed, once and again, and nothing else', async () => {
      const random = '0123456789abcdef';
      mkdirSync(rig.folder, { recursive: true });
      for (const file of [`.Support-a.tgz.part-${random}`, '.Support-a.tgz.part-fedcba9876543210', 'Support-a.tgz'])
        writeFileSync(join(rig.folder, file), 'x');
      for (const _ of [1, 2]) {
        assert.equal(await rig.destination.removePart('Support-a.tgz', random), null);
        assert.deepEqual(left(rig.folder), ['.Support-a.tgz.part-fedcba9876543210', 'Support-a.tgz']);
      }
    });

    test('a file that comes in between is not touched either', async () => {
      const onBytes = () => writeFileSync(join(rig.folder, 'Support-a.tgz'), 'first');
      await failsWith(rig.destination.put('Support-a.tgz', stream(), options({ onBytes })), 'exists', /already/);
      assert.equal(readFileSync(join(rig.folder, 'Support-a.tgz'), 'utf8'), 'first');
      assert.deepEqual(left(rig.folder), ['Support-a.tgz']);
    });

    test('of two uploads of one name at once, one is stored', async () => {
      const puts = ['first', 'other'].map((text) =>
        rig.destination.put('Support-a.tgz', stream(Buffer.from(text)), options()),
      );
      const [first, other] = await Promise.allSettled(puts);
      assert.equal(first?.status, 'fulfilled');
      assert.equal(other?.status === 'rejected' && other.reason.code, 'exists');
      assert.equal(readFileSync(join(rig.folder, 'Support-a.tgz'), 'utf8'), 'first');
      assert.deepEqual(left(rig.folder), ['Support-a.tgz']);
    });

    test('content that breaks off leaves nothing, and says why', async () => {
      const broken = Readable.from(
        (async function* () {
          yield CONTENT.subarray(0, 500_000);
          throw new AssistantError('closed', 'The connection to hq-fw01 was lost.');
        })(),
      );
      const put = rig.destination.put('Support-a.tgz', broken, options());
      await failsWith(put, 'source', /^The connection to hq-fw01 was lost\.$/);
      const destroyed = stream();
      destroyed.destroy();
      await failsWith(rig.destination.put('Support-a.tgz', destroyed, options()), 'source', /could not be read/);
      const early = silent(0);
      early.destroy(new Error('internals'));
      await failsWith(rig.destination.put('Support-a.tgz', early, options()), 'source', /could not be read/);
      assert.deepEqual(left(rig.folder), []);
    });

    test('content of another size than expected leaves nothing', async () => {
      const put = rig.destination.put('Support-a.tgz', stream(CONTENT), options({ bytes: CONTENT.length + 1 }));
      await failsWith(put, 'size-differs', /3000001 bytes, and 3000000 came/);
      assert.deepEqual(left(rig.folder), []);
    });

    test('called off before, while bytes flow, and while none come: nothing is left', async () => {
      await failsWith(
        rig.destination.put('Support-a.tgz', stream(), options({ signal: AbortSignal.abort() })),
        'cancelled',
        /called off/,
      );
      for (const content of [endless(), silent(100_000)]) {
        const controller = new AbortController();
        const onBytes = (total: number) => total >= 100_000 && controller.abort();
        const { signal } = controller;
        await failsWith(
          rig.destination.put('Support-a.tgz', content, options({ signal, onBytes })),
          'cancelled',
          /called off/,
        );
        assert.equal(content.destroyed, true);
      }
      const atOnce = new AbortController();
      const put = rig.destination.put('Support-a.tgz', silent(0), options({ signal: atOnce.signal }));
      setImmediate(() => atOnce.abort());
      await failsWith(put, 'cancelled', /called off/);
      assert.deepEqual(left(rig.folder), []);
    });

    test('names that could lead elsewhere are refused before anything is sent', async () => {
      for (const bad of ['a\r\nDELE b', 'a\nb', '../a', 'a/b', '..', '', ' a', 'a\0b', '-a', 'a\\b', 'x'.repeat(201)]) {
        await failsWith(rig.destination.put(bad, stream(), options()), 'bad-name', /cannot be the name of a file/);
      }
      assert.deepEqual(left(rig.folder), []);
    });
  });
}
