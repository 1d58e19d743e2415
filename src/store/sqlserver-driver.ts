import mssql from 'mssql';
import type { SqlServerSettings } from './place.ts';
import { type Answer, CommitError, type Driver, type Row, type Sql, storable, type Value } from './sqlserver-sql.ts';

/** Longer texts are declared as (max); shorter ones all alike, so that the server keeps one plan for a statement. */
const MOST_CHARACTERS = 4_000;
const MOST_BYTES = 8_000;

/** Opens a pool of connections. Rejects with the driver's own error; `faultOf` reads it. */
export async function openDriver(settings: SqlServerSettings): Promise<Driver> {
  const pool = new mssql.ConnectionPool({
    ...settings,
    pool: { min: 0, max: 4, idleTimeoutMillis: 60_000, acquireTimeoutMillis: 10_000 },
    // Asking the socket costs nothing; a connection that broke unseen is found by the next statement.
    validateConnection: 'socket',
  } as mssql.config);
  // What becomes of a connection is told by the statement that used it.
  pool.on('error', () => undefined);
  try {
    await pool.connect();
  } catch (error) {
    await pool.close().catch(() => undefined);
    throw error;
  }
  return {
    ask: (text, values) => ask(pool.request(), text, values),
    async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
      const transaction = pool.transaction();
      await transaction.begin(mssql.ISOLATION_LEVEL.READ_COMMITTED);
      const connection = connectionOf(transaction);
      let result: T;
      try {
        result = await work({ ask: (text, values) => ask(transaction.request(), text, values) });
      } catch (error) {
        // A server that ended the transaction itself has nothing to roll back.
        await transaction.rollback().catch((failure: { code?: unknown }) => {
          if (failure.code !== 'EABORT') connection.close();
        });
        throw error;
      }
      try {
        await transaction.commit();
      } catch (error) {
        connection.close();
        throw new CommitError('The answer to COMMIT did not come.', { cause: error });
      }
      return result;
    },
    close: () => pool.close(),
  };
}

/**
 * The connection of a transaction that has begun. mssql gives it back to its pool after a COMMIT or ROLLBACK that failed:
 * with the transaction still open on it, the next one would be within that, and be lost with it. Closed, it is dropped.
 */
function connectionOf(transaction: mssql.Transaction): { close(): void } {
  const { _acquiredConnection: connection } = transaction as unknown as {
    _acquiredConnection: { close(): void } | null;
  };
  if (!connection) throw new Error('A transaction that has begun has no connection.');
  return connection;
}

async function ask(request: mssql.Request, text: string, values: Record<string, Value> = {}): Promise<Answer> {
  for (const [name, value] of Object.entries(values)) input(request, name, value);
  // Whatever the server's default is: what was changed is counted.
  const { recordsets, rowsAffected } = await request.query(`SET NOCOUNT OFF; ${text}`);
  return { sets: recordsets as unknown as Row[][], changed: rowsAffected.at(-1) ?? 0 };
}

function input(request: mssql.Request, name: string, value: Value): void {
  if (typeof value === 'number') request.input(name, mssql.BigInt, value);
  else if (value === null || typeof value === 'string') {
    const isLong = value !== null && value.length > MOST_CHARACTERS;
    const kept = value === null ? null : storable(value);
    request.input(name, mssql.NVarChar(isLong ? mssql.MAX : MOST_CHARACTERS), kept);
  } else {
    const isLong = value.bytes !== null && value.bytes.length > MOST_BYTES;
    request.input(name, mssql.VarBinary(isLong ? mssql.MAX : MOST_BYTES), buffer(value.bytes));
  }
}

const buffer = (bytes: Uint8Array | null) =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
