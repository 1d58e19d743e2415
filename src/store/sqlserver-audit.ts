import { canonicalEntry, chained, NO_AUDIT } from '../audit.ts';
import type { Call } from './sqlserver-calls.ts';
import { number, type Row, row, rows, type Sql, text } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';
import type { AuditEntry, AuditHead, AuditRow } from './store.ts';

/**
 * The audit. Its head is one row, and updating it first makes writers wait for each other until they commit: there are
 * no gaps, whoever writes. It comes last in every transaction, so that nobody who waits for it holds what another needs.
 */
export function auditOperations(t: Tables) {
  const lockedHead = async (sql: Sql): Promise<AuditHead> => {
    const found = row(
      await sql.ask(
        // Not by OUTPUT: a table with a trigger on it, which is how some watch an audit, does not take that.
        `UPDATE ${t.audit_head} SET seq = seq WHERE id = 1; SELECT seq, hash FROM ${t.audit_head} WHERE id = 1;`,
      ),
    );
    if (!found) throw new Error('The audit has lost its head.');
    return toHead(found);
  };
  return {
    async appendAudit(call: Call, entries: AuditEntry[]): Promise<void> {
      if (entries.length === 0) return;
      const texts = entries.map(canonicalEntry);
      let last = await lockedHead(call);
      for (const entry of texts) {
        const next = chained(last, entry);
        const { seq, hash } = next;
        await call.ask(`INSERT INTO ${t.audit} (seq, entry, hash) VALUES (@seq, @entry, @hash)`, { seq, entry, hash });
        last = { seq, hash };
      }
      await call.ask(`UPDATE ${t.audit_head} SET seq = @seq, hash = @hash WHERE id = 1`, { ...last });
      call.audited = last;
    },
    /** Whether a transaction that ended with that entry was committed. Waits for one that has not ended. */
    async isThere(sql: Sql, { seq, hash }: AuditHead): Promise<boolean> {
      await lockedHead(sql);
      const found = row(await sql.ask(`SELECT hash AS hash FROM ${t.audit} WHERE seq = @seq`, { seq }));
      return found !== undefined && text(found.hash) === hash;
    },
    async auditRows(sql: Sql, after: number, limit: number): Promise<AuditRow[]> {
      const found = await sql.ask(
        `SELECT TOP (@limit) seq, entry, hash FROM ${t.audit} WHERE seq > @after ORDER BY seq`,
        { after, limit },
      );
      return rows(found).map(toRow);
    },
    async auditHead(sql: Sql): Promise<AuditHead | null> {
      const found = row(await sql.ask(`SELECT seq, hash FROM ${t.audit_head} WHERE id = 1`));
      return found === undefined || number(found.seq) === NO_AUDIT.seq ? null : toHead(found);
    },
  };
}

const toHead = (found: Row): AuditHead => ({ seq: number(found.seq), hash: text(found.hash) });

const toRow = (found: Row): AuditRow => ({
  seq: number(found.seq),
  entry: text(found.entry),
  hash: text(found.hash),
});
