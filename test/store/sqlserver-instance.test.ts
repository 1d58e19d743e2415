import assert from 'node:assert/strict';
import { it } from 'node:test';
import { holdSchema } from '../../src/store/sqlserver-instance.ts';
import { tablesOf } from '../../src/store/sqlserver-tables.ts';
import { fault, recordingDriver } from './recording-driver.ts';

const t = tablesOf('netops', 'junos_events');
const QUICK = { startMs: 0, ghostMs: 0, beatMs: 1, againMs: 1 };

/** A server that answers the lock and the beats in turn with these, and the last of each from then on. */
function server(locks: (number | Error)[], beats: (Error | null)[] = [null]) {
  const next = <T>(list: T[]): T => (list.length > 1 ? (list.shift() as T) : (list[0] as T));
  return recordingDriver((text) => {
    if (/sp_getapplock/.test(text)) {
      const got = next(locks);
      return got instanceof Error ? got : [[{ got }]];
    }
    return /held/.test(text) ? (next(beats) ?? undefined) : undefined;
  });
}

it('the schema is held until it is released, in one transaction', async () => {
  const { driver, said, count } = server([0]);
  const held = await holdSchema(driver, t, QUICK);
  assert.deepEqual(said.at(1)?.values, { name: 'assistant bot netops', wait: 5_000 });
  assert.equal(count('COMMIT'), 0);
  await held.release();
  assert.deepEqual([count('BEGIN'), count('COMMIT'), count('ROLLBACK')], [1, 1, 0]);
});

it('somebody else has it: refused, with a sentence that names the schema', async () => {
  const { driver, count } = server([-1]);
  await assert.rejects(holdSchema(driver, t, QUICK), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'store-in-use');
    assert.match(error.message, /^Another process is using the store: schema netops of the SQL Server\. Stop it first/);
    return true;
  });
  assert.equal(count('ROLLBACK'), 1);
});

it('a server that is not there when the bot starts is said as it is', async () => {
  await assert.rejects(holdSchema(server([fault.lost()]).driver, t, QUICK), { code: 'ESOCKET' });
});

it('the connection breaks, the server is away: taken again when it is back', async () => {
  const locks: (number | Error)[] = [0, fault.lost(), fault.lost(), 0];
  const { driver, count } = server(locks, [null, fault.lost(), null]);
  const held = await holdSchema(driver, t, QUICK);
  while (count(/sp_getapplock/) < 4) await new Promise((resolve) => setImmediate(resolve));
  await held.release();
  assert.equal(await Promise.race([held.lost, 'kept']), 'kept');
});

it('the connection breaks, and meanwhile another bot has it: lost', async () => {
  const { driver } = server([0, -1], [fault.lost()]);
  const held = await holdSchema(driver, t, QUICK);
  await assert.rejects(held.lost, { code: 'store-in-use' });
  await held.release();
});
