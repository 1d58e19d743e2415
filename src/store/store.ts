/**
 * What the program remembers. The store is the truth and memory is a cache: an event is here before it
 * is acknowledged, a job before it runs, "the command was sent" before it is sent.
 *
 * Times are epoch milliseconds (UTC), ids are the caller's. Every method is one transaction, durable
 * when its promise resolves.
 */
export interface Store {
  addEvent(event: NewEvent): Promise<{ id: number; isDuplicate: boolean }>;
  /**
   * Stores an event as `addEvent` does, reads it back and removes it, in one transaction: whether it came back as it was.
   * It costs a commit, nobody else sees it, and nothing is left of it, whatever happens.
   */
  tryEvent(event: NewEvent): Promise<boolean>;
  /** Events that belong to no group yet, in order of arrival. */
  owedEvents(limit: number): Promise<OwedEvent[]>;
  /**
   * Groups that may still change, or whose card does not show everything yet; oldest first. Among them those closed ones,
   * if anything came since `since`, on which something is down or that tell of a mute.
   */
  liveGroups(since: number): Promise<StoredGroup[]>;
  group(id: string): Promise<StoredGroup | null>;
  /** Events are in their groups and no longer owed; groups and mutes are as given. The audit is written along. */
  saveGrouping(change: GroupingChange, audit?: AuditEntry[]): Promise<void>;
  /** A Teams message shows the group as of a revision. Its id also goes to its events' column `message`, which reports read. */
  groupShown(id: string, shown: ShownGroup): Promise<void>;
  /** The latest events of a group, newest first. */
  groupEvents(id: string, limit: number): Promise<StoredEvent[]>;
  /** Mutes whose end was not told yet. */
  mutes(): Promise<Mute[]>;
  /** Events without a group, and groups without a card. */
  backlog(): Promise<{ waiting: number; oldestAt: number | null }>;

  setting(key: SettingKey): Promise<string | null>;
  setSetting(key: SettingKey, value: string): Promise<void>;

  saveConversation(conversation: StoredConversation): Promise<void>;
  conversation(id: string): Promise<StoredConversation | null>;

  /** Refused when it names no device, or one device twice. The audit entries are written in the same transaction. */
  addConfirmation(confirmation: Confirmation, audit?: AuditEntry[]): Promise<void>;
  setConfirmationCard(id: string, activityId: string): Promise<void>;
  confirmation(id: string): Promise<Confirmation | null>;
  /** Confirmations in a conversation that can still be clicked, oldest first. */
  openConfirmations(conversationId: string, now: number): Promise<Confirmation[]>;
  /**
   * Takes a pending confirmation once, whoever clicks and however often. Confirmed, it makes a job for every device of
   * it in the same transaction: all or none. It is not taken when it was not pending any more or expired, nor, to be
   * confirmed, when another request for one of its devices was confirmed after this one was asked: who asked then did
   * not know of it. The audit entries are written, in the same transaction, only when it was taken.
   */
  decide(decision: Decision, audit?: AuditEntry[]): Promise<Decided>;

  /** In the order of the confirmation's devices; empty as long as it is not confirmed. */
  jobsOfConfirmation(confirmationId: string): Promise<Job[]>;
  job(id: string): Promise<Job | null>;
  /** Jobs that a stopped process left behind, oldest first: not ended, or their end not shown to anybody yet. */
  unfinishedJobs(): Promise<Job[]>;
  /** Jobs of a device, by its canonical name, that have not ended, oldest first. */
  openJobs(device: string): Promise<Job[]>;
  /**
   * Refused when there is no such job. The audit entries are written in the same transaction. `only` is for
   * whoever carries a job out, so that of two that do one sends: `open` while no command was sent for it and it has not
   * ended, `unsent` while no command was sent. Otherwise AssistantError `job-taken`, and nothing is changed.
   */
  updateJob(id: string, change: JobChange, audit?: AuditEntry[], only?: JobCondition): Promise<void>;

