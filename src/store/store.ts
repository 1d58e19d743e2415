/**
 * What the program remembers. The store is the truth and memory is a cache: an event is here before it
 * is acknowledged, a job before it runs, "the command was sent" before it is sent.
 *
 * Times are epoch milliseconds (UTC), ids are the caller's. Every method is one transaction, durable
 * when its promise resolves.
 */
export interface Store {
  addEvent(event: NewEvent): Promise<{ id: number; isDuplicate: boolean }>;
  /** Events whose card is still owed, up to `limit` of each priority: 1 first, each in order of arrival. */
  dueDeliveries(limit: number): Promise<DueEvent[]>;
  /** Noted before a card is posted, so that a crash in between is known about. */
  startDelivery(eventIds: number[], now: number): Promise<void>;
  /** One Teams message carries these events. Its id also goes to the column `message`, which reports read. */
  finishDelivery(eventIds: number[], posted: PostedCard): Promise<void>;
  retryDelivery(eventIds: number[], reason: string): Promise<void>;
  dropDelivery(eventIds: number[], now: number, reason: string): Promise<void>;
  backlog(): Promise<{ waiting: number; oldestAt: number | null }>;

  setting(key: SettingKey): Promise<string | null>;
  setSetting(key: SettingKey, value: string): Promise<void>;

  saveConversation(conversation: StoredConversation): Promise<void>;
  conversation(id: string): Promise<StoredConversation | null>;

  addConfirmation(confirmation: Confirmation): Promise<void>;
  setConfirmationCard(id: string, activityId: string): Promise<void>;
  confirmation(id: string): Promise<Confirmation | null>;
  /** Confirmations in a conversation that can still be clicked, oldest first. */
  openConfirmations(conversationId: string, now: number): Promise<Confirmation[]>;
  /**
   * Takes a pending confirmation once, whoever clicks and however often; with a job, its row is made in the same
   * transaction. It is not taken when it was not pending any more or expired, nor, with a job, when another request
   * for the same device was confirmed after this one was asked: who asked then did not know of it.
   */
  decide(decision: Decision): Promise<Decided>;

  jobOfConfirmation(confirmationId: string): Promise<Job | null>;
  /** Jobs that a stopped process left behind, oldest first: not ended, or their end not shown to anybody yet. */
  unfinishedJobs(): Promise<Job[]>;
  updateJob(id: string, change: JobChange): Promise<void>;

  /** Dialog state: a value and the eTag its writer must present. */
  readState(keys: string[]): Promise<StateItem[]>;
  /** Writes all or none; throws `state-conflict` when an eTag is not the stored one. `*` or null overwrites. */
  writeState(items: StateWrite[]): Promise<void>;
  deleteState(keys: string[]): Promise<void>;

  /** Resolves when everything asked so far is durable; then frees the store. */
  close(): Promise<void>;
}

export type SettingKey = 'alert-conversation';

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
}

export interface DueEvent extends Omit<NewEvent, 'body' | 'webhookId' | 'source'> {
  id: number;
}

export interface PostedCard {
  conversationId: string;
  activityId: string;
  at: number;
  /** Why the card looks the way it does: the dispatcher's decision. */
  reason: string;
}

export interface StoredConversation {
  id: string;
  /** Bot Framework's ConversationReference as JSON. */
  reference: string;
  seenAt: number;
}

export interface Person {
  /** The id Teams gives the person in this conversation. */
  id: string;
  /** Entra object id, when Teams tells it. */
  objectId: string | null;
  name: string;
}

export interface Confirmation {
  id: string;
  action: string;
  device: string;
  /** The action's parameters as JSON; the action's own schema reads them back. */
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
  job: { id: string } | null;
}

export interface Decided {
  isTaken: boolean;
  /** The confirmation as it is now; null when there is none of that id. */
  confirmation: Confirmation | null;
  /** The job just made. */
  job: Job | null;
  /** The other request that was confirmed meanwhile, and is why this one was not taken. */
  supersededBy: Confirmation | null;
}

export type JobStatus = 'queued' | 'running' | 'sent' | 'done' | 'refused' | 'failed' | 'unknown';

export interface Job {
  id: string;
  confirmation: Confirmation;
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
}

export type JobChange = Partial<Pick<Job, 'status' | 'sentAt' | 'endedAt' | 'reportedAt' | 'sentence' | 'answer'>>;

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
