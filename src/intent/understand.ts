import { type Intent, type IntentContext, plainIntent } from './intent.ts';
import { readCollectLogs } from './logs.ts';
import { readDevicesAt, readEvents } from './looks.ts';
import { readPhrase } from './phrases.ts';
import { readReboot } from './reboot.ts';
import { readRestart } from './restart.ts';
import { readCancelReboot, readShowReboot } from './schedule.ts';
import { normalise, type Token, tokenise } from './text.ts';

type Reader = (tokens: readonly Token[], context: IntentContext) => Intent | undefined;

/** One reader per intent, asked in this order; the first that knows the sentence answers. */
const READERS: readonly Reader[] = [
  readPhrase,
  readCancelReboot,
  readShowReboot,
  // Before the reboot: "bounce rpd on hq-rtr01" is about a process, "bounce hq-rtr01" is not.
  readRestart,
  readReboot,
  readCollectLogs,
  readEvents,
  readDevicesAt,
];

/**
 * What a message asks for. Pure; never throws. Mentions and HTML are the caller's to strip. What is not
 * clearly a command is `unknown`; what a command leaves open is in `ask`; a device is named only by its own name.
 */
export function understand(text: string, context: IntentContext): Intent {
  const clean = normalise(text);
  if (clean === undefined || clean === '') return plainIntent('unknown');
  const tokens = tokenise(clean);
  for (const read of READERS) {
    const intent = read(tokens, context);
    if (intent) return intent;
  }
  return plainIntent('unknown');
}
