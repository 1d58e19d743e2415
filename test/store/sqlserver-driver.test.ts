import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readSqlServerSettings } from '../../src/config/sqlserver.ts';
import { openSqlServerStore } from '../../src/store/sqlserver.ts';
import { openDriver } from '../../src/store/sqlserver-driver.ts';
import { faultOf } from '../../src/store/sqlserver-fault.ts';
import { CommitError, type Driver, key } from '../../src/store/sqlserver-sql.ts';
import { TdsServer } from '../fakes/tds.ts';

/** The real driver, over TDS, with a server that answers as it is told: how errors look is the driver's own doing. */
describe('the driver of the SQL Server', () => {
  let server: TdsServer;
  let driver: Driver;
  let port: number;
  const settingsOf = (requestTimeout = 5_000) => {
    const { value } = readSqlServerSettings({ MSSQL_URL: `mssql://u:p@127.0.0.1:${port}/d?encrypt=false` });
    assert.ok(value);
    return { ...value, requestTimeout };
  };
  beforeEach(async () => {
    server = new TdsServer();
    port = await server.listen();
    driver = await openDriver(settingsOf());
  });
  afterEach(async () => {
    await driver.close();
    await server.close();
  });
  const faultFrom = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => assert.fail('it must fail'),
      (thrown: unknown) => thrown,
    );
    return { fault: faultOf(error), isCommit: error instanceof CommitError };
  };
  const insert = (to = driver) => to.transaction(({ ask }) => ask('INSERT INTO a (b) VALUES (@b)', { b: 1 }));

  it('sends values beside the statement, long and short, and says how many rows it changed', async () => {
    server.answer = () => ({ changed: 3 });
    const long = 'x'.repeat(9_000);
    const { changed } = await driver.ask('UPDATE a SET b = @short, c = @long, d = @none, e = @key, f = @no', {
      short: `'; DROP TABLE a; --`,
      long,
      none: null,
      key: key('k'),
      no: { bytes: null },
    });
    assert.equal(changed, 3);
    const [said = ''] = server.said;
    assert.match(said, /UPDATE a SET b = @short, c = @long.*@short nvarchar\(4000\).*@long nvarchar\(max\)/s);
    assert.match(said, /@key varbinary\(8000\)/i);
    assert.match(said, /'; DROP TABLE a; --/);
  });

  it('a transaction is begun, committed, and rolled back when its work fails', async () => {
    await insert();
    await assert.rejects(
      driver.transaction(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(
      server.said.filter((said) => said.length < 10),
      ['BEGIN', 'COMMIT', 'BEGIN', 'ROLLBACK'],
    );
  });

  const faults: [number: number, fault: ReturnType<typeof faultOf>][] = [
    [1205, 'deadlock'],
    [2601, 'duplicate'],
    [2627, 'duplicate'],
    [229, 'failed'],
  ];
  for (const [error, fault] of faults) {
    it(`error ${error} of a statement is ${fault}, and the connection goes on`, async () => {
      server.answer = (said) => (said.includes('INSERT') ? { error } : { changed: 1 });
      assert.deepEqual(await faultFrom(insert()), { fault, isCommit: false });
      server.answer = () => ({ changed: 1 });
      await insert();
    });
  }

  it('a connection that is cut in a statement is lost, and the next one is new', async () => {
    server.answer = (said) => (said.includes('INSERT') ? 'hang-up' : { changed: 1 });
    assert.deepEqual(await faultFrom(insert()), { fault: 'lost', isCommit: false });
    server.answer = () => ({ changed: 1 });
    await insert();
  });

  it('a connection that is cut at COMMIT is lost, and nobody knows', async () => {
    server.answer = (said) => (said === 'COMMIT' ? 'hang-up' : { changed: 1 });
    assert.deepEqual(await faultFrom(insert()), { fault: 'lost', isCommit: true });
    server.answer = () => ({ changed: 1 });
    await insert();
  });

  it('a server that is gone altogether is lost', async () => {
    await server.close();
    assert.deepEqual(await faultFrom(insert()), { fault: 'lost', isCommit: false });
    server = new TdsServer();
    await server.listen();
  });

  it('a server that says nothing is a time-out', async () => {
    const hasty = await openDriver(settingsOf(1_000));
    server.answer = (said) => (said.includes('SELECT') ? 'silence' : { changed: 1 });
    assert.equal((await faultFrom(hasty.ask('SELECT a AS a FROM b'))).fault, 'timeout');
    server.answer = () => ({ changed: 1 });
    await hasty.close();
  });

  for (const failing of ['COMMIT', 'ROLLBACK'])
    it(`a ${failing} without an answer: its connection, on which the transaction may be open, is not used again`, async () => {
      const hasty = await openDriver(settingsOf(1_000));
      server.answer = (said) =>
        said === failing
          ? 'silence'
          : failing === 'ROLLBACK' && said.includes('INSERT')
            ? { error: 547 }
            : { changed: 1 };
      const { isCommit } = await faultFrom(insert(hasty));
      assert.equal(isCommit, failing === 'COMMIT');
      server.answer = () => ({ changed: 1 });
      const before = server.logins;
      await insert(hasty);
      assert.equal(server.logins, before + 1);
      await hasty.close();
    });

  it('a store on a server that cannot be reached says so', async () => {
    await server.close();
    const place = { settings: settingsOf(), schema: 'dbo', table: 'junos_events' };
    await assert.rejects(openSqlServerStore(place), { code: 'store-unreachable' });
    server = new TdsServer();
    await server.listen();
  });
});
