import { canonicalEntry, chained, NO_AUDIT } from '../audit.ts';
import { type Row, type Sql, text } from './sqlite-sql.ts';
import type { AuditEntry, AuditHead, AuditRow } from './store.ts';

/**
 * The audit's tables. The head is read from its row every time and never kept in memory: a call that fails is undone
 * with its entries, and the next one must follow what is really there.
 */
export function auditOperations({ run, row, rows }: Sql) {
  const head = () => toHead(row('SELECT seq, hash FROM audit_head WHERE id = 1'));
  return {
    appendAudit(entries: AuditEntry[]): void {
      if (entries.length === 0) return;
      let last = head();
      if (!last) throw new Error('The audit has lost its head.');
      for (const entry of entries) {
        const next = chained(last, canonicalEntry(entry));
        run('INSERT INTO audit (seq, entry, hash) VALUES (?, ?, ?)', next.seq, next.entry, next.hash);
        last = next;
      }
      run('UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1', last.seq, last.hash);
    },
    auditRows: (after: number, limit: number): AuditRow[] =>
      rows('SELECT seq, entry, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', after, limit).map(toRow),
    auditHead(): AuditHead | null {
      const found = head();
      return found === null || found.seq === NO_AUDIT.seq ? null : found;
    },
    /** The head's row as it is: null when there is no such row, which never happens by itself. */
    storedHead: head,
  };
}

const toHead = (found: Row | undefined): AuditHead | null =>
  found ? { seq: Number(found.seq), hash: text(found.hash) } : null;

const toRow = (found: Row): AuditRow => ({
  seq: Number(found.seq),
  entry: text(found.entry),
  hash: text(found.hash),
});
