import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../test/crash/program.ts';
import { alex, chat, Site } from '../test/crash/site.ts';
import { startFlags } from '../test/crash/start-flags.ts';
import { newPerson, personalChat } from '../test/fakes/teams.ts';
import { drained } from './event-cards.ts';
import { handIn, loadOf, PRIORITIES, playedBack, seeded, sitesOf } from './event-load.ts';
import type { SoakResult } from './soak.ts';
import { look, type Sample, WITNESS_FLAGS } from './witness.ts';

export interface EnduranceOptions {
  seconds: number;
  eventsPerSecond: number;
  messagesPerSecond: number;
  /** A request that is confirmed and carried out, one after the other, each this long after the last began. */
  requestEveryMs: number;
  sampleEveryMs: number;
  /** Whether memory counts; in less than some minutes it tells nothing. */
  isLong: boolean;
  seed: number;
}

const DEVICES = 60;
const SITE = ['hq-fw01', 'hq-fw02', 'hq-sw01'];

/** What people say, in turn. */
const SAID = ['help', 'devices', 'events hq-fw01', 'show reboots', 'muted', 'what is the weather', 'reboot', 'cancel'];

/** What is asked for and confirmed, in turn. */
const ASKED: [text: string, button: RegExp][] = [
  ['reboot hq-fw01', /^Reboot now$/],
  ['restart routing on hq-fw02', /^Restart/],
  ['get the logs for hq-sw01', /^Collect/],
];

/** How much memory may come to stay between the second quarter and the last; of a short run it tells nothing. */
const MAY_GROW = { rssMb: 15, liveMb: 4 };
/**
 * How much more than at the start may be left of each when nobody asks for anything any more. Connections that wait for
 * the next request are closed after 75 seconds; a short run does not wait so long.
 */
const MAY_STAY = { files: 4, threads: 1, resources: 4, listeners: 0 };
const MAY_WAIT = { ...MAY_STAY, files: 16, resources: 16 };
const SETTLE_MS = 90_000;

/** A day of a busy network in minutes: events, talk and requests all the while, and nothing that comes to stay. */
export async function endurance(options: EnduranceOptions): Promise<SoakResult> {
  const { seconds, eventsPerSecond, sampleEveryMs, isLong, seed } = options;
  const random = seeded(seed);
  const sites = sitesOf(DEVICES);
  const site = await Site.open({
    devices: Object.fromEntries(SITE.map((name) => [name, {}])),
    listed: sites,
    priorities: PRIORITIES,
    assistant: { look_seconds: 1, logs: { keep_files: 3 } },
  });
  const flags = await startFlags();
  try {
    const program = await site.start([...flags, ...WITNESS_FLAGS]);
    const first = await look(program);
    await site.teams.ask(alex, chat, 'alerts here');
    const [devices, spanMs] = [Object.values(sites).flat(), seconds * 1_000];
    const load = loadOf({
      ...{ events: seconds * eventsPerSecond, devices, random, fromMs: 0, spanMs, untilMs: spanMs },
      ...{ incidents: 10, everyMs: 10_000 },
    });
    const until = performance.now() + spanMs;
    const [samples, answers, said, requests] = await Promise.all([
      sampled(program, until, sampleEveryMs),
      playedBack(load, (event) => handIn(site.url, event)),
      talk(site, until, options),
      carriedOut(site, until, options),
    ]);
    const drainSeconds = await drained(site.folder);
    const growth = growthOf(samples);
    const last = await settled(program, first, isLong);
    const [stored] = site.folder.rows('SELECT count(*) AS rows FROM events');
    const problems = [
      ...keysOf(MAY_GROW)
        .filter((name) => isLong && growth[name] > MAY_GROW[name])
        .map((name) => `${name} grew by ${growth[name]}: ${samples.map((sample) => sample[name]).join(' ')}`),
      ...left(last, first, isLong).map((name) => `${name}: ${first[name]} at the start, ${last[name]} are left`),
      ...(answers.some(({ status }) => status !== 202) ? ['an event was not acknowledged'] : []),
      ...(stored?.rows === load.length ? [] : [`${load.length} events were sent, ${stored?.rows} are stored`]),
      ...(drainSeconds === null ? ['the cards were not up to date in time'] : []),
      ...requests.problems,
      ...program.stderr.split('\n').filter((line) => /MaxListenersExceeded|"level":(?:50|60)/.test(line)),
    ];
    return {
      soak: 'endurance',
      problems,
      seen: {
        ...{ seconds, events: load.length, messages: said, requests: requests.done, drainSeconds },
        ...{ afterStart: first, last, busiest: samples.at(-1), samples: samples.length, growth },
        rssMbPerHour: slopeOf(
          samples.map(({ rssMb }) => rssMb),
          sampleEveryMs,
        ),
      },
    };
  } finally {
    await site.close();
  }
}

