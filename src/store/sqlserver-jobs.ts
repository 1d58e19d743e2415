import { AssistantError } from '../errors.ts';
import type { Call } from './sqlserver-calls.ts';
import { lock } from './sqlserver-lock.ts';
import { key, nullableNumber, nullableText, number, type Row, row, rows, type Sql, text } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';
import type { AuditEntry, Confirmation, Decided, Decision, Job, JobChange, JobCondition, Person } from './store.ts';

/** How long a click waits for another one's transaction. */
const LOCK_MS = 10_000;

/**
 * Confirmations and their jobs. That a confirmation works once is the conditional UPDATE's doing, and that a device
 * gets one job of it is a constraint of the table; decisions of all processes come one after the other, because each
 * has to see the jobs that the one before it made.
 */
export function jobOperations(t: Tables, appendAudit: (call: Call, entries: AuditEntry[]) => Promise<void>) {
  async function toConfirmation(sql: Sql, found: Row): Promise<Confirmation> {
    const devices = await sql.ask(
      `SELECT device FROM ${t.confirmation_devices} WHERE confirmation_id = @id ORDER BY position`,
      { id: key(text(found.id)) },
    );
    return confirmationOf(
      found,
      rows(devices).map(({ device }) => text(device)),
    );
  }
  async function confirmation(sql: Sql, id: string): Promise<Confirmation | null> {
    const found = row(await sql.ask(`SELECT * FROM ${t.confirmations} WHERE id = @id`, { id: key(id) }));
    return found ? await toConfirmation(sql, found) : null;
  }
  async function toJobs(sql: Sql, found: Row[]): Promise<Job[]> {
    const known = new Map<string, Confirmation>();
    const jobs: Job[] = [];
    for (const each of found) {
      const id = text(each.confirmation_id);
      const of = known.get(id) ?? (await confirmation(sql, id));
      if (!of) throw new Error('A job has no confirmation.');
      known.set(id, of);
      jobs.push(jobOf(each, of));
    }
    return jobs;
  }
  async function jobsOfConfirmation(sql: Sql, id: string): Promise<Job[]> {
    const found = await sql.ask(
      `SELECT jobs.* FROM ${t.jobs} AS jobs JOIN ${t.confirmation_devices} AS place
           ON place.confirmation_id = jobs.confirmation_id AND place.device = jobs.device
         WHERE jobs.confirmation_id = @id ORDER BY place.position`,
      { id: key(id) },
    );
    return await toJobs(sql, rows(found));
  }

  /** A job that ended without anything sent does not count: nothing happened to the device. */
  async function supersedes(sql: Sql, id: string, harmless: readonly string[]): Promise<Decided['supersededBy']> {
    const found = await sql.ask(
      `SELECT jobs.confirmation_id AS confirmation_id, jobs.device AS device, mine.action AS mine, other.action AS other
         FROM ${t.confirmations} AS mine
         JOIN ${t.confirmation_devices} AS place ON place.confirmation_id = mine.id
         JOIN ${t.jobs} AS jobs
           ON jobs.device = place.device AND jobs.created_at >= mine.asked_at AND jobs.confirmation_id <> mine.id
         JOIN ${t.confirmations} AS other ON other.id = jobs.confirmation_id
         WHERE mine.id = @id AND mine.status = 'pending' AND jobs.status <> 'refused'
           AND (jobs.status NOT IN ('failed', 'cancelled') OR jobs.sent_at IS NOT NULL)
         ORDER BY jobs.created_at DESC, place.position`,
      { id: key(id) },
    );
    const isHarmless = (action: unknown) => harmless.includes(text(action));
    const first = rows(found).find(({ mine, other }) => !isHarmless(mine) && !isHarmless(other));
    const other = first ? await confirmation(sql, text(first.confirmation_id)) : null;
    return first && other ? { confirmation: other, device: text(first.device) } : null;
  }

  const untouched: Record<JobCondition, string> = {
    open: `UPDATE ${t.jobs} SET sent_at = NULL WHERE id = @id AND sent_at IS NULL AND ended_at IS NULL`,
    unsent: `UPDATE ${t.jobs} SET sent_at = NULL WHERE id = @id AND sent_at IS NULL`,
  };
  const updates: Record<keyof JobChange, string> = {
    status: `UPDATE ${t.jobs} SET status = @value WHERE id = @id`,
    sentAt: `UPDATE ${t.jobs} SET sent_at = @value WHERE id = @id`,
    endedAt: `UPDATE ${t.jobs} SET ended_at = @value WHERE id = @id`,
    reportedAt: `UPDATE ${t.jobs} SET reported_at = @value WHERE id = @id`,
    sentence: `UPDATE ${t.jobs} SET sentence = @value WHERE id = @id`,
    answer: `UPDATE ${t.jobs} SET answer = @value WHERE id = @id`,
    evidence: `UPDATE ${t.jobs} SET evidence = @value WHERE id = @id`,
  };

  return {
    async addConfirmation(call: Call, c: Confirmation, audit: AuditEntry[] = []): Promise<void> {
      if (c.devices.length === 0) throw new Error('A confirmation is for one device at least.');
      await call.ask(
        `INSERT INTO ${t.confirmations} (id, action, parameters, asked_by, asked_at, expires_at, zone, conversation_id,
             activity_id, status)
           VALUES (@id, @action, @parameters, @askedBy, @askedAt, @expiresAt, @zone, @conversationId, @activityId, @status)`,
        {
          id: key(c.id),
          action: c.action,
          parameters: c.parameters,
          askedBy: JSON.stringify(c.askedBy),
          askedAt: c.askedAt,
          expiresAt: c.expiresAt,
          zone: c.zone,
          conversationId: key(c.conversationId),
          activityId: c.activityId,
          status: c.status,
        },
      );
      for (const [position, device] of c.devices.entries()) {
        await call.ask(
          `INSERT INTO ${t.confirmation_devices} (confirmation_id, position, device) VALUES (@id, @position, @device)`,
          { id: key(c.id), position, device: key(device) },
        );
      }
      await appendAudit(call, audit);
    },
    async setConfirmationCard(sql: Sql, id: string, activityId: string): Promise<void> {
      await sql.ask(`UPDATE ${t.confirmations} SET activity_id = @activityId WHERE id = @id`, {
        id: key(id),
        activityId,
      });
    },
    confirmation,
    async openConfirmations(sql: Sql, conversationId: string, now: number): Promise<Confirmation[]> {
      const found = await sql.ask(
        `SELECT * FROM ${t.confirmations} WHERE conversation_id = @conversationId AND status = 'pending'
           AND expires_at > @now ORDER BY asked_at`,
        { conversationId: key(conversationId), now },
      );
      const open: Confirmation[] = [];
      for (const each of rows(found)) open.push(await toConfirmation(sql, each));
      return open;
    },
    async decide(call: Call, decision: Decision, audit: AuditEntry[] = []): Promise<Decided> {
      const { id, status, by, at, parameters, jobs, harmless = [] } = decision;
      await lock(call, `assistant decisions ${t.schema}`, LOCK_MS);
      const supersededBy = status === 'confirmed' ? await supersedes(call, id, harmless) : null;
      if (supersededBy) return { isTaken: false, confirmation: await confirmation(call, id), jobs: [], supersededBy };
      const { changed } = await call.ask(
        `UPDATE ${t.confirmations} SET status = @status, decided_by = @by, decided_at = @at,
             parameters = COALESCE(@parameters, parameters)
           WHERE id = @id AND status = 'pending' AND expires_at > @at`,
        { id: key(id), status, by: JSON.stringify(by), at, parameters: parameters ?? null },
      );
      const decided = await confirmation(call, id);
      if (changed === 0 || !decided) return { isTaken: false, confirmation: decided, jobs: [], supersededBy: null };
      // Thrown, so that the row stays pending: a device that was confirmed and gets no job would be a silent loss.
      if (jobs.length !== (status === 'confirmed' ? decided.devices.length : 0))
        throw new Error('A confirmed request makes one job for each of its devices, a cancelled one none.');
      for (const job of jobs) {
        await call.ask(
          `INSERT INTO ${t.jobs} (id, confirmation_id, device, status, created_at)
             VALUES (@job, @id, @device, 'queued', @at)`,
          { job: key(job.id), id: key(id), device: key(job.device), at },
        );
      }
      const made = await jobsOfConfirmation(call, id);
      await appendAudit(call, audit);
      return { isTaken: true, confirmation: decided, jobs: made, supersededBy: null };
    },

    jobsOfConfirmation,
    async job(sql: Sql, id: string): Promise<Job | null> {
      const found = rows(await sql.ask(`SELECT * FROM ${t.jobs} WHERE id = @id`, { id: key(id) }));
      return (await toJobs(sql, found))[0] ?? null;
    },
    async unfinishedJobs(sql: Sql): Promise<Job[]> {
      const found = await sql.ask(
        `SELECT * FROM ${t.jobs} WHERE reported_at IS NULL OR ended_at IS NULL ORDER BY created_at, n`,
      );
      return await toJobs(sql, rows(found));
    },
    async openJobs(sql: Sql, device: string): Promise<Job[]> {
      const found = await sql.ask(
        `SELECT * FROM ${t.jobs} WHERE device = @device AND ended_at IS NULL ORDER BY created_at, n`,
        { device: key(device) },
      );
      return await toJobs(sql, rows(found));
    },
    async updateJob(
      call: Call,
      id: string,
      change: JobChange,
      audit: AuditEntry[] = [],
      only?: JobCondition,
    ): Promise<void> {
      // It holds the row until the end of the transaction: whoever else asks waits, and sees what was sent.
      if (only && (await call.ask(untouched[only], { id: key(id) })).changed === 0)
        throw new AssistantError('job-taken', 'This job was carried out or ended by another process.');
      for (const [name, value] of Object.entries(change) as [keyof JobChange, string | number | null][]) {
        const { changed } = await call.ask(updates[name], { id: key(id), value });
        if (changed === 0) throw new Error(`There is no job ${id}.`);
      }
      await appendAudit(call, audit);
    },
  };
}

const person = (value: unknown) => JSON.parse(text(value)) as Person;

const confirmationOf = (found: Row, devices: string[]): Confirmation => ({
  id: text(found.id),
  action: text(found.action),
  devices,
  parameters: text(found.parameters),
  askedBy: person(found.asked_by),
  askedAt: number(found.asked_at),
  expiresAt: number(found.expires_at),
  zone: text(found.zone),
  conversationId: text(found.conversation_id),
  activityId: nullableText(found.activity_id),
  status: text(found.status) as Confirmation['status'],
  decidedBy: found.decided_by === null ? null : person(found.decided_by),
  decidedAt: nullableNumber(found.decided_at),
});

const jobOf = (found: Row, confirmation: Confirmation): Job => ({
  id: text(found.id),
  confirmation,
  device: text(found.device),
  status: text(found.status) as Job['status'],
  createdAt: number(found.created_at),
  sentAt: nullableNumber(found.sent_at),
  endedAt: nullableNumber(found.ended_at),
  reportedAt: nullableNumber(found.reported_at),
  sentence: nullableText(found.sentence),
  answer: nullableText(found.answer),
  evidence: nullableText(found.evidence),
});
