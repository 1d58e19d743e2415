import type { Activity, Attachment } from 'botbuilder';
import type { Choice, Summary } from '../src/actions/action.ts';
import { type DeviceView, type RequestView, stateOf } from '../src/jobs/view.ts';
import type { Confirmation, Job, JobStatus } from '../src/store/store.ts';
import { clock, type Reader } from '../src/time.ts';
import { cut, fitted, isSmall, plainText, renderCard } from './card.ts';
import closed from './closed.json' with { type: 'json' };
import confirmation from './confirmation.json' with { type: 'json' };
import { blocksOf, rowsOf } from './names.ts';
import request from './request.json' with { type: 'json' };

/** More devices than this are counted, not listed; every one of them is in the audit and in the log. */
const MOST_DEVICES = 12;
/** All texts of one card together stay under Teams' 28 KB, each with every character escaped. */
const LONGEST = 300;
const MOST_BUTTONS = 4;
const ANSWERS = 3_000;
const DAY_MS = 86_400_000;

const STATES = {
  ok: { mark: '✓', word: '', among: '' },
  unknown: { mark: '?', word: 'Unknown: ', among: ', unknown' },
  unreachable: { mark: '!', word: 'Not reachable: ', among: ', not reachable' },
};
/** Those that need a look first. */
const WORST_FIRST = ['unreachable', 'unknown', 'ok'] as const;
/** A host name has no more. */
const LONGEST_NAME = 253;
const BLOCK = 1_200;

/**
 * The question before an action, with the buttons that decide the stored confirmation. It names every device and shows
 * everything that can be chosen; a request that is too large for that gets a card that can only be cancelled.
 */
export function confirmationCard(asked: Confirmation, summary: Summary, now: number, locale: string): Attachment {
  const { id, askedBy, expiresAt, zone } = asked;
  const { title, devices, facts, choices, button, isHarmless, decline = 'Cancel', data, warnings } = summary;
  const head = {
    id,
    title,
    decline,
    askedBy: cut(askedBy.name, LONGEST),
    // An instant, not a duration: the card stays as it is while the time runs.
    expires: `Expires at ${clock(expiresAt, now, { zone, locale })}.`,
  };
  const isFolded = devices.length > MOST_DEVICES;
  const sorted = isFolded ? WORST_FIRST.flatMap((state) => devices.filter((each) => each.state === state)) : devices;
  const whole = fitted((share) =>
    renderCard(confirmation, {
      ...head,
      next: 'Confirm or cancel.',
      confirm: [{ button, style: isHarmless ? 'positive' : 'destructive', data: { ...data, confirmation: id } }],
      devices: sorted.slice(0, MOST_DEVICES).map(({ name, about, state }) => ({
        name,
        mark: STATES[state].mark,
        about: `${STATES[state].word}${cut(about, LONGEST * share)}`,
      })),
      rest: restOf(sorted.slice(MOST_DEVICES)),
      facts: facts.map(({ label, value }) => ({ label, value: cut(value, LONGEST * 2 * share) })),
      choices: choices.map((choice) => choiceSet(choice, choices.length)),
      warnings: warnings.map((text) => ({ text: cut(text, LONGEST * share) })),
    }),
  );
  if (isSmall(whole) && devices.every(({ name }) => name.length <= LONGEST_NAME)) return whole;
  const tooMany = `${devices.length} devices, with what is to be known of them, are more than one card can show. They cannot be confirmed together. Ask for fewer at a time.`;
  return renderCard(confirmation, {
    ...head,
    title: cut(title, LONGEST),
    next: 'Too many devices for one card.',
    confirm: [],
    devices: [],
    rest: [],
    facts: [],
    choices: [],
    warnings: [{ text: tooMany }],
  });
}

/** The names of the devices that have no line of their own, with what is the matter with them. */
function restOf(devices: Summary['devices']): { text: string }[] {
  return WORST_FIRST.flatMap((state) => {
    const names = devices.filter((each) => each.state === state).map(({ name }) => name);
    const { mark, among } = STATES[state];
    return blocksOf(names, BLOCK).map((block, n) => ({
      text: `${n === 0 ? `${mark} And ${names.length} more${among}: ` : ''}${block.join(', ')}`,
    }));
  });
}

/** Two or three are seen at once, more fold into a list. Nothing is preset that has to be chosen. */
const choiceSet = ({ id, label, value, options }: Choice, sets: number) => ({
  id,
  label,
  value: value ?? '',
  isRequired: value === null,
  options,
  style: options.length <= 3 && sets <= 3 ? 'expanded' : 'compact',
});

/** One look per status: the colour, the mark, and the word that says the same. */
const LOOKS: Record<JobStatus | 'mixed', { style: string; mark: string; word: string }> = {
  queued: { style: 'accent', mark: '○', word: 'Starting' },
  running: { style: 'accent', mark: '…', word: 'In progress' },
  sent: { style: 'accent', mark: '…', word: 'In progress' },
  waiting: { style: 'accent', mark: '…', word: 'In progress' },
  scheduled: { style: 'good', mark: '✓', word: 'Scheduled' },
  done: { style: 'good', mark: '✓', word: 'Done' },
  cancelled: { style: 'emphasis', mark: '✓', word: 'Cancelled' },
  refused: { style: 'warning', mark: '!', word: 'Refused' },
  unknown: { style: 'warning', mark: '?', word: 'Unknown' },
  failed: { style: 'attention', mark: '✗', word: 'Failed' },
  mixed: { style: 'warning', mark: '!', word: 'Ended' },
};

