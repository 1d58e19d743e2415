/** A value of a column of type varbinary; null is a value of it too, which the server does not take for a text's. */
export interface Bytes {
  bytes: Uint8Array | null;
}

export type Value = string | number | null | Bytes;
export type Row = Record<string, unknown>;

export interface Answer {
  /** A list for each SELECT or OUTPUT, in order. */
  sets: Row[][];
  /** Rows that the last statement changed. */
  changed: number;
}

/** Runs hand-written T-SQL. Every value is a parameter, `@name` in the text. */
export interface Sql {
  ask(text: string, values?: Record<string, Value>): Promise<Answer>;
}

/** What the store needs of a driver. Errors are the driver's own; `faultOf` reads them. */
export interface Driver extends Sql {
  /**
   * One transaction around `work`: committed when it resolves, rolled back when it rejects. A commit that failed throws
   * `CommitError`: whether it happened is not known.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The answer to COMMIT did not come. */
export class CommitError extends Error {
  override readonly name = 'CommitError';
}

/** Keys are compared byte by byte, whatever the database's collation: it may take `a` and `A`, or `ß` and `ss`, for one. */
export const key = (text: string): Bytes => ({ bytes: Buffer.from(text, 'utf8') });
export const nullableKey = (text: string | null): Bytes => (text === null ? { bytes: null } : key(text));

/** A text that every server can keep: UTF-8 databases take neither U+0000 nor half a surrogate pair. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\u0000', '\ufffd');

export const row = ({ sets }: Answer): Row | undefined => sets[0]?.[0];
export const rows = ({ sets }: Answer): Row[] => sets[0] ?? [];

export const text = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value ?? '');
export const nullableText = (value: unknown) => (value === null || value === undefined ? null : text(value));
/** The driver gives bigint as text and datetime2 as Date. */
export const number = (value: unknown) => (value instanceof Date ? value.getTime() : Number(value));
export const nullableNumber = (value: unknown) => (value === null || value === undefined ? null : number(value));
