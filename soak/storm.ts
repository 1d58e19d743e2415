import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { alex, chat, Site } from '../test/crash/site.ts';
import type { Connector } from '../test/fakes/connector.ts';
import type { Folder } from '../test/fakes/folder.ts';
import {
  checkCards,
  drained,
  leastSpan,
  mostWithin,
  percentile,
  postsByGroup,
  tally,
  timeoutsOf,
} from './event-cards.ts';
import {
  type Answer,
  handIn,
  type LoadEvent,
  loadOf,
  PRIORITIES,
  playedBack,
  seeded,
  sitesOf,
  troubled,
} from './event-load.ts';
import type { SoakResult } from './soak.ts';

export interface StormOptions {
  events: number;
  seconds: number;
  devices: number;
  /** Minutes after the storm in which more critical things begin, and go on: their first cards are what is waited for. */
  aftershocks: number;
  /** When Teams answers nothing at all, from the first event on. */
  hangs: Hang[];
  replays: number;
  /** Whether times count; on a machine that does something else as well they tell nothing. */
  isTimed: boolean;
  seed: number;
}

interface Hang {
  fromMs: number;
  toMs: number;
}

/** A new critical card has to be there this soon after its event was acknowledged. */
const FIRST_CARD_MS = 5_000;
/** What Teams allows in one conversation. */
const LIMITS = [
  { most: 7, windowMs: 1_000 },
  { most: 8, windowMs: 2_000 },
  { most: 60, windowMs: 30_000 },
];
const AFTERSHOCK = { events: 600, incidents: 9, everyMs: 10_000 };

/** A whole network has a bad minute while Teams has one as well; what was acknowledged, what was told, and when. */
export async function storm(options: StormOptions): Promise<SoakResult> {
  const { events, seconds, devices, aftershocks, hangs, replays, isTimed, seed } = options;
  const random = seeded(seed);
  const sites = sitesOf(devices);
  const load = loadOfStorm(options, Object.values(sites).flat(), random);
  const again = new Set(load.filter((_, n) => n % Math.floor(events / replays) === 0).slice(0, replays));
  const site = await Site.open({ devices: {}, listed: sites, priorities: PRIORITIES });
  try {
    const program = await site.start();
    await site.teams.ask(alex, chat, 'alerts here');
    const from = performance.now();
    const trouble = troubled(random);
    site.connector.behave(({ arrivedAt }) => {
      const atMs = arrivedAt - from;
      return hangs.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs) ? { hang: true } : trouble();
    });
    const answers = await playedBack(load, async (event) => {
      const first = await handIn(site.url, event);
      if (!again.has(event)) return { event, first, second: null };
      await delay(random() * 3_000);
      return { event, first, second: await handIn(site.url, event) };
    });
    const drainSeconds = await drained(site.folder);
    const firstCards = firstCardsOf(
      site.folder,
      site.connector,
      new Map(answers.map(({ first }) => [first.id, first])),
    );
    const absolute = hangs.map(({ fromMs, toMs }) => ({ fromMs: from + fromMs, toMs: from + toMs }));
    const latency = latencyOf(firstCards, absolute);
    const pace = paceOf(site.connector);
    const cards = checkCards(site.folder, site.connector);
    const timeouts = timeoutsOf([program]);
    const problems = [
      ...intakeProblems(site.folder, load, answers),
      ...(drainSeconds === null ? ['the cards were not up to date in time'] : []),
      ...cards.problems,
    ];
    if ((cards.seen.duplicates ?? 0) > timeouts) {
      problems.push(`${cards.seen.duplicates} duplicate cards, and only ${timeouts} timeouts`);
    }
    if (isTimed) {
      problems.push(...pace.problems);
      if ((latency.p99Ms ?? 0) > FIRST_CARD_MS) problems.push(`first critical cards: p99 ${latency.p99Ms} ms`);
    }
    return {
      soak: 'storm',
      problems,
      seen: {
        seed,
        ...{ devices, events, seconds, aftershocks, sent: load.length, replayed: again.size },
        answers: tally(
          answers.flatMap(({ first, second }) => [first.status, ...(second ? [`again ${second.status}`] : [])]),
        ),
        /** In the store: those of the storm, and all. */
        rows: ['% load-0-%', '%'].map((ids) => rowsOf(site.folder, ids)),
        byPriority: tally(load.map(({ event }) => PRIORITIES[event] ?? 1)),
        firstCriticalCards: latency,
        operations: tally(site.connector.requests.map(({ method, status }) => `${method} ${status ?? 'unanswered'}`)),
        ...pace.seen,
        ...cards.seen,
        timeouts,
        drainSeconds,
        peakRssMb: await peakRssMb(program.pid),
      },
    };
  } finally {
    await site.close();
  }
}