async function sampled(program: Program, until: number, everyMs: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (performance.now() < until) {
    await delay(everyMs);
    samples.push(await look(program));
  }
  return samples;
}

/** How many messages were sent and answered. */
async function talk(site: Site, until: number, { messagesPerSecond }: EnduranceOptions): Promise<number> {
  const people = Array.from({ length: 20 }, (_, n) => newPerson(`Person ${n}`));
  let said = 0;
  while (performance.now() < until) {
    const person = people[said % people.length];
    if (person) await site.teams.say(person, personalChat(person), SAID[said % SAID.length] ?? '');
    said += 1;
    await delay(1_000 / messagesPerSecond);
  }
  return said;
}

async function carriedOut(site: Site, until: number, { requestEveryMs }: EnduranceOptions) {
  const problems: string[] = [];
  // Not where the alerts are: an answer would be one message among others.
  const megan = newPerson('Megan Bowen');
  const own = personalChat(megan);
  let done = 0;
  while (performance.now() < until) {
    const [text = '', button = /$/] = ASKED[done % ASKED.length] ?? [];
    const next = delay(requestEveryMs);
    const card = await site.teams.ask(megan, own, text);
    await site.teams.click(megan, own, card, button);
    try {
      await site.endOf(card, 'Done');
    } catch {
      problems.push(`${text}, asked ${done} requests after the start, did not end well`);
    }
    done += 1;
    await next;
  }
  return { done, problems };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const keysOf = <T extends object>(of: T) => Object.keys(of) as (keyof T)[];

const left = (now: Sample, first: Sample, isLong: boolean) =>
  keysOf(MAY_STAY).filter((name) => now[name] > first[name] + (isLong ? MAY_STAY : MAY_WAIT)[name]);

/** The last look, when idle connections are closed, or when the time for that is over. */
async function settled(program: Program, first: Sample, isLong: boolean): Promise<Sample> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const sample = await look(program);
    if (left(sample, first, isLong).length === 0 || performance.now() > until) return sample;
    await delay(500);
  }
}

/** From the second quarter, when everything was used once, to the last one; medians. */
function growthOf(samples: Sample[]): Record<keyof typeof MAY_GROW, number> {
  const quarter = Math.floor(samples.length / 4);
  const of = (name: keyof Sample, from: number) => median(samples.slice(from, from + quarter).map((one) => one[name]));
  const grown = (name: keyof Sample) => Math.round((of(name, samples.length - quarter) - of(name, quarter)) * 10) / 10;
  return { rssMb: grown('rssMb'), liveMb: grown('liveMb') };
}

/** The slope of the line through the last three quarters (least squares), per hour. */
function slopeOf(values: number[], everyMs: number): number {
  const late = values.slice(Math.floor(values.length / 4));
  const [x, y] = [(late.length - 1) / 2, late.reduce((sum, value) => sum + value, 0) / late.length];
  const over = late.reduce((sum, value, n) => sum + (n - x) * (value - y), 0);
  const under = late.reduce((sum, _, n) => sum + (n - x) ** 2, 0);
  return Math.round((over / under) * (3_600_000 / everyMs) * 10) / 10;
}
