import { setTimeout as delay } from 'node:timers/promises';
import { alex, chat, Site } from '../test/crash/site.ts';
import type { ConnectorRequest } from '../test/fakes/connector.ts';
import type { Folder } from '../test/fakes/folder.ts';
import { checkCards, drained, mostWithin, postsByGroup, tally, timeoutsOf } from './event-cards.ts';
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

export interface Kill9EventsOptions {
  kills: number;
  /** A program is killed at most so long after it was ready; every fifth on its way up. */
  lifeMs: number;
  eventsPerSecond: number;
  devices: number;
  /** Cards that may be posted again after one kill: one is under way at a time, two when Teams takes a second for it. */
  duplicatesPerKill: number;
  seed: number;
}

/** What was not acknowledged is sent again after this long, as agents do with what is in their spool. */
const AGAIN_MS = 500;
/** Some minutes: a bot that never takes it must not make this a wait without end. */
const MOST_TRIES = 600;
/** About as long as a start takes on a machine with other things to do. */
const START_MS = 3_000;

/**
 * Kills the bot with SIGKILL at random moments while events come and Teams refuses a quarter of what it is asked; what
 * was not acknowledged is sent again. What is in the store, and what the cards say in the end.
 */
export async function kill9Events(options: Kill9EventsOptions): Promise<SoakResult> {
  const { kills, lifeMs, eventsPerSecond, devices, duplicatesPerKill, seed } = options;
  const random = seeded(seed);
  const sites = sitesOf(devices);
  const spanMs = kills * (START_MS + lifeMs / 2);
  const load = loadOf({
    events: Math.round((spanMs / 1_000) * eventsPerSecond),
    fromMs: 0,
    spanMs,
    devices: Object.values(sites).flat(),
    incidents: Math.ceil(spanMs / 6_000),
    everyMs: 3_000,
    untilMs: spanMs,
    random,
  });
  const site = await Site.open({ devices: {}, listed: sites, priorities: PRIORITIES });
  try {
    let program = await site.start();
    await site.teams.ask(alex, chat, 'alerts here');
    site.connector.behave(troubled(random));
    const sent = playedBack(load, (event) => handInUntilTaken(() => site.url, event));
    const killed: Kill[] = [];
    for (let n = 1; n <= kills; n += 1) {
      if (n % 5 === 0) await delay(random() * START_MS);
      else {
        await program.ready;
        await delay(random() * lifeMs);
      }
      const kill = { at: performance.now(), wasUp: program.isReady, upAgainAt: Number.POSITIVE_INFINITY };
      killed.push(kill);
      await program.signal('SIGKILL');
      program = site.launch();
      void program.ready.then(
        () => {
          kill.upAgainAt = performance.now();
        },
        () => {},
      );
    }
    await program.ready;
    const answers = await sent;
    const drainSeconds = await drained(site.folder);
    const cards = checkCards(site.folder, site.connector);
    const byKill = duplicatesByKill([...postsByGroup(site.connector).values()], killed);
    const [integrity] = site.folder.rows('PRAGMA integrity_check');
    const problems = [
      ...storeProblems(site.folder, load, answers),
      ...(drainSeconds === null ? ['the cards were not up to date in time'] : []),
      ...cards.problems,
      ...byKill.flatMap((posts, kill) =>
        posts > duplicatesPerKill ? [`${posts} cards were posted again after kill ${kill + 1}`] : [],
      ),
      ...(integrity?.integrity_check === 'ok' ? [] : [`the store is damaged: ${JSON.stringify(integrity)}`]),
    ];
    const explained = byKill.reduce((sum, posts) => sum + posts, 0);
    const timeouts = timeoutsOf(site.programs);
    if ((cards.seen.duplicates ?? 0) > explained + timeouts) {
      problems.push(`${cards.seen.duplicates} duplicate cards, ${explained} with a kill between, ${timeouts} timeouts`);
    }
    return {
      soak: 'kill9-events',
      problems,
      seen: {
        ...{ seed, kills, killedWhileStarting: killed.filter(({ wasUp }) => !wasUp).length },
        ...{ devices, events: load.length, seconds: Math.round(spanMs / 1_000) },
        answers: tally(answers.map(({ answer }) => answer.status)),
        sentAgain: answers.filter(({ tries }) => tries > 1).length,
        operations: tally(site.connector.requests.map(({ method, status }) => `${method} ${status ?? 'unanswered'}`)),
        // Not held against anything: a program that starts knows nothing of what the one before it said.
        mostIn30s: mostWithin(
          site.connector.requests.map(({ arrivedAt }) => arrivedAt),
          30_000,
        ),
        ...cards.seen,
        timeouts,
        mostDuplicatesOfOneKill: Math.max(0, ...byKill),
        drainSeconds,
      },
    };
  } finally {
    await site.close();
  }
}

interface Kill {
  at: number;
  /** It was ready; else it was killed on its way up. */
  wasUp: boolean;
  /** When the next one was ready; what came before that may have been on its way when this one was killed. */
  upAgainAt: number;
}

interface Taken {
  event: LoadEvent;
  answer: Answer;
  tries: number;
}

/** Hands an event in again and again, under the same webhook id, until it is acknowledged; the last answer. */
async function handInUntilTaken(url: () => string, event: LoadEvent): Promise<Taken> {
  let last: Answer = { status: 0, id: null, at: 0 };
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    last = await handIn(url(), event).catch(() => last);
    if (last.status === 202 || last.status === 200) return { event, answer: last, tries };
    await delay(AGAIN_MS);
  }
  return { event, answer: last, tries: MOST_TRIES };
}

function storeProblems(folder: Folder, load: LoadEvent[], answers: Taken[]): string[] {
  const rows = Map.groupBy(folder.rows('SELECT id, webhook_id FROM events'), ({ webhook_id }) => String(webhook_id));
  const problems = answers.flatMap(({ event: { webhookId, hostname }, answer: { id } }) => {
    // An id is its device's own.
    const own = rows.get(`${hostname.toLowerCase()} ${webhookId}`) ?? [];
    return own.length === 1 && own[0]?.id === id ? [] : [`${webhookId} is stored ${own.length} times, not as ${id}`];
  });
  return rows.size === load.length ? problems : [...problems, `${load.length} events are ${rows.size} in the store`];
}

/** For each kill, how many cards were posted before it and again after it. */
function duplicatesByKill(groups: ConnectorRequest[][], kills: Kill[]): number[] {
  const counts = kills.map(() => 0);
  // One that was killed on its way up said nothing: what came after it was the next one's.
  const upAgainAt = kills.map((_, n) => Math.min(...kills.slice(n).map((kill) => kill.upAgainAt)));
  for (const posts of groups) {
    for (const [n, post] of posts.slice(1).entries()) {
      const [before, after] = [posts[n]?.arrivedAt ?? 0, post.arrivedAt];
      const kill = kills.findIndex(({ at }, n) => before < (upAgainAt[n] ?? 0) && at < after);
      if (kill >= 0) counts[kill] = (counts[kill] ?? 0) + 1;
    }
  }
  return counts;
}
