import assert from 'node:assert/strict';
import { AssistantError } from '../../src/errors.ts';
import { storeOn } from '../../src/store/sqlserver.ts';
import { openDriver } from '../../src/store/sqlserver-driver.ts';
import type { Driver, Sql } from '../../src/store/sqlserver-sql.ts';
import { tablesOf } from '../../src/store/sqlserver-tables.ts';
import type { Orders, Report } from './processes.ts';
import { alex, entry } from './samples.ts';

/** Another process on a SQL Server's tables: clicks and writes what it is told, beside whoever does the same. */
process.once('message', (orders: Orders) => {
  obey(orders).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});

async function obey({ place, name, acts, isUnlocked }: Orders): Promise<Report> {
  const driver = await openDriver(place.settings);
  const store = storeOn(isUnlocked ? unlocked(driver) : driver, tablesOf(place.schema, place.table));
  // Read before anybody writes.
  const keys = acts.flatMap((act) => (act.kind === 'write' ? [act.name] : []));
  const eTags = new Map((await store.readState(keys)).map(({ key, eTag }) => [key, eTag]));
  assert.equal(eTags.size, keys.length);
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));

  const click = async (id: string): Promise<boolean> => {
    const jobs = [{ id: `${name}-${id}`, device: id }];
    try {
      return (await store.decide({ id, status: 'confirmed', by: alex, at: 2_000, jobs }, [entry({ text: id })]))
        .isTaken;
    } catch (error) {
      // What somebody does who is told that the server is busy.
      if (error instanceof AssistantError && error.code === 'store-busy') return await click(id);
      throw error;
    }
  };
  const write = async (key: string): Promise<boolean> => {
    try {
      await store.writeState([{ key, value: name, eTag: eTags.get(key) ?? '' }]);
      return true;
    } catch (error) {
      if (error instanceof AssistantError && error.code === 'state-conflict') return false;
      throw error;
    }
  };
  const done = await Promise.all(acts.map((act) => (act.kind === 'click' ? click(act.name) : write(act.name))));
  await store.close();
  return { done: acts.filter((_, n) => done[n]) };
}

/** The same driver, with every lock of the store's own granted at once, to whoever asks. */
function unlocked(driver: Driver): Driver {
  const free = ({ ask }: Sql): Sql => ({
    ask: async (text, values) =>
      text.includes('sp_getapplock') ? { sets: [[{ got: 0 }]], changed: 0 } : await ask(text, values),
  });
  return { ...free(driver), transaction: (work) => driver.transaction((sql) => work(free(sql))), close: driver.close };
}