/** The worst first: that is what somebody has to see. */
const BY_CONCERN: JobStatus[] = [
  'failed',
  'unknown',
  'refused',
  'cancelled',
  'sent',
  'waiting',
  'running',
  'queued',
  'scheduled',
  'done',
];

/** A confirmed request while it is carried out and at its end. */
export function requestCard(view: RequestView, now: number, locale: string): Attachment {
  const { confirmation: asked, headline, devices, buttons: offered } = view;
  const reader: Reader = { zone: asked.zone, locale };
  const jobs = devices.map(({ job }) => job);
  const isSingle = devices.length === 1;
  const ended = jobs.every(({ endedAt }) => endedAt !== null)
    ? Math.max(...jobs.map(({ endedAt }) => endedAt ?? 0))
    : null;
  const confirmed = `Confirmed by ${asked.decidedBy?.name ?? 'somebody'}, ${clock(asked.decidedAt ?? jobs[0]?.createdAt ?? now, now, reader)}.`;
  const order = (status: JobStatus) => BY_CONCERN.indexOf(status);
  const sorted =
    devices.length > MOST_DEVICES ? [...devices].sort((a, b) => order(a.job.status) - order(b.job.status)) : devices;
  const shown = sorted.slice(0, MOST_DEVICES);
  const hidden = sorted.slice(MOST_DEVICES);
  const answered = shown.filter(({ job }) => job.answer !== null && job.answer !== '');
  const buttons = offered.slice(0, MOST_BUTTONS).map((button) => ({
    ...{ verb: null, jobId: null, say: null },
    ...button,
    title: cut(button.title, 60),
  }));
  return fitted((share) =>
    renderCard(request, {
      ...overall(jobs.map(({ status }) => status)),
      headline: cut(headline, LONGEST * 2 * share),
      devices: shown.map((each) => (isSingle ? alone(each, share) : oneOfSeveral(each, share))),
      rest: hidden.length === 0 ? null : `And ${hidden.length} more: ${counted(hidden.map(({ job }) => job.status))}.`,
      answers: answered.map(({ job }) => ({
        label: cut(
          job.confirmation.action === 'collect-logs' ? `Files of ${job.device}` : `${job.device} answered`,
          LONGEST * share,
        ),
        text: cut(job.answer ?? '', (ANSWERS * share) / answered.length),
      })),
      // One stands beside "Details"; several have names in them, and rows of their own.
      beside: buttons.length === 1 ? buttons : [],
      rows: buttons.length === 1 ? [] : rowsOf(buttons),
      footer: ended === null ? confirmed : `${confirmed} Ended ${clock(ended, now, reader)}.`,
    }),
  );
}

function alone({ job, steps, doing }: DeviceView, share: number) {
  return {
    label: null,
    sentence: job.sentence === null ? null : cut(job.sentence, LONGEST * 3 * share),
    steps: [
      ...steps.map((text) => ({ mark: '✓', text: cut(text, LONGEST * share) })),
      ...(doing === null ? [] : [{ mark: '…', text: cut(doing, LONGEST * share) }]),
    ],
  };
}

/** Beside others a device has its state and what it is at; how it got there is in the log. */
function oneOfSeveral({ job, doing }: DeviceView, share: number) {
  const { mark, word } = LOOKS[job.status];
  // What the word says already is not said twice.
  const sentence = doing === word ? null : (doing ?? job.sentence);
  return {
    label: `${mark} ${cut(job.device, LONGEST * share)}: ${word}`,
    sentence: sentence === null ? null : cut(sentence, LONGEST * share),
    steps: [],
  };
}

function overall(statuses: JobStatus[]): { style: string; word: string } {
  const state = stateOf(statuses);
  if (statuses.length === 1) return LOOKS[statuses[0] ?? 'running'];
  const done = statuses.filter((status) => !['queued', 'running', 'sent', 'waiting'].includes(status)).length;
  if (state === 'running' || state === 'waiting')
    return { ...LOOKS.running, word: `In progress, ${done} of ${statuses.length}` };
  if (state !== 'mixed') return LOOKS[state];
  const worst = BY_CONCERN.find((status) => statuses.includes(status)) ?? 'done';
  return { ...LOOKS[worst], word: counted(statuses) };
}

/** `1 failed, 2 done`: the worst first. */
function counted(statuses: JobStatus[]): string {
  const words = BY_CONCERN.flatMap((status) => {
    const count = statuses.filter((each) => each === status).length;
    return count === 0 ? [] : [`${count} ${LOOKS[status].word.toLowerCase()}`];
  });
  const text = words.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Whether what was collected for it is stored somewhere. */
export const hasFiles = ({ status, answer }: Job) => status === 'done' && answer !== null;

/**
 * Where collected files are, in words alone: Teams forwards those, and they can be copied on a phone. In the zone of
 * whoever asked for them.
 */
export function filesMessage(jobs: readonly Job[], reader: Reader): Partial<Activity> {
  const parts = jobs.map(({ device, answer, endedAt }) =>
    plainText(
      `Logs of ${device}, collected ${withDate(endedAt ?? 0, reader)}:\n${(answer ?? '').replaceAll('\n', ',\n')}`,
    ),
  );
  return { type: 'message', textFormat: 'plain', text: parts.join('\n\n') };
}

/** A time that still says which day when it is read on another one. */
const withDate = (at: number, reader: Reader) => clock(at, at - DAY_MS, reader);

/** What is left of a confirmation that will not be carried out. */
export function closedCard(title: string, word: 'Cancelled' | 'Expired', sentence: string): Attachment {
  return renderCard(closed, { headline: title, word, sentence });
}
