import { z } from 'zod';
import { MAX_TEXT } from '../intent/text.ts';
import { deviceLines, lookWarnings } from './about.ts';
import { defineAction, type Headed, namesOf } from './action.ts';
import { LogCollection } from './log-collection.ts';
import { askForLogs } from './next.ts';

const parameters = z.strictObject({
  /** With the show commands of show-commands.yaml. */
  extensive: z.boolean(),
});
type LogParameters = z.infer<typeof parameters>;

const HOW_INPUT = 'how';
const HOW = [
  { value: 'usual', title: 'support information and the logs' },
  { value: 'extensive', title: 'with a list of show commands as well' },
];

/** Collects support logs into one archive, and stores it where it was configured. It changes nothing on the device. */
export const collectLogsAction = defineAction<LogParameters>({
  name: 'collect-logs',
  title: 'Collect support logs',
  example: askForLogs,
  parameters,

  summarise(own, looks) {
    const devices = looks.map(({ device }) => device);
    return {
      title: this.question(own, devices),
      devices: deviceLines(looks),
      facts: [{ label: 'Takes', value: 'usually 10 to 40 minutes; traffic is not affected' }],
      choices: [{ id: HOW_INPUT, label: 'What', value: own.extensive ? 'extensive' : 'usual', options: HOW }],
      button: 'Collect logs',
      isHarmless: true,
      warnings: lookWarnings(looks),
    };
  },

  question: (_parameters, devices) => `Collect the logs of ${namesOf(devices)}?`,
  notAfter: () => null,

  choose({ extensive }, _devices, inputs) {
    const how = inputs[HOW_INPUT] ?? (extensive ? 'extensive' : 'usual');
    return HOW.some(({ value }) => value === how) ? { extensive: how === 'extensive' } : 'Choose what to collect.';
  },

  headline: (_parameters, devices, state) => headline(namesOf(devices), state),

  next({ extensive }, devices) {
    if (devices.some(({ ended }) => ended === null)) return [];
    const names = devices.map(({ device }) => device).join(' and ');
    const say = extensive ? `get the extensive logs for ${names}` : askForLogs(names);
    // A longer sentence is not read.
    return say.length > MAX_TEXT ? [] : [{ title: 'Collect again', say }];
  },

  collect: ({ extensive }, context) => new LogCollection(extensive, context).run(),
});

function headline(names: string, state: Headed): string {
  switch (state) {
    case 'running':
    case 'waiting':
    case 'scheduled':
      return `Collecting logs from ${names}`;
    case 'done':
      return `Logs of ${names} collected`;
    case 'cancelled':
    case 'refused':
      return `Logs of ${names} were not collected`;
    case 'failed':
    case 'unknown':
      return `Collecting the logs of ${names} failed`;
    case 'mixed':
      return `Logs of ${names}`;
  }
}
