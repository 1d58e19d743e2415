import type { Attachment } from 'botbuilder';
import type { Summary } from '../src/actions/action.ts';
import type { JobView } from '../src/jobs/view.ts';
import type { Confirmation, JobStatus } from '../src/store/store.ts';
import { clock, type Reader } from '../src/time.ts';
import { renderCard } from './card.ts';
import closed from './closed.json' with { type: 'json' };
import confirmation from './confirmation.json' with { type: 'json' };
import job from './job.json' with { type: 'json' };

/** The question before an action, with the buttons that decide the stored confirmation. */
export function confirmationCard(asked: Confirmation, summary: Summary, now: number, locale: string): Attachment {
  const { id, askedBy, expiresAt, zone } = asked;
  const { title, facts, button, warning } = summary;
  // An instant, not a duration: the card stays as it is while the time runs.
  const expires = `Expires at ${clock(expiresAt, now, { zone, locale })}.`;
  return renderCard(confirmation, { id, title, facts, button, warning, expires, askedBy: askedBy.name });
}

/** One look per status: the colour, and the word that says the same. */
const LOOKS: Record<JobStatus, { style: string; word: string }> = {
  queued: { style: 'accent', word: 'In progress' },
  running: { style: 'accent', word: 'In progress' },
  sent: { style: 'accent', word: 'In progress' },
  done: { style: 'good', word: 'Done' },
  refused: { style: 'warning', word: 'Refused' },
  unknown: { style: 'warning', word: 'Unknown' },
  failed: { style: 'attention', word: 'Failed' },
};

/** A job while it runs and at its end. */
export function jobCard({ job: of, headline, steps, doing }: JobView, now: number, locale: string): Attachment {
  const { confirmation: asked, status, sentence, answer, endedAt } = of;
  const reader: Reader = { zone: asked.zone, locale };
  const confirmed = `Confirmed by ${asked.decidedBy?.name ?? 'somebody'}, ${clock(asked.decidedAt ?? of.createdAt, now, reader)}.`;
  return renderCard(job, {
    ...LOOKS[status],
    headline,
    sentence,
    answer,
    steps: [...steps.map((text) => ({ mark: '✓', text })), ...(doing === null ? [] : [{ mark: '…', text: doing }])],
    footer: endedAt === null ? confirmed : `${confirmed} Ended ${clock(endedAt, now, reader)}.`,
  });
}

/** What is left of a confirmation that will not be carried out. */
export function closedCard(summary: Summary, word: 'Cancelled' | 'Expired', sentence: string): Attachment {
  return renderCard(closed, { headline: summary.title, word, sentence });
}
