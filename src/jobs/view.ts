import type { Headed, Saying } from '../actions/action.ts';
import type { Confirmation, Job, JobStatus } from '../store/store.ts';

/** One device of a confirmed request, at a moment. */
export interface DeviceView {
  job: Job;
  /** Steps that are done, in order. */
  steps: string[];
  /** What is under way; null at the end. */
  doing: string | null;
}

/** What the card of a confirmed request shows. */
export interface RequestView {
  confirmation: Confirmation;
  headline: string;
  devices: DeviceView[];
  buttons: RequestButton[];
}

/** "Look again", which is about a job, or "Collect logs", which says so. */
export type RequestButton = { title: string; verb: string; jobId: string } | Saying;

/** What a request is as a whole: running while any device is, else what all of them are, else mixed. */
export function stateOf(statuses: readonly JobStatus[]): Headed {
  const shown = new Set(statuses.map(shownAs));
  if (shown.has('running')) return 'running';
  const [only = 'running'] = shown;
  if (shown.size === 1) return only;
  if (shown.has('waiting')) return 'waiting';
  return 'mixed';
}

function shownAs(status: JobStatus): Headed {
  return status === 'queued' || status === 'sent' ? 'running' : status;
}
