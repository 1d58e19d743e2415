import { nullableNumber, nullableText, type Row, type Sql, text } from './sqlite-sql.ts';
import type { AuditEntry, Confirmation, Decided, Decision, Job, JobChange, JobCondition, Person } from './store.ts';

/**
 * Confirmations and their jobs. That a confirmation works once is the conditional UPDATE's doing, and that a device
 * gets one job of it is a constraint of the table: neither depends on what this program remembers.
 */
export function jobOperations({ run, row, rows }: Sql, appendAudit: (entries: AuditEntry[]) => void) {
  const toConfirmation = (found: Row): Confirmation => {
    const devices = rows(
      'SELECT device FROM confirmation_devices WHERE confirmation_id = ? ORDER BY position',
      text(found.id),
    );
    return confirmationOf(
      found,
      devices.map(({ device }) => text(device)),
    );
  };
  const confirmation = (id: string): Confirmation | null => {
    const found = row('SELECT * FROM confirmations WHERE id = ?', id);
    return found ? toConfirmation(found) : null;
  };
  const toJob = (found: Row): Job => {
    const of = confirmation(text(found.confirmation_id));
    if (!of) throw new Error('A job has no confirmation.');
    return jobOf(found, of);
  };
  const jobsOfConfirmation = (id: string): Job[] =>
    rows(
      `SELECT jobs.* FROM jobs JOIN confirmation_devices AS place
         ON place.confirmation_id = jobs.confirmation_id AND place.device = jobs.device
       WHERE jobs.confirmation_id = ? ORDER BY place.position`,
      id,
    ).map(toJob);

  /** A job that ended without anything sent does not count: nothing happened to the device. */
  const supersedes = (id: string, harmless: readonly string[]): Decided['supersededBy'] => {
    const found = row(
      `SELECT jobs.confirmation_id, jobs.device FROM confirmations AS mine
         JOIN confirmation_devices AS place ON place.confirmation_id = mine.id
         JOIN jobs ON jobs.device = place.device AND jobs.created_at >= mine.asked_at AND jobs.confirmation_id <> mine.id
         JOIN confirmations AS other ON other.id = jobs.confirmation_id
       WHERE mine.id = ?1 AND mine.action NOT IN (SELECT value FROM json_each(?2))
         AND other.action NOT IN (SELECT value FROM json_each(?2)) AND mine.status = 'pending' AND jobs.status <> 'refused'
         AND (jobs.status NOT IN ('failed', 'cancelled') OR jobs.sent_at IS NOT NULL)
       ORDER BY jobs.created_at DESC, place.position LIMIT 1`,
      id,
      JSON.stringify(harmless),
    );
    const other = found ? confirmation(text(found.confirmation_id)) : null;
    return found && other ? { confirmation: other, device: text(found.device) } : null;
  };

  return {
    addConfirmation(c: Confirmation, audit: AuditEntry[] = []): void {
      if (c.devices.length === 0) throw new Error('A confirmation is for one device at least.');
      run(
        `INSERT INTO confirmations (id, action, parameters, asked_by, asked_at, expires_at, zone, conversation_id, activity_id, status)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        c.id,
        c.action,
        c.parameters,
        JSON.stringify(c.askedBy),
        c.askedAt,
        c.expiresAt,
        c.zone,
        c.conversationId,
        c.activityId,
        c.status,
      );
      for (const [position, device] of c.devices.entries()) {
        run(
          'INSERT INTO confirmation_devices (confirmation_id, position, device) VALUES (?, ?, ?)',
          c.id,
          position,
          device,
        );
      }
      appendAudit(audit);
    },
    setConfirmationCard(id: string, activityId: string): void {
      run('UPDATE confirmations SET activity_id = ? WHERE id = ?', activityId, id);
    },
    confirmation,
    openConfirmations: (conversationId: string, now: number): Confirmation[] =>
      rows(
        `SELECT * FROM confirmations WHERE conversation_id = ? AND status = 'pending' AND expires_at > ? ORDER BY asked_at`,
        conversationId,
        now,
      ).map(toConfirmation),
    decide({ id, status, by, at, parameters, jobs, harmless = [] }: Decision, audit: AuditEntry[] = []): Decided {
      const supersededBy = status === 'confirmed' ? supersedes(id, harmless) : null;
      if (supersededBy) return { isTaken: false, confirmation: confirmation(id), jobs: [], supersededBy };
      const taken = run(
        `UPDATE confirmations SET status = ?, decided_by = ?, decided_at = ?, parameters = coalesce(?, parameters)
           WHERE id = ? AND status = 'pending' AND expires_at > ?`,
        status,
        JSON.stringify(by),
        at,
        parameters ?? null,
        id,
        at,
      );
      const decided = confirmation(id);
      if (taken === 0 || !decided) return { isTaken: false, confirmation: decided, jobs: [], supersededBy: null };
      // Thrown, so that the row stays pending: a device that was confirmed and gets no job would be a silent loss.
      if (jobs.length !== (status === 'confirmed' ? decided.devices.length : 0))
        throw new Error('A confirmed request makes one job for each of its devices, a cancelled one none.');
      for (const job of jobs) {
        run(
          `INSERT INTO jobs (id, confirmation_id, device, status, created_at) VALUES (?, ?, ?, 'queued', ?)`,
          job.id,
          id,
          job.device,
          at,
        );
      }
      appendAudit(audit);
      return { isTaken: true, confirmation: decided, jobs: jobsOfConfirmation(id), supersededBy: null };
    },

    jobsOfConfirmation,
    job(id: string): Job | null {
      const found = row('SELECT * FROM jobs WHERE id = ?', id);
      return found ? toJob(found) : null;
    },
    unfinishedJobs: (): Job[] =>
      rows('SELECT * FROM jobs WHERE reported_at IS NULL OR ended_at IS NULL ORDER BY created_at, rowid').map(toJob),
    openJobs: (device: string): Job[] =>
      rows('SELECT * FROM jobs WHERE device = ? AND ended_at IS NULL ORDER BY created_at, rowid', device).map(toJob),
    updateJob(id: string, change: JobChange, audit: AuditEntry[] = [], only?: JobCondition): void {
      if (only) {
        const { sent_at = null, ended_at = null } = row('SELECT sent_at, ended_at FROM jobs WHERE id = ?', id) ?? {};
        if (sent_at !== null || (only === 'open' && ended_at !== null)) throw new JobTaken();
      }
      for (const [key, value] of Object.entries(change) as [keyof JobChange, string | number | null][]) {
        if (run(JOB_UPDATES[key], value, id) === 0) throw new Error(`There is no job ${id}.`);
      }
      appendAudit(audit);
    },
  };
}

/** Its code crosses the thread. */
class JobTaken extends Error {
  readonly code = 'job-taken';
  constructor() {
    super('This job was carried out or ended by another process.');
  }
}

const JOB_UPDATES: Record<keyof JobChange, string> = {
  status: 'UPDATE jobs SET status = ? WHERE id = ?',
  sentAt: 'UPDATE jobs SET sent_at = ? WHERE id = ?',
  endedAt: 'UPDATE jobs SET ended_at = ? WHERE id = ?',
  reportedAt: 'UPDATE jobs SET reported_at = ? WHERE id = ?',
  sentence: 'UPDATE jobs SET sentence = ? WHERE id = ?',
  answer: 'UPDATE jobs SET answer = ? WHERE id = ?',
  evidence: 'UPDATE jobs SET evidence = ? WHERE id = ?',
};

/** Rows of earlier versions have no user principal name. */
function person(value: Row[string] | undefined): Person {
  const { upn = null, ...rest } = JSON.parse(text(value)) as Omit<Person, 'upn'> & { upn?: string | null };
  return { ...rest, upn };
}

function confirmationOf(found: Row, devices: string[]): Confirmation {
  return {
    id: text(found.id),
    action: text(found.action),
    devices,
    parameters: text(found.parameters),
    askedBy: person(found.asked_by),
    askedAt: Number(found.asked_at),
    expiresAt: Number(found.expires_at),
    zone: text(found.zone),
    conversationId: text(found.conversation_id),
    activityId: nullableText(found.activity_id),
    status: text(found.status) as Confirmation['status'],
    decidedBy: found.decided_by === null ? null : person(found.decided_by),
    decidedAt: nullableNumber(found.decided_at),
  };
}

function jobOf(found: Row, confirmation: Confirmation): Job {
  return {
    id: text(found.id),
    confirmation,
    device: text(found.device),
    status: text(found.status) as Job['status'],
    createdAt: Number(found.created_at),
    sentAt: nullableNumber(found.sent_at),
    endedAt: nullableNumber(found.ended_at),
    reportedAt: nullableNumber(found.reported_at),
    sentence: nullableText(found.sentence),
    answer: nullableText(found.answer),
    evidence: nullableText(found.evidence),
  };
}
