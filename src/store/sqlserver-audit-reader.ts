import { NO_AUDIT } from '../audit.ts';
import type { SqlServerPlace } from './place.ts';
import { openSqlServerStore } from './sqlserver.ts';
import type { AuditHead, AuditRow, Store } from './store.ts';

/** Rows read at a time: few enough that a long record takes no more memory than a short one. */
const BATCH = 1_000;

/**
 * Opens the audit in a SQL Server to read it, also while the bot writes. Its head is the one of the moment in which the
 * last row had been read. Throws AssistantError as the store does.
 */
export async function openServerAudit(place: SqlServerPlace) {
  const store = await openSqlServerStore(place);
  return auditOf(store);
}

/** The same of a store that is open. */
export function auditOf(store: Pick<Store, 'auditRows' | 'auditHead' | 'close'>) {
  let head: AuditHead = NO_AUDIT;
  return {
    get head() {
      return head;
    },
    async *batches(): AsyncGenerator<AuditRow[], void> {
      let after = Number.MIN_SAFE_INTEGER;
      while (true) {
        const rows = await store.auditRows(after, BATCH);
        if (rows.length > 0) yield rows;
        after = rows.at(-1)?.seq ?? after;
        if (rows.length === BATCH) continue;
        head = (await store.auditHead()) ?? NO_AUDIT;
        // Written meanwhile, or missing: the next look tells.
        if (rows.length === 0 || head.seq <= after) return;
      }
    },
    close: () => store.close(),
  };
}