function loadOfStorm({ events, seconds, aftershocks }: StormOptions, devices: string[], random: () => number) {
  const stormMs = seconds * 1_000;
  const untilMs = stormMs + aftershocks * 60_000;
  return [
    ...loadOf({
      ...{ events, devices, random, fromMs: 0, spanMs: stormMs, untilMs: stormMs },
      ...{ incidents: 10, everyMs: 2_000 },
    }),
    ...Array.from({ length: aftershocks }, (_, n) =>
      loadOf({ ...AFTERSHOCK, devices, random, fromMs: stormMs + n * 60_000, spanMs: 60_000, untilMs }),
    ).flat(),
  ];
}

const rowsOf = (folder: Folder, ids: string) =>
  Number(folder.rows('SELECT count(*) AS rows FROM events WHERE webhook_id LIKE ?', ids)[0]?.rows);

function intakeProblems(
  folder: Folder,
  load: LoadEvent[],
  answers: { event: LoadEvent; first: Answer; second: Answer | null }[],
): string[] {
  const problems: string[] = [];
  for (const { event, first, second } of answers) {
    if (first.status !== 202) problems.push(`${event.webhookId} was answered ${first.status}`);
    if (second && (second.status !== 200 || second.id !== first.id)) {
      problems.push(`${event.webhookId}, sent again, was answered ${second.status}, ${second.id} for ${first.id}`);
    }
  }
  const [stored] = folder.rows('SELECT count(*) AS rows, count(DISTINCT webhook_id) AS ids FROM events');
  if (stored?.rows !== load.length || stored.ids !== load.length) {
    problems.push(`${load.length} events were sent, ${stored?.rows} are stored, of ${stored?.ids} ids`);
  }
  return problems;
}

interface FirstCard {
  acknowledgedAt: number;
  takenAt: number;
}

/** For each critical group that has a card: when its first event was acknowledged, and when Teams took its first card. */
function firstCardsOf(folder: Folder, connector: Connector, answers: Map<number | null, Answer>): FirstCard[] {
  const posts = postsByGroup(connector);
  const opened = folder.rows(
    `SELECT group_id, min(events.id) AS first FROM events JOIN event_groups ON event_groups.id = group_id
     WHERE event_groups.priority = 1 GROUP BY group_id`,
  );
  return opened.flatMap(({ group_id, first }) => {
    const takenAt = posts.get(String(group_id))?.[0]?.answeredAt;
    const acknowledgedAt = answers.get(Number(first))?.at;
    return takenAt == null || acknowledgedAt === undefined ? [] : [{ acknowledgedAt, takenAt }];
  });
}

function latencyOf(cards: FirstCard[], hangs: Hang[]) {
  const ms = ({ acknowledgedAt, takenAt }: FirstCard) => Math.round(takenAt - acknowledgedAt);
  const isIn = ({ acknowledgedAt, takenAt }: FirstCard) =>
    hangs.some(({ fromMs, toMs }) => acknowledgedAt < toMs && takenAt > fromMs);
  const all = cards.map(ms);
  const others = cards.filter((card) => !isIn(card)).map(ms);
  return {
    cards: all.length,
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    maxMs: percentile(all, 1),
    /** Of each card that Teams could not take for some of that time: how long, and how long Teams still hung. */
    duringHangs: cards.filter(isIn).map((card) => ({
      ms: ms(card),
      hungMs: Math.round(
        Math.max(...hangs.map(({ fromMs, toMs }) => (fromMs < card.takenAt ? toMs - card.acknowledgedAt : 0))),
      ),
    })),
    outsideHangs: { cards: others.length, p99Ms: percentile(others, 0.99), maxMs: percentile(others, 1) },
  };
}

/** What came within any window of Teams' limits. Every request counts, also one that was refused or never answered. */
function paceOf({ requests }: Connector) {
  const byConversation = Map.groupBy(requests, ({ conversationId }) => conversationId);
  const arrivals = [...byConversation.values()].map((own) => own.map(({ arrivedAt }) => arrivedAt));
  const seen = LIMITS.map(({ most, windowMs }) => ({
    ...{ most, windowMs },
    operations: Math.max(...arrivals.map((each) => mostWithin(each, windowMs))),
    // How long one more than is allowed took: by so much the limit was kept, or missed.
    oneMoreTookMs: Math.min(...arrivals.map((each) => leastSpan(each, most + 1) ?? Number.POSITIVE_INFINITY)),
  }));
  const problems = seen
    .filter(({ most, operations }) => operations > most)
    .map(({ windowMs, operations }) => `${operations} operations within ${windowMs} ms in one conversation`);
  return { problems, seen: { pace: seen } };
}

/** The most memory the program ever had, by the system's record; null where the system keeps none. */
async function peakRssMb(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kb === undefined ? null : Math.round(Number(kb) / 1_024);
}
