import type { Attachment } from 'botbuilder';
import { closedCard, confirmationCard, requestCard } from '../../cards/action-cards.ts';
import { type EventContext, groupCard } from '../../cards/event-cards.ts';
import {
  choicesCard,
  deviceQuestionCard,
  devicesCard,
  eventsCard,
  helpCard,
  processQuestionCard,
  rebootsCard,
  timeQuestionCard,
  unknownCard,
  welcomeCard,
} from '../../cards/talk-cards.ts';
import type { Summary } from '../../src/actions/action.ts';
import type { Grouped } from '../../src/events/grouping.ts';
import type { RequestView } from '../../src/jobs/view.ts';
import type { Job, JobStatus } from '../../src/store/store.ts';
import { groupOf } from '../events/groups.ts';
import { alex, pending } from '../store/samples.ts';

export const NOW = Date.UTC(2026, 10, 23, 10, 0);
export const reader = { zone: 'Europe/London', locale: 'en-gb' };
export const context: EventContext = {
  deviceOf: (name) => ({ name, site: 'hq' }),
  explain: () => null,
  now: NOW,
  reader,
};

/** One text in every place that a device or a person fills. */
export interface Words {
  /** Up to 200 characters. */
  event: string;
  /** Up to 253 characters. */
  hostname: string;
  message: string;
  person: string;
  answer: string;
}

export const ordinary: Words = {
  event: 'SYSTEM_ABNORMAL_SHUTDOWN',
  hostname: 'hq-fw01',
  message: 'System abnormally shut down',
  person: 'Alex Wilber',
  answer: 'Shutdown NOW! [pid 17221]',
};
export const everywhere = (text: string): Words => ({
  event: text,
  hostname: text,
  message: text,
  person: text,
  answer: text,
});

/** A confirmation of so many devices, each with something to choose. */
export const summary = ({ hostname, answer, message }: Words, devices = 1): Summary => ({
  title: `Reboot ${hostname}?`,
  devices: Array.from({ length: devices }, (_, n) => ({
    name: n === 0 ? hostname : `${hostname.slice(0, 60)}${n}`,
    about: answer,
    state: (['ok', 'unknown', 'unreachable'] as const)[n % 3] ?? 'ok',
  })),
  facts: [{ label: 'When', value: 'now, as soon as you confirm' }],
  choices: Array.from({ length: Math.min(devices, 3) }, (_, n) => ({
    id: `engines ${n}`,
    label: 'Engines',
    value: n === 0 ? 'this' : null,
    options: ['this', 'other', 'both', 'member:3']
      .slice(0, 2 + n)
      .map((value) => ({ title: message.slice(0, 60) || 'this one', value })),
  })),
  button: 'Reboot now',
  warnings: [answer, message],
});

export const LATER = NOW + 65_000;

export function job(device: string, status: JobStatus, change: Partial<Job> = {}): Job {
  const confirmation = pending({ decidedBy: alex, decidedAt: NOW, status: 'confirmed', devices: [device] });
  const isEnd = ['done', 'refused', 'failed', 'unknown', 'cancelled'].includes(status);
  return {
    id: `job-${device}`.slice(0, 60),
    confirmation,
    device,
    status,
    createdAt: NOW,
    sentAt: null,
    endedAt: isEnd ? LATER : null,
    reportedAt: null,
    sentence: isEnd ? `${device} said something.` : null,
    answer: null,
    evidence: null,
    ...change,
  };
}

/** The card of a request: a device for each status. */
export function view({ hostname, person, answer }: Words, statuses: JobStatus[]): RequestView {
  const confirmation = pending({ decidedBy: { ...alex, name: person }, decidedAt: NOW, status: 'confirmed' });
  return {
    confirmation,
    headline: `Rebooting ${hostname}`,
    devices: statuses.map((status, n) => {
      const own = job(n === 0 ? hostname : `${hostname.slice(0, 60)}${n}`, status, { answer, sentence: answer });
      const steps = [`Connected to ${hostname}`, answer];
      return { job: own, steps, doing: own.endedAt === null ? answer : null };
    }),
    buttons: statuses.map((_, n) => ({ verb: 'look-again', title: `Look again at ${hostname}`, jobId: `j${n}` })),
  };
}

export const STATUSES: JobStatus[] = [
  'queued',
  'running',
  'sent',
  'scheduled',
  'waiting',
  'done',
  'refused',
  'failed',
  'unknown',
  'cancelled',
];

const event = ({ event, hostname, message }: Words, priority: 1 | 2, detail: unknown): Partial<Grouped> => ({
  ...{ event, hostname, message, priority, key: 'k' },
  detail: JSON.stringify(detail),
  process: event,
  at: NOW,
});

const eventCard = (...events: Partial<Grouped>[]) => groupCard(groupOf(...events), context);

/** Whatever can be true of a group at once. */
function everything(words: Words, priority: 1 | 2): Attachment {
  const many = Array.from({ length: 400 }, (_, n) => ({
    ...event({ ...words, hostname: `${words.hostname.slice(0, 245)}${n}` }, priority, words.message),
    at: NOW + n * 60_000,
    pair: { direction: 'down' as const, down: words.event, subject: 'x' },
  }));
  const group = groupOf(...many);
  group.acknowledged = { by: words.person, at: NOW };
  group.muted = { by: words.person, until: NOW + 3_600_000 };
  const entry = {
    means: words.message.slice(0, 160),
    severity: 'error' as const,
    causes: [words.answer.slice(0, 200)],
    next: [words.answer.slice(0, 200)],
  };
  return groupCard(group, { ...context, explain: () => ({ ...entry, ignore: words.answer.slice(0, 200) }) });
}