  /** Chains the entries to the audit, in this order. Nothing changes or removes an entry afterwards. */
  appendAudit(entries: AuditEntry[]): Promise<void>;
  /** Up to `limit` entries after number `after` (0: from the first), in order. */
  auditRows(after: number, limit: number): Promise<AuditRow[]>;
  /** The newest entry; null before the first. */
  auditHead(): Promise<AuditHead | null>;

  /** Keeps what nobody understood, for whoever teaches the bot. The newest ten thousand stay. */
  addUnknownPhrase(phrase: UnknownPhrase): Promise<void>;
  /** Newest first. */
  unknownPhrases(limit: number): Promise<UnknownPhrase[]>;

  /** Newest first; with `device`, those of the host name that the device reported, in any case. */
  recentEvents(query: { device: string | null; limit: number }): Promise<StoredEvent[]>;

  /**
   * Removes up to `limit` events received before `before`, none that is owed a card. How many it removed: fewer than
   * `limit` were all there are.
   */
  removeEvents(before: number, limit: number): Promise<number>;

  /** Dialog state: a value and the eTag its writer must present. */
  readState(keys: string[]): Promise<StateItem[]>;
  /** Writes all or none; throws `state-conflict` when an eTag is not the stored one. `*` or null overwrites. */
  writeState(items: StateWrite[]): Promise<void>;
  deleteState(keys: string[]): Promise<void>;

  /** Resolves when everything asked so far is durable; then frees the store. */
  close(): Promise<void>;
}

export type SettingKey = 'alert-conversation' | 'canary-card';

export interface NewEvent {
  receivedAt: number;
  event: string;
  process: string;
  message: string;
  hostname: string;
  /** JSON text of whatever the agent sent: a string, or rows such as the busiest processes. */
  detail: string;
  /** The sender's IP address. */
  source: string;
  priority: 1 | 2 | 3 | 4;
  /** The body's exact bytes. */
  body: Uint8Array;
  webhookId: string | null;
  /** How far the sender's clock was ahead (behind: negative) when that was more than is allowed for. Milliseconds. */
  skewMs: number | null;
  /** To be looked at for a card: because of its priority, or because it may clear one. */
  isOwed: boolean;
}

export interface OwedEvent extends Omit<NewEvent, 'webhookId' | 'source' | 'skewMs' | 'isOwed'> {
  id: number;
}

/** A card's content as JSON, and how much of it is shown. */
export interface StoredGroup {
  id: string;
  key: string;
  priority: 1 | 2;
  openedAt: number;
  lastAt: number;
  closedAt: number | null;
  content: string;
  revision: number;
  shownRevision: number;
  shownAt: number | null;
  conversationId: string | null;
  activityId: string | null;
}

export interface GroupingChange {
  groups?: StoredGroup[];
  /** `groupId` null: it goes to no card. */
  events?: { id: number; groupId: string | null }[];
  mutes?: Mute[];
}

export interface ShownGroup {
  revision: number;
  at: number;
  conversationId: string | null;
  activityId: string | null;
  /** Its events after this one, up to that one, are on this message for the first time. */
  afterEventId: number;
  lastEventId: number;
}

export interface Mute {
  id: string;
  scope: 'group' | 'device' | 'event';
  /** The group's key, the device's host name in lower case, or the event's id in upper case. */
  key: string;
  /** As people read it. */
  name: string;
  /** For a device: the one event of priority 1 that is hidden as well. Upper case. */
  event: string | null;
  by: string;
  from: number;
  until: number;
  /** What it hid, by event id, as JSON. */
  hidden: string;
  /** When its end was told. */
  endedAt: number | null;
}

export interface StoredConversation {
  id: string;
  /** Bot Framework's ConversationReference as JSON. */
  reference: string;
  seenAt: number;
}

/** What a list of events shows. */
export interface StoredEvent {
  id: number;
  event: string;
  hostname: string;
  message: string;
  process: string;
  priority: 1 | 2 | 3 | 4;
  receivedAt: number;
}

export type ConversationKind = 'personal' | 'groupChat' | 'channel';

