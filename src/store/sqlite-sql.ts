import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

/** Runs hand-written SQL: every statement is prepared once and kept, every value is a parameter. */
export interface Sql {
  /** How many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** The number of the row it made. */
  insert(sql: string, ...values: SQLInputValue[]): number;
  row(sql: string, ...values: SQLInputValue[]): Row | undefined;
  rows(sql: string, ...values: SQLInputValue[]): Row[];
}

export function sqlOf(db: DatabaseSync): Sql {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    insert: (sql, ...values) => Number(statement(sql).run(...values).lastInsertRowid),
    row: (sql, ...values) => statement(sql).get(...values),
    rows: (sql, ...values) => statement(sql).all(...values),
  };
}

export const text = (value: SQLOutputValue | undefined) => String(value ?? '');

export const nullableText = (value: SQLOutputValue | undefined) =>
  value === null || value === undefined ? null : String(value);

export const nullableNumber = (value: SQLOutputValue | undefined) =>
  value === null || value === undefined ? null : Number(value);
