import type { Attachment } from 'botbuilder';
import { closedCard, confirmationCard, jobCard } from '../../cards/action-cards.ts';
import { digestCard, type EventContext, eventCard } from '../../cards/event-cards.ts';
import { choicesCard, helpCard } from '../../cards/talk-cards.ts';
import { actions } from '../../src/actions/index.ts';
import { rebootAction } from '../../src/actions/reboot.ts';
import type { JobView } from '../../src/jobs/view.ts';
import type { DueEvent, Job, JobStatus } from '../../src/store/store.ts';
import { due } from '../events/due.ts';
import { alex, pending } from '../store/samples.ts';

export const NOW = Date.UTC(2026, 10, 23, 10, 0);
export const reader = { zone: 'Europe/London', locale: 'en-gb' };
export const context: EventContext = { siteOf: () => 'hq', now: NOW, reader };

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

const summary = (words: Words) => ({
  ...rebootAction.summarise('{"device":"hq-fw01","at":null}', NOW, reader),
  title: `Reboot ${words.hostname}?`,
  facts: [{ label: 'Device', value: `${words.hostname} ${words.answer}` }],
  warning: words.answer,
  button: `Reboot ${words.hostname}`,
});

const view = (words: Words, status: JobStatus, isEnd: boolean): JobView => {
  const confirmation = pending({ decidedBy: { ...alex, name: words.person }, decidedAt: NOW, status: 'confirmed' });
  const job: Job = {
    id: 'j1',
    confirmation,
    status,
    createdAt: NOW,
    sentAt: null,
    endedAt: isEnd ? NOW : null,
    reportedAt: null,
    sentence: isEnd ? `${words.hostname} said: ${words.answer}` : null,
    answer: isEnd ? words.answer : null,
  };
  const steps = [`Connected to ${words.hostname}`, 'No other reboot is scheduled'];
  return { job, headline: `Rebooting ${words.hostname}`, steps, doing: isEnd ? null : words.answer };
};

const event = (words: Words, priority: 1 | 2, detail: unknown): DueEvent =>
  due(1, priority, { ...words, detail: JSON.stringify(detail), process: words.event, receivedAt: NOW });

/** Every card there is, filled with these words. */
export function everyCard(words: Words): [name: string, card: Attachment][] {
  const { event: id, hostname, message, answer, person } = words;
  const wide = Array.from({ length: 12 }, (_, row) =>
    Object.fromEntries(Array.from({ length: 7 }, (_, column) => [`${message}${column}`, row === 0 ? row : answer])),
  );
  const kinds = (count: number, total: number) =>
    Array.from({ length: total }, (_, n) =>
      due(n, 1, { ...words, event: `${id.slice(0, 190)}${n % count}`, hostname: `${hostname.slice(0, 245)}${n % 7}` }),
    );
  const asked = pending({ askedBy: { ...alex, name: person }, expiresAt: NOW + 600_000 });
  return [
    ['event with a text', eventCard(event(words, 1, message), context)],
    ['event with rows', eventCard(event(words, 1, wide), context)],
    ['event with one object', eventCard(event(words, 1, wide[1]), context)],
    ['event without detail', eventCard(event(words, 1, null), context)],
    ['event with odd details', eventCard(event(words, 1, [1, [answer], { [answer]: null }]), context)],
    ['event with empty rows', eventCard(event(words, 1, [{}, {}]), context)],
    ['event with empty names', eventCard(event(words, 1, [{ '': '' }]), context)],
    ['summary', eventCard(event(words, 2, message), context)],
    ['digest of few', digestCard(kinds(3, 7), context)],
    ['digest of 500', digestCard(kinds(40, 500), context)],
    ['confirmation', confirmationCard(asked, summary(words), NOW, 'en-gb')],
    ...(['queued', 'running', 'sent'] as const).map((status): [string, Attachment] => [
      `job ${status}`,
      jobCard(view(words, status, false), NOW, 'en-gb'),
    ]),
    ...(['done', 'refused', 'failed', 'unknown'] as const).map((status): [string, Attachment] => [
      `job ${status}`,
      jobCard(view(words, status, true), NOW, 'en-gb'),
    ]),
    ['cancelled', closedCard(summary(words), 'Cancelled', answer)],
    ['expired', closedCard(summary(words), 'Expired', answer)],
    ['choices', choicesCard(message, answer, [{ title: hostname, say: hostname }])],
    ['question without choices', choicesCard(message, null, [])],
    ['help', helpCard(actions, true, person)],
    ['help for who may not', helpCard(actions, false, person)],
  ];
}
