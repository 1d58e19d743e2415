import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeOn } from '../../src/store/sqlserver.ts';
import { faultOf } from '../../src/store/sqlserver-fault.ts';
import { migrate } from '../../src/store/sqlserver-migrations.ts';
import { tablesOf } from '../../src/store/sqlserver-tables.ts';
import { fault, recordingDriver } from './recording-driver.ts';
import { alex, entry, newEvent, pending } from './samples.ts';

const t = tablesOf('dbo', 'junos_events');

/** Fails the first time that `text` is said, with that error. */
function failing(text: string | RegExp, error: () => Error, times = 1) {
  let left = times;
  return (said: string) => {
    const isMeant = typeof text === 'string' ? said === text : text.test(said);
    if (!isMeant || left === 0) return undefined;
    left -= 1;
    return error();
  };
}

/** A head for whoever asks for it, so that the audit can be written; further rules first. */
const withHead =
  (rules: (said: string) => Error | Record<string, unknown>[][] | undefined = () => undefined) =>
  (said: string) => {
    const first = rules(said);
    if (first) return first;
    if (/SET seq = seq /.test(said)) return [[{ seq: '0', hash: '' }]];
    return /sp_getapplock/.test(said) ? [[{ got: 0 }]] : undefined;
  };

describe('SQL Server: what is asked again', () => {
  it('a deadlock victim, from the beginning', async () => {
    const { driver, count } = recordingDriver(failing(/INSERT/, fault.deadlock, 2));
    await storeOn(driver, t).addConfirmation(pending());
    assert.deepEqual([count('BEGIN'), count('ROLLBACK'), count('COMMIT')], [3, 2, 1]);
  });

  it('but not for ever, and then it is said', async () => {
    const { driver, count } = recordingDriver(failing(/INSERT/, fault.deadlock, 99));
    await assert.rejects(storeOn(driver, t).addConfirmation(pending()), { code: 'store-busy' });
    assert.deepEqual([count('BEGIN'), count('COMMIT')], [5, 0]);
  });

  it('a connection lost before COMMIT, once: nothing was stored', async () => {
    const { driver, count } = recordingDriver(withHead(failing(/INSERT/, fault.lost)));
    await storeOn(driver, t).appendAudit([entry()]);
    assert.deepEqual([count('BEGIN'), count('COMMIT')], [2, 1]);
  });

  it('a server that is gone is said soon', async () => {
    const { driver, count } = recordingDriver(failing('BEGIN', fault.lost, 99));
    await assert.rejects(storeOn(driver, t).backlog(), { code: 'store-unreachable' });
    assert.equal(count('BEGIN'), 2);
  });

  it('a key that somebody else made meanwhile, where the row is set anyway', async () => {
    const { driver, count } = recordingDriver(failing(/UPDATE/, fault.duplicate));
    await storeOn(driver, t).setSetting('alert-conversation', 'a:1');
    assert.equal(count('BEGIN'), 2);
  });

  it('an id that is taken is refused and not asked again', async () => {
    const { driver, count } = recordingDriver(failing(/INSERT/, fault.duplicate, 99));
    await assert.rejects(storeOn(driver, t).addConfirmation(pending()), { code: 'store-duplicate' });
    assert.equal(count('BEGIN'), 1);
  });

  it('a read that timed out, not a write that must happen once', async () => {
    const reading = recordingDriver(failing(/SELECT/, fault.timeout));
    await storeOn(reading.driver, t).setting('alert-conversation');
    assert.equal(reading.count('BEGIN'), 2);
    const writing = recordingDriver(failing(/INSERT/, fault.timeout));
    await assert.rejects(storeOn(writing.driver, t).addConfirmation(pending()), { code: 'store-unreachable' });
    assert.equal(writing.count('BEGIN'), 1);
  });
});

