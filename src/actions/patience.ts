import { NetconfError } from '../netconf/errors.ts';

/** However long the limit is over, somebody who has just begun to look looks for this long. */
const PATIENCE_MS = 2 * 60_000;

/** Whether to give a device up: the limit since its time is over, and it was looked at for a while by this process. */
export function isGivenUp(limitMs: number, sinceDueMs: number, sinceBeganMs: number): boolean {
  return sinceDueMs > limitMs && sinceBeganMs >= Math.min(PATIENCE_MS, limitMs);
}

const SILENT = new Set<string>(['refused', 'unreachable', 'timeout', 'closed', 'not-netconf']);

/** What a device looks like from outside that is down, or nearly. The rest is an answer, or no fault of the device. */
export const isSilence = (error: unknown): boolean => error instanceof NetconfError && SILENT.has(error.code);
