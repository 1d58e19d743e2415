import mssql from 'mssql';
import type { SqlServerSettings } from './place.ts';
import {
  type Answer,
  CommitError,
  type Driver,
  type Row,
  type Sql,
  type TableValue,
  type Value,
} from './sqlserver-sql.ts';

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
      let result: T;
      try {
        result = await work({ ask: (text, values) => ask(transaction.request(), text, values) });
      } catch (error) {
        // A server that ended the transaction itself, or is gone, has nothing to roll back.
        await transaction.rollback().catch(() => undefined);
        throw error;
      }
      try {
        await transaction.commit();
      } catch (error) {
        throw new CommitError('The answer to COMMIT did not come.', { cause: error });
      }
      return result;
    },
    close: () => pool.close(),
  };
}

async function ask(
  request: mssql.Request,
  text: string,
  values: Record<string, Value | TableValue> = {},
): Promise<Answer> {
  for (const [name, value] of Object.entries(values)) input(request, name, value);
  const { recordsets, rowsAffected } = await request.query(text);
  return { sets: recordsets as unknown as Row[][], changed: rowsAffected.at(-1) ?? 0 };
}

function input(request: mssql.Request, name: string, value: Value | TableValue): void {
  if (typeof value === 'number') request.input(name, mssql.BigInt, value);
  else if (value === null || typeof value === 'string') {
    const isLong = value !== null && value.length > MOST_CHARACTERS;
    request.input(name, mssql.NVarChar(isLong ? mssql.MAX : MOST_CHARACTERS), value);
  } else if ('bytes' in value) {
    const isLong = value.bytes !== null && value.bytes.length > MOST_BYTES;
    request.input(name, mssql.VarBinary(isLong ? mssql.MAX : MOST_BYTES), buffer(value.bytes));
  } else request.input(name, mssql.TVP(value.type.join('.')), table(value));
}

const buffer = (bytes: Uint8Array | null) =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function table({ type, columns, rows }: TableValue): mssql.Table {
  const made = new mssql.Table(type.join('.'));
  const types = {
    int: mssql.Int,
    bigint: mssql.BigInt,
    text: mssql.NVarChar(mssql.MAX),
    bytes: mssql.VarBinary(mssql.MAX),
  };
  for (const [name, kind] of columns) made.columns.add(name, types[kind], { nullable: true });
  for (const each of rows)
    made.rows.add(...each.map((value) => (value !== null && typeof value === 'object' ? buffer(value.bytes) : value)));
  return made;
}
