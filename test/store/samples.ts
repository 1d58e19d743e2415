import type { AuditEntry, Confirmation, NewEvent, Person } from '../../src/store/store.ts';

export const alex: Person = {
  id: '29:alex',
  objectId: '00000000-0000-0000-0000-00000000000a',
  upn: null,
  name: 'Alex Wilber',
};

export const newEvent = (change: Partial<NewEvent> = {}): NewEvent => ({
  receivedAt: Date.UTC(2026, 10, 23, 23, 59, 58, 999),
  event: 'SYSTEM_ABNORMAL_SHUTDOWN',
  process: 'eventd',
  message: 'SYSTEM_ABNORMAL_SHUTDOWN: down',
  hostname: 'hq-fw01',
  detail: '""',
  source: '192.0.2.1',
  priority: 1,
  body: new Uint8Array([0x7b, 0x00, 0xff, 0x7d]),
  webhookId: null,
  skewMs: null,
  isOwed: true,
  ...change,
});

export const pending = (change: Partial<Confirmation> = {}): Confirmation => ({
  id: 'c1',
  action: 'reboot',
  devices: ['hq-fw01'],
  parameters: '{"at":null}',
  askedBy: alex,
  askedAt: 1_000,
  expiresAt: 601_000,
  zone: 'Europe/London',
  conversationId: 'a:1',
  activityId: null,
  status: 'pending',
  decidedBy: null,
  decidedAt: null,
  ...change,
});

export const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  at: Date.UTC(2026, 10, 23, 10, 0, 0, 5),
  kind: 'request',
  person: alex,
  conversationId: 'a:1',
  text: 'reboot hq-fw01',
  intent: 'reboot',
  action: 'reboot',
  devices: ['hq-fw01'],
  confirmationId: null,
  jobId: null,
  rpc: null,
  result: null,
  detail: null,
  ...change,
});
