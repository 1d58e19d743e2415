import { AssistantError } from '../errors.ts';
import { number, row, type Sql } from './sqlserver-sql.ts';

/** Waits for a lock of that name in the database and holds it until the transaction ends. Throws AssistantError `store-busy`. */
export async function lock(sql: Sql, name: string, waitMs: number): Promise<void> {
  const answer = await sql.ask(
    `DECLARE @got int;
     EXEC @got = sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = @wait;
     SELECT @got AS got;`,
    // Its name is compared byte by byte, the schema in it may be written in any case.
    { name: name.toLowerCase(), wait: waitMs },
  );
  const got = number(row(answer)?.got ?? -1);
  // -3: chosen as the one that gives way; then the server has rolled nothing back yet, and it is tried again like any other.
  if (got === -3) throw Object.assign(new Error('Deadlock while waiting for a lock.'), { number: 1205 });
  // 0 got it at once, 1 after waiting; below that it did not.
  if (got < 0)
    throw new AssistantError('store-busy', 'Another instance of the assistant is at work in the database. Try again.');
}
