import { NO_AUDIT } from '../audit.ts';
import type { SqlServerPlace } from './place.ts';
import { openSqlServerStore } from './sqlserver.ts';
import type { AuditHead, AuditRow } from './store.ts';

/** Rows read at a time: few enough that a long record takes no more memory than a short one. */
const BATCH = 1_000;

/** Opens the audit in a SQL Server to read it up to the head it has now. Throws AssistantError as the store does. */
export async function openServerAudit(place: SqlServerPlace) {
  const store = await openSqlServerStore(place);
  // Rows beyond it are written meanwhile, and rows are never changed: up to it is the audit at one moment.
  const head: AuditHead = (await store.auditHead()) ?? NO_AUDIT;
  return {
    head,
    async *batches(): AsyncGenerator<AuditRow[], void> {
      let after = Number.MIN_SAFE_INTEGER;
      while (true) {
        const rows = await store.auditRows(after, BATCH);
        const known = rows.filter(({ seq }) => seq <= head.seq);
        if (known.length > 0) yield known;
        if (known.length < BATCH) return;
        after = known.at(-1)?.seq ?? after;
      }
    },
    close: () => store.close(),
  };
}
