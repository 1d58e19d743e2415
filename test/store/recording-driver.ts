import { type Answer, CommitError, type Driver, type Sql } from '../../src/store/sqlserver-sql.ts';

/** What a statement, or BEGIN or COMMIT, is answered: nothing, rows, or an error as the driver throws it. */
export type Reply = Error | Answer['sets'] | undefined;

/** A driver without a server: it records what it is told, in order, and answers as the test says. */
export function recordingDriver(reply: (text: string, values: Record<string, unknown>) => Reply = () => undefined) {
  const said: { text: string; values: Record<string, unknown> }[] = [];
  const ask: Sql['ask'] = async (text, values = {}) => {
    said.push({ text, values });
    const answer = reply(text, values);
    if (answer instanceof Error) throw answer;
    return { sets: answer ?? [[]], changed: 1 };
  };
  const driver: Driver = {
    ask,
    async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
      await ask('BEGIN');
      let result: T;
      try {
        result = await work({ ask });
      } catch (error) {
        said.push({ text: 'ROLLBACK', values: {} });
        throw error;
      }
      try {
        await ask('COMMIT');
      } catch (error) {
        throw new CommitError('no answer', { cause: error });
      }
      return result;
    },
    async close() {
      said.push({ text: 'CLOSE', values: {} });
    },
  };
  return {
    driver,
    said,
    count: (word: string | RegExp) =>
      said.filter(({ text }) => (typeof word === 'string' ? text === word : word.test(text))).length,
  };
}

/** Errors as mssql and tedious throw them. */
export const fault = {
  deadlock: () => Object.assign(new Error('deadlocked'), { code: 'EREQUEST', number: 1205 }),
  duplicate: () => Object.assign(new Error('duplicate key'), { code: 'EREQUEST', number: 2627 }),
  lost: () => Object.assign(new Error('socket hang up'), { code: 'ESOCKET' }),
  timeout: () => Object.assign(new Error('timeout'), { code: 'ETIMEOUT' }),
};
