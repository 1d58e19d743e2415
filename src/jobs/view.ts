import type { Job } from '../store/store.ts';

/** What a job's card shows at a moment. */
export interface JobView {
  job: Job;
  headline: string;
  /** Steps that are done, in order. */
  steps: string[];
  /** What is under way; null at the end. */
  doing: string | null;
}