export interface UnknownPhrase {
  at: number;
  text: string;
  locale: string | null;
  conversationKind: ConversationKind;
}

export interface Person {
  /** The id Teams gives the person in this conversation. */
  id: string;
  /** Entra object id, when Teams tells it. */
  objectId: string | null;
  /** User principal name, when it was looked up. */
  upn: string | null;
  name: string;
}

export interface Confirmation {
  id: string;
  action: string;
  /** Canonical names, in the order shown. One at least, each once. */
  devices: string[];
  /** The action's own parameters as JSON, without the devices; the action's own schema reads them back. */
  parameters: string;
  askedBy: Person;
  askedAt: number;
  expiresAt: number;
  /** IANA zone the person reads times in. */
  zone: string;
  conversationId: string;
  activityId: string | null;
  status: 'pending' | 'confirmed' | 'cancelled';
  decidedBy: Person | null;
  decidedAt: number | null;
}

export interface Decision {
  id: string;
  status: 'confirmed' | 'cancelled';
  by: Person;
  at: number;
  /** With the choices made on the card; replaces the stored ones in the same update. */
  parameters?: string;
  /** One for every device; empty for a cancellation. */
  jobs: { id: string; device: string }[];
  /** Actions that change nothing on a device: they supersede nothing, and nothing supersedes them. */
  harmless?: readonly string[];
}

export interface Decided {
  isTaken: boolean;
  /** The confirmation as it is now; null when there is none of that id. */
  confirmation: Confirmation | null;
  /** The jobs just made, in the order of the devices. */
  jobs: Job[];
  /** The other request that was confirmed meanwhile, and is why this one was not taken; and the device of both. */
  supersededBy: { confirmation: Confirmation; device: string } | null;
}

export type JobStatus =
  | 'queued'
  | 'running'
  | 'sent'
  | 'scheduled'
  | 'waiting'
  | 'done'
  | 'refused'
  | 'failed'
  | 'unknown'
  | 'cancelled';

export interface Job {
  id: string;
  confirmation: Confirmation;
  /** The one of the confirmation's devices that this job is for. */
  device: string;
  status: JobStatus;
  createdAt: number;
  sentAt: number | null;
  endedAt: number | null;
  /** When the result card reached Teams. */
  reportedAt: number | null;
  /** What the person is told at the end. */
  sentence: string | null;
  /** What the device answered, as it said it. */
  answer: string | null;
  /** JSON the action noted before it sent, to find out later what came of it. */
  evidence: string | null;
}

export type JobCondition = 'open' | 'unsent';

export type JobChange = Partial<
  Pick<Job, 'status' | 'sentAt' | 'endedAt' | 'reportedAt' | 'sentence' | 'answer' | 'evidence'>
>;

export interface AuditEntry {
  at: number;
  kind:
    | 'request'
    | 'proposed'
    | 'confirmed'
    | 'cancelled'
    | 'expired'
    | 'refused'
    | 'sending'
    | 'answer'
    | 'verified'
    | 'ended'
    | 'setting';
  /** Null: the assistant itself. */
  person: Person | null;
  conversationId: string | null;
  /** As typed, secrets masked by the caller. */
  text: string | null;
  intent: string | null;
  action: string | null;
  devices: string[];
  confirmationId: string | null;
  jobId: string | null;
  /** The XML as sent. */
  rpc: string | null;
  /** Status or reason. */
  result: string | null;
  /** The sentence, or the device's words. */
  detail: string | null;
}

export interface AuditRow {
  /** 1 for the first, without gaps. */
  seq: number;
  /** Canonical JSON of the entry, `at` as ISO 8601 in UTC. */
  entry: string;
  /** Lower-case hex SHA-256 of the previous row's hash (empty for the first) + "\n" + seq + "\n" + entry. */
  hash: string;
}

export type AuditHead = Pick<AuditRow, 'seq' | 'hash'>;

export interface StateItem {
  key: string;
  value: string;
  eTag: string;
}

export interface StateWrite {
  key: string;
  value: string;
  eTag: string | null;
}