/** Every card there is, filled with these words. */
export function everyCard(words: Words): [name: string, card: Attachment][] {
  const { event: id, hostname, message, answer, person } = words;
  const wide = Array.from({ length: 12 }, (_, row) =>
    Object.fromEntries(Array.from({ length: 7 }, (_, column) => [`${message}${column}`, row === 0 ? row : answer])),
  );
  const kinds = (count: number, total: number) => {
    const group = groupOf(
      ...Array.from({ length: total }, (_, n) =>
        event(
          { ...words, event: `${id.slice(0, 190)}${n % count}`, hostname: `${hostname.slice(0, 245)}${n % 7}` },
          1,
          '',
        ),
      ),
    );
    return groupCard({ ...group, event: null }, context);
  };
  const tab = (title: string) => ({
    title,
    tasks: Array(6).fill({ title: 'Reboot a device', example: `reboot ${hostname}` }),
  });
  const suggested = Array.from({ length: 9 }, () => ({ title: hostname, say: message.slice(0, 200) }));
  const all = Array.from({ length: 9 }, (_, n) => ({
    title: hostname.slice(0, 60) || 'hq-fw01',
    value: `${hostname.slice(0, 60)}${n}`,
  }));
  const many = Array.from({ length: 500 }, (_, n) => ({ title: `site-fw${n}`, value: `site-fw${n}` }));
  const asked = pending({ askedBy: { ...alex, name: person }, expiresAt: NOW + 600_000 });
  return [
    ['event with a text', eventCard(event(words, 1, message))],
    ['event with rows', eventCard(event(words, 1, wide))],
    ['event with one object', eventCard(event(words, 1, wide[1]))],
    ['event without detail', eventCard(event(words, 1, null))],
    ['event with odd details', eventCard(event(words, 1, [1, [answer], { [answer]: null }]))],
    ['event with empty rows', eventCard(event(words, 1, [{}, {}]))],
    ['event with empty names', eventCard(event(words, 1, [{ '': '' }]))],
    ['summary', eventCard(event(words, 2, message))],
    ['events of few kinds', kinds(3, 7)],
    ['events of 40 kinds', kinds(40, 500)],
    ['critical events, everything at once', everything(words, 1)],
    ['warnings, everything at once', everything(words, 2)],
    ['confirmation', confirmationCard(asked, summary(words), NOW, 'en-gb')],
    ['confirmation of 50', confirmationCard(asked, summary(words, 50), NOW, 'en-gb')],
    ...STATUSES.map((status): [string, Attachment] => [
      `request ${status}`,
      requestCard(view(words, [status]), LATER, 'en-gb'),
    ]),
    ['request of all kinds', requestCard(view(words, STATUSES), LATER, 'en-gb')],
    ['request of 50', requestCard(view(words, Array<JobStatus[]>(5).fill(STATUSES).flat()), LATER, 'en-gb')],
    ['cancelled', closedCard(`Reboot ${hostname}?`, 'Cancelled', answer)],
    ['expired', closedCard(`Reboot ${hostname}?`, 'Expired', answer)],
    ['choices', choicesCard(message, answer, [{ title: hostname, say: hostname }])],
    ['question without choices', choicesCard(message, null, [])],
    ['device question', deviceQuestionCard({ question: message, hint: answer, suggested, all })],
    [
      'device question of 500',
      deviceQuestionCard({ question: message, hint: 'Or write it.', suggested: [], all: many }),
    ],
    ['process question', processQuestionCard({ question: message, hint: answer, suggested, all })],
    ['time question', timeQuestionCard({ question: message, why: answer, choices: suggested })],
    ['help', helpCard({ tabs: [tab('Devices'), tab('Alerts')], rights: person })],
    ['help with one tab', helpCard({ tabs: [tab('Devices'), { title: 'Alerts', tasks: [] }], rights: person })],
    ['help for who has no rights', helpCard({ tabs: [], rights: person })],
    ['welcome', welcomeCard({ name: id, lines: [answer, message, person], say: [`reboot ${hostname}`, 'help'] })],
    [
      'devices',
      devicesCard([
        { site: hostname, devices: [hostname, hostname] },
        { site: id, devices: [] },
      ]),
    ],
    [
      'devices of 500',
      devicesCard(Array.from({ length: 60 }, () => ({ site: hostname, devices: many.map(({ title }) => title) }))),
    ],
    [
      'events',
      eventsCard({
        title: message,
        events: Array(10).fill({ event: id, device: hostname, message, time: '10:00', word: 'Critical' }),
      }),
    ],
    ['reboots', rebootsCard({ lines: Array(25).fill({ device: hostname, text: answer }), left: 3, cancel: suggested })],
    ['not understood', unknownCard({ examples: [`reboot ${hostname.slice(0, 190)}`, 'help'] })],
  ];
}
