import { hash } from 'node:crypto';
import type { AuditEntry, AuditHead, AuditRow, Person } from './store/store.ts';

/** What the first entry follows. */
export const NO_AUDIT: AuditHead = { seq: 0, hash: '' };

/**
 * The entry as the text that is stored and hashed: JSON without white space, always the same keys in the same order,
 * `at` as ISO 8601 in UTC. Every character survives storage: JSON escapes control characters and lone surrogates.
 */
export function canonicalEntry(entry: AuditEntry): string {
  return JSON.stringify({
    at: new Date(entry.at).toISOString(),
    kind: entry.kind,
    person: entry.person && canonicalPerson(entry.person),
    conversationId: entry.conversationId,
    text: entry.text,
    intent: entry.intent,
    action: entry.action,
    devices: entry.devices,
    confirmationId: entry.confirmationId,
    jobId: entry.jobId,
    rpc: entry.rpc,
    result: entry.result,
    detail: entry.detail,
  });
}

const canonicalPerson = ({ id, objectId, upn, name }: Person) => ({ id, objectId, upn, name });

/** The row that follows `previous`. */
export function chained(previous: AuditHead, entry: string): AuditRow {
  const seq = previous.seq + 1;
  return { seq, entry, hash: hashOf(previous.hash, seq, entry) };
}

const hashOf = (previous: string, seq: number, entry: string) => hash('sha256', `${previous}\n${seq}\n${entry}`);

/** What a look at the whole chain found; the first thing that is wrong, with the numbers of the entries. */
export type ChainVerdict =
  | { isUnbroken: true; head: AuditHead }
  | { isUnbroken: false; reason: 'changed' | 'inserted-or-changed'; seq: number }
  | { isUnbroken: false; reason: 'missing'; from: number; to: number; isEnd: boolean }
  | { isUnbroken: false; reason: 'no-head' };

export interface ChainCheck {
  /** Takes the next row, by rising number. False: what is wrong is known, and further rows tell nothing new. */
  next(row: AuditRow): boolean;
  /** Compares the end with the stored head; null when the store has none. */
  end(head: AuditHead | null): ChainVerdict;
}

/**
 * Follows the chain row by row and keeps two of them, however long it is. A row that does not fit is judged by the one
 * after it: when that one follows from its hash, its text was changed; otherwise it may be a row that was put there.
 */
export function checkChain(): ChainCheck {
  let last: AuditHead = NO_AUDIT;
  let beforeLast: AuditHead = NO_AUDIT;
  let suspect: AuditHead | null = null;
  let verdict: ChainVerdict | null = null;

  const judge = ({ seq }: { seq: number }, isVouchedFor: boolean): ChainVerdict => ({
    isUnbroken: false,
    reason: isVouchedFor ? 'changed' : 'inserted-or-changed',
    seq,
  });

  const look = (row: AuditRow): ChainVerdict | null => {
    if (suspect) return judge(suspect, row.seq === suspect.seq + 1 && follows(suspect, row));
    if (row.seq <= last.seq) return judge(row, false);
    if (row.seq > last.seq + 1) return missing(last.seq + 1, row.seq - 1, false);
    if (!follows(last, row)) {
      // Its hash is the one it had a place earlier: the row before it was put in between.
      if (row.hash === hashOf(beforeLast.hash, last.seq, row.entry)) return judge(last, false);
      suspect = row;
    }
    beforeLast = last;
    last = row;
    return null;
  };

  return {
    next(row) {
      verdict ??= look(row);
      return verdict === null;
    },
    end(head) {
      if (verdict) return verdict;
      const isSame = head !== null && head.seq === last.seq && head.hash === last.hash;
      if (suspect) return judge(suspect, isSame);
      if (head === null) return { isUnbroken: false, reason: 'no-head' };
      if (isSame) return { isUnbroken: true, head };
      if (head.seq > last.seq) return missing(last.seq + 1, head.seq, true);
      // Beyond the head, or the newest one written anew together with its hash.
      return judge(head.seq < last.seq ? { seq: head.seq + 1 } : last, false);
    },
  };
}

const follows = (previous: AuditHead, row: AuditRow) => row.hash === hashOf(previous.hash, previous.seq + 1, row.entry);

const missing = (from: number, to: number, isEnd: boolean): ChainVerdict => ({
  isUnbroken: false,
  reason: 'missing',
  from,
  to,
  isEnd,
});

/** The one line that `audit verify` prints. */
export function verdictSentence(verdict: ChainVerdict): string {
  if (verdict.isUnbroken) {
    const { seq, hash } = verdict.head;
    return seq === 0 ? 'no entries yet' : `${seq} ${seq === 1 ? 'entry' : 'entries'}, unbroken, head ${hash}`;
  }
  switch (verdict.reason) {
    case 'changed':
      return `entry ${verdict.seq} was changed`;
    case 'inserted-or-changed':
      return `entry ${verdict.seq} was inserted or changed`;
    case 'no-head':
      return 'the head is missing: nothing tells whether entries are missing at the end';
    case 'missing':
      return missingSentence(verdict);
  }
}

function missingSentence({ from, to, isEnd }: { from: number; to: number; isEnd: boolean }): string {
  if (isEnd) return to === from ? 'the last entry is missing' : `the last ${to - from + 1} entries are missing`;
  return to === from ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;
}
