import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AssistantError } from '../errors.ts';
import { auditOperations } from './sqlite-audit.ts';
import { sqlOf } from './sqlite-sql.ts';
import type { AuditHead, AuditRow } from './store.ts';

/** Rows read at a time: few enough that a long record takes no more memory than a short one. */
const BATCH = 1_000;

/** The audit of a store file at one moment. What the bot writes meanwhile is not in it. */
export interface AuditFile {
  /** The head's row as it is; null when there is none, which never happens by itself. */
  head: AuditHead | null;
  /** Every row by rising number, a batch at a time. */
  batches(): Generator<AuditRow[], void>;
  close(): void;
}

/** Opens a store file to read its audit, also while the bot runs. Throws AssistantError `no-store` or `store-unusable`. */
export function openAuditFile(file: string): AuditFile {
  if (!existsSync(file)) {
    throw new AssistantError('no-store', `There is no store at ${file} yet: it is made when the bot starts.`);
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    // One transaction around all reads, so that the head belongs to the rows.
    db.exec('PRAGMA busy_timeout = 5000; BEGIN');
    const opened = db;
    const { auditRows, storedHead } = auditOperations(sqlOf(opened));
    const head = storedHead();
    return {
      head,
      *batches() {
        let after = Number.MIN_SAFE_INTEGER;
        while (true) {
          const rows = auditRows(after, BATCH);
          if (rows.length > 0) yield rows;
          if (rows.length < BATCH) return;
          after = rows.at(-1)?.seq ?? after;
        }
      },
      close: () => opened.close(),
    };
  } catch (error) {
    db?.close();
    const { message } = error as Error;
    const sentence = message.startsWith('no such table')
      ? `The store ${file} has no audit yet: it was written by an earlier version. Start the bot once.`
      : `The store ${file} cannot be read: ${message}`;
    throw new AssistantError('store-unusable', sentence, { cause: error });
  }
}
