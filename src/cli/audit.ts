import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DateTime } from 'luxon';
import { checkChain, verdictSentence } from '../audit.ts';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import { openAuditFile } from '../store/sqlite-audit-file.ts';
import type { AuditHead, AuditRow } from '../store/store.ts';

/** Follows the whole chain and prints one line: what is there, or the first thing that is wrong, with exit 1. */
export async function auditVerify(dir: string): Promise<void> {
  const file = await openAudit(dir);
  try {
    const verdict = await verify(file);
    process.stdout.write(`${verdictSentence(verdict)}\n`);
    if (!verdict.isUnbroken) process.exitCode = 1;
  } finally {
    await file.close();
  }
}

/** Prints the entries, a line of JSON each: `seq`, `hash` and the keys of the entry. */
export async function auditExport(dir: string, options: { since?: string; device?: string }): Promise<void> {
  const since = options.since === undefined ? Number.NEGATIVE_INFINITY : readTime(options.since);
  const device = options.device?.toLowerCase();
  const isWanted = ({ at, devices }: Shown) =>
    Date.parse(at) >= since && (device === undefined || devices.some((name) => name.toLowerCase() === device));
  const file = await openAudit(dir);
  try {
    await pipeline(Readable.from(lines(file, isWanted)), process.stdout, { end: false });
  } catch (error) {
    // Whoever reads has seen enough: `| head`.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    await file.close();
  }
}

/** Without an offset it is UTC, like the times in the entries. */
function readTime(text: string): number {
  const time = DateTime.fromISO(text, { zone: 'utc' });
  if (!time.isValid) throw new AssistantError('usage', `${text} is not a time such as 2026-11-23T10:00:00Z.`);
  return time.toMillis();
}

/** The audit of either store: its head, and every row by rising number, a batch at a time. */
interface AuditSource {
  head: AuditHead | null;
  batches(): Iterable<AuditRow[]> | AsyncIterable<AuditRow[]>;
  close(): void | Promise<void>;
}

async function openAudit(dir: string): Promise<AuditSource> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  if (!config.sqlServer) return openAuditFile(config.storeFile);
  return await (await import('../store/sqlserver-audit-reader.ts')).openServerAudit(config.sqlServer);
}

async function verify(file: AuditSource) {
  const check = checkChain();
  for await (const rows of file.batches()) {
    if (!rows.every(check.next)) break;
  }
  return check.end(file.head);
}

/** What the filters look at in an entry. */
interface Shown {
  at: string;
  devices: string[];
}

async function* lines(file: AuditSource, isWanted: (entry: Shown) => boolean): AsyncGenerator<string, void> {
  for await (const rows of file.batches()) {
    const text = rows.flatMap((row) => line(row, isWanted) ?? []).join('');
    if (text !== '') yield text;
  }
}

function line({ seq, entry, hash }: AuditRow, isWanted: (entry: Shown) => boolean): string | null {
  try {
    const shown = JSON.parse(entry) as Shown;
    return isWanted(shown) ? `${JSON.stringify({ seq, hash, ...shown })}\n` : null;
  } catch {
    // Somebody changed it so that it cannot be read: shown as it is, whatever was asked for.
    return `${JSON.stringify({ seq, hash, entry })}\n`;
  }
}