describe('SQL Server: a COMMIT without an answer', () => {
  const decision = { id: 'c1', status: 'cancelled' as const, by: alex, at: 2, jobs: [] };
  const confirmation = { id: 'c1', asked_by: '{}', decided_by: null, status: 'cancelled' };

  it('that happened: the audit says so, and nothing is done twice', async () => {
    let stored: Record<string, unknown> | undefined;
    let isFirst = true;
    const once = recordingDriver((said, values) => {
      if (/INSERT INTO .*audit\]/s.test(said)) stored = values;
      if (/SELECT hash AS hash/.test(said)) return [[{ hash: stored?.hash }]];
      if (/SELECT \* FROM .*confirmations\]/.test(said)) return [[confirmation]];
      if (said === 'COMMIT' && isFirst) {
        isFirst = false;
        return fault.lost();
      }
      return withHead()(said);
    });
    const decided = await storeOn(once.driver, t).decide(decision, [entry()]);
    assert.equal(decided.isTaken, true);
    assert.deepEqual([once.count(/UPDATE .*confirmations\]/), once.count(/INSERT INTO .*audit\]/)], [1, 1]);
  });

  it('that did not happen: it is done now', async () => {
    const rules = failing('COMMIT', fault.lost);
    const { driver, count } = recordingDriver((said) =>
      /SELECT \* FROM .*confirmations\]/.test(said) ? [[confirmation]] : withHead(rules)(said),
    );
    assert.equal((await storeOn(driver, t).decide(decision, [entry()])).isTaken, true);
    assert.deepEqual([count(/UPDATE .*confirmations\]/), count('COMMIT')], [2, 2]);
  });

  it('of which nothing tells: it is said, and not done again', async () => {
    const { driver, count } = recordingDriver(failing('COMMIT', fault.timeout));
    const added = storeOn(driver, t).addUnknownPhrase({ at: 1, text: 'x', locale: null, conversationKind: 'personal' });
    await assert.rejects(added, { code: 'store-outcome-unknown' });
    assert.equal(count('BEGIN'), 1);
  });

  it('of events is asked again under the same keys', async () => {
    const commit = failing('COMMIT', fault.lost);
    const { driver, said } = recordingDriver((text, values) => {
      if (!/INSERT INTO .*junos_events\]/s.test(text)) return commit(text);
      return [[{ id: values.webhookId === 'w' ? 2 : 1, made: 1 }]];
    });
    const store = storeOn(driver, t);
    const stored = await Promise.all([store.addEvent(newEvent()), store.addEvent(newEvent({ webhookId: 'w' }))]);
    assert.deepEqual(
      stored.map(({ id }) => id),
      [1, 2],
    );
    const keys = said.flatMap(({ values }) => {
      const { bytes } = (values.intake ?? {}) as { bytes?: Uint8Array };
      return bytes ? [Buffer.from(bytes).toString('hex')] : [];
    });
    assert.equal(keys.length, 4, 'both events in one transaction, twice');
    assert.deepEqual(keys.slice(0, 2), keys.slice(2));
  });
});

describe('SQL Server: values and names', () => {
  it('a text of SQL is a parameter and never in a statement', async () => {
    const hostile = `x'); DROP TABLE events; --`;
    const { driver, said } = recordingDriver(withHead());
    const store = storeOn(driver, t);
    const at = pending({ id: hostile, devices: [hostile], parameters: hostile, conversationId: hostile });
    await store.addConfirmation(at, [entry({ text: hostile })]);
    await store.setSetting('alert-conversation', hostile);
    await store.writeState([{ key: hostile, value: hostile, eTag: null }]);
    await store.recentEvents({ device: hostile, limit: 1 });
    assert.ok(said.length > 8);
    assert.deepEqual(
      said.filter(({ text }) => text.includes('DROP TABLE')),
      [],
    );
  });

  for (const name of ['a]b', "a'b", 'a b', '', '1a', 'a;b', 'a.b']) {
    it(`${JSON.stringify(name)} is no name of a table`, () => {
      assert.throws(() => tablesOf('dbo', name), { code: 'bad-name' });
      assert.throws(() => tablesOf(name, 'junos_events'), { code: 'bad-name' });
    });
  }
});

