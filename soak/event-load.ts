import { setTimeout as delay } from 'node:timers/promises';
import { signStandard } from '../src/events/verify.ts';
import { eventBody } from '../test/fakes/assistant.ts';
import type { Fault } from '../test/fakes/connector.ts';
import { WEBHOOK_SECRET } from '../test/fakes/folder.ts';

const CRITICAL = [
  'RPD_OSPF_NBRDOWN',
  'SYSTEM_ABNORMAL_SHUTDOWN',
  'CHASSISD_FAN_FAILURE',
  'CHASSISD_OVER_TEMP_CONDITION',
  'RTPERF_CPU_THRESHOLD_EXCEEDED',
  'JSRPD_HA_CONTROL_LINK_DOWN',
  'EVPN_CORE_ISOLATED',
  'CHASSISD_PSU_INPUT_BAD',
  'RPD_OS_MEMHIGH',
  'LICENSE_EXPIRED',
  'CHASSISD_FRU_UNRESPONSIVE',
  'BGP_PREFIX_LIMIT_EXCEEDED',
];
const WARNING = [
  'PING_TEST_FAILED',
  'AUDITD_RADIUS_REQ_TIMED_OUT',
  'L2ALD_MAC_LIMIT_REACHED_IF',
  'KERN_ARP_DUPLICATE_ADDR',
  'CHASSISD_BLOWERS_SPEED_FULL',
  'SNMPD_AUTH_FAILURE',
  'RPD_SCHED_SLIP',
  'LACPD_TIMEOUT',
];
const STORED = ['UI_LOGIN_EVENT', 'UI_LOGOUT_EVENT', 'UI_COMMIT', 'SSHD_LOGIN_FAILED', 'RT_SCREEN_TCP', 'LOGIN_FAILED'];
/** What comes up again is stored only: it clears a card and is on none. */
export const UP = ['SNMP_TRAP_LINK_UP', 'RPD_OSPF_NBRUP'];

const listed = (ids: string[], priority: number) => ids.map((id) => [id, priority]);
export const PRIORITIES: Record<string, number> = Object.fromEntries([
  ...listed(CRITICAL, 1),
  ...listed([...WARNING, 'SNMP_TRAP_LINK_DOWN'], 2),
  ...listed([...STORED, ...UP], 3),
]);

/** An event of a network's bad minute. */
export interface LoadEvent {
  atMs: number;
  webhookId: string;
  event: string;
  hostname: string;
  message: string;
}

export interface LoadOptions {
  events: number;
  fromMs: number;
  spanMs: number;
  devices: string[];
  /** Critical things that begin at a device each, spread over the span; each tells of itself until `untilMs`. */
  incidents: number;
  everyMs: number;
  untilMs: number;
  random: () => number;
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Names of devices by site, twenty in each. */
export function sitesOf(devices: number): Record<string, string[]> {
  const names = Array.from({ length: devices }, (_, n) => `storm-sw${String(n + 1).padStart(3, '0')}`);
  return Object.fromEntries(
    Array.from({ length: Math.ceil(devices / 20) }, (_, n) => [`site${n + 1}`, names.slice(20 * n, 20 * n + 20)]),
  );
}

/** What devices send, in order: mostly what is stored only, links that come and go, some that flap, incidents. */
export function loadOf(options: LoadOptions): LoadEvent[] {
  const { events, fromMs, spanMs, devices, incidents, everyMs, untilMs, random } = options;
  const load: Omit<LoadEvent, 'webhookId'>[] = [];
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const put = (atMs: number, event: string, hostname: string, text = 'as on a bad day') =>
    load.push({ atMs: fromMs + atMs, event, hostname, message: `${event}: ${text}` });
  const link = (atMs: number, isUp: boolean, hostname: string, port: number) =>
    put(
      atMs,
      isUp ? 'SNMP_TRAP_LINK_UP' : 'SNMP_TRAP_LINK_DOWN',
      hostname,
      `ifIndex 5, ifOperStatus, ifName ge-0/0/${port}`,
    );

  for (let n = 0; n < incidents; n += 1) {
    const id = CRITICAL[n % CRITICAL.length] as string;
    const hostname = any(devices);
    let atMs = ((n + random()) * spanMs) / incidents;
    for (let time = 0; fromMs + atMs < untilMs; time += 1) {
      if (id === 'RPD_OSPF_NBRDOWN') neighbor(atMs, time % 2 === 1, hostname);
      else put(atMs, id, hostname);
      atMs += everyMs * (0.5 + random());
    }
  }
  function neighbor(atMs: number, isUp: boolean, hostname: string) {
    const change = isUp ? 'Loading to Full' : 'Full to Down';
    const text = `OSPF neighbor 10.0.0.1 (realm ospf-v2 ge-0/0/1.0 area 0.0.0.0) state changed from ${change}`;
    put(atMs, isUp ? 'RPD_OSPF_NBRUP' : 'RPD_OSPF_NBRDOWN', hostname, text);
  }
  const flaps = Math.floor(events * 0.06);
  for (let n = 0; n < flaps; n += 1) link((n * spanMs) / flaps, n % 8 >= 4, devices[n % 4] ?? '', 47);
  for (let n = 0; n < Math.floor(events * 0.06); n += 1) {
    const [atMs, hostname, port] = [random() * spanMs, any(devices), Math.floor(random() * 40)];
    link(atMs, false, hostname, port);
    link(Math.min(spanMs, atMs + 500 + random() * 5_000), true, hostname, port);
  }
  for (let n = 0; n < Math.floor(events * 0.2); n += 1) put(random() * spanMs, any(WARNING), any(devices));
  while (load.length < events) put(random() * spanMs, any(STORED), any(devices));
  return load
    .slice(0, events)
    .sort((a, b) => a.atMs - b.atMs)
    .map((event, n) => ({ ...event, webhookId: `load-${fromMs}-${n}` }));
}

export interface Answer {
  status: number;
  id: number | null;
  /** When it was answered, by `performance.now()`. */
  at: number;
}

/** One try to hand in an event, signed as agents do. Throws when nobody answers. */
export async function handIn(url: string, { webhookId, event, hostname, message }: LoadEvent): Promise<Answer> {
  const body = eventBody({ event, hostname, message });
  const proof = signStandard(body, WEBHOOK_SECRET, webhookId, Math.floor(Date.now() / 1_000));
  const response = await fetch(`${url}/webhooks/junos`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...proof },
    body,
  });
  const { id = null } = (await response.json()) as { id?: number | null };
  return { status: response.status, id, at: performance.now() };
}

/** Every event at its time, whatever became of those before it. */
export async function playedBack<T>(load: LoadEvent[], send: (event: LoadEvent) => Promise<T>): Promise<T[]> {
  const from = performance.now();
  return await Promise.all(
    load.map(async (event) => {
      await delay(Math.max(0, from + event.atMs - performance.now()));
      return await send(event);
    }),
  );
}

/** A Teams in trouble: a fifth is too many for it, half of them with a time to wait, and a twentieth a bad gateway. */
export function troubled(random: () => number): () => Fault | undefined {
  return () => {
    const lot = random();
    if (lot < 0.1) return { status: 429, headers: { 'Retry-After': random() < 0.5 ? '1' : '2' } };
    if (lot < 0.2) return { status: 429 };
    return lot < 0.25 ? { status: 502 } : undefined;
  };
}
