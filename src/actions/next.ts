import type { Saying, Worked } from './action.ts';

/** The sentence that asks for the logs of a device, or of several with `and` between them. */
export const askForLogs = (names: string): string => `get the junos logs for ${names}`;

/** Where something did not go well, the logs are what is wanted next: a button for each such device. */
export function logsWhereItFailed(devices: readonly Worked[]): Saying[] {
  const failed = devices.filter(({ ended }) => ended === 'failed' || ended === 'unknown');
  return failed.map(({ device }) => ({
    title: devices.length === 1 ? 'Collect logs' : `Collect logs of ${device}`,
    say: askForLogs(device),
  }));
}