describe('SQL Server: migrations', () => {
  const at = (version: number | null) => (said: string) => {
    if (/sp_getapplock/.test(said)) return [[{ got: 0 }]];
    if (/OBJECT_ID/.test(said)) return [[{ id: version === null ? null : 1 }]];
    return /MAX\(version\)/.test(said) ? [[{ version }]] : undefined;
  };

  it('are numbered, one transaction each, under a lock', async () => {
    let version: number | null = null;
    const { driver, said } = recordingDriver((text, values) => {
      if (/INSERT INTO .*migrations\]/.test(text)) version = Number(values.version);
      return at(version)(text);
    });
    assert.deepEqual(await migrate(driver, t, 5), [1, 2]);
    const begins = said.flatMap(({ text }, n) => (text === 'BEGIN' ? [n] : []));
    for (const n of begins) assert.match(said[n + 1]?.text ?? '', /sp_getapplock/);
    assert.equal(begins.length, 3);
  });

  it('change nothing when there is nothing to do, and nothing of a newer version', async () => {
    const done = recordingDriver(at(2));
    assert.deepEqual(await migrate(done.driver, t, 5), []);
    assert.equal(done.count(/CREATE|ALTER|INSERT/), 0);
    const newer = recordingDriver(at(99));
    await assert.rejects(migrate(newer.driver, t, 5), { code: 'store-too-new' });
    assert.equal(newer.count(/CREATE|ALTER|INSERT/), 0);
  });

  it('of a table that is not the original leave it alone', async () => {
    const { driver, count } = recordingDriver((said) =>
      /COLUMN_NAME/.test(said)
        ? [
            [
              { name: 'id', type: 'int' },
              { name: 'Device', type: 'text' },
            ],
          ]
        : at(1)(said),
    );
    await assert.rejects(migrate(driver, t, 5), { code: 'not-the-original' });
    assert.deepEqual([count(/ALTER/), count('ROLLBACK'), count('COMMIT')], [0, 1, 0]);
  });

  it('wait for another instance, and say so when it takes too long', async () => {
    const { driver } = recordingDriver((said) => (/sp_getapplock/.test(said) ? [[{ got: -1 }]] : undefined));
    await assert.rejects(migrate(driver, t, 5), { code: 'store-busy' });
  });
});

describe('SQL Server: errors of the driver', () => {
  const faults: [what: string, error: unknown, kind: ReturnType<typeof faultOf>][] = [
    ['deadlock victim', { code: 'EREQUEST', number: 1205 }, 'deadlock'],
    ['lock time-out', { code: 'EREQUEST', number: 1222 }, 'deadlock'],
    ['unique index', { code: 'EREQUEST', number: 2601 }, 'duplicate'],
    ['unique constraint', { code: 'EREQUEST', number: 2627 }, 'duplicate'],
    ['socket', { code: 'ESOCKET' }, 'lost'],
    ['closed', { code: 'ECONNCLOSED' }, 'lost'],
    ['shutting down', { code: 'EREQUEST', number: 6005 }, 'lost'],
    ['socket, further inside', { message: 'x', cause: { originalError: { code: 'ECONNREFUSED' } } }, 'lost'],
    ['request time-out', { code: 'ETIMEOUT' }, 'timeout'],
    ['login failed', { code: 'ELOGIN', number: 18456 }, 'login'],
    ['no such database', { code: 'EREQUEST', number: 4060 }, 'login'],
    ['permission denied', { code: 'EREQUEST', number: 229 }, 'failed'],
    ['anything', new Error('x'), 'failed'],
    ['nothing', undefined, 'failed'],
  ];
  for (const [what, error, kind] of faults) it(`${what}: ${kind}`, () => assert.equal(faultOf(error), kind));
});
