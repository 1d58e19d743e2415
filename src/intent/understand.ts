import { readDevices } from './devices.ts';
import { readEvents } from './events.ts';
import { verbFirst } from './frames.ts';
import { type Intent, type IntentContext, plainIntent } from './intent.ts';
import { readLogs } from './logs.ts';
import { readMute } from './mutes.ts';
import { readPhrase } from './phrases.ts';
import { readReboot } from './reboot.ts';
import { readCancelReboot, readShowReboot } from './reboots.ts';
import { readRestart } from './restart.ts';
import { normalise, type Token, tokenise } from './text.ts';

type Reader = (tokens: readonly Token[], context: IntentContext) => Intent | undefined;

/** One reader per intent, asked in this order; the first that knows the sentence answers. */
const READERS: readonly Reader[] = [
  readPhrase,
  readMute,
  readCancelReboot,
  readShowReboot,
  readRestart,
  readReboot,
  readLogs,
  readEvents,
  readDevices,
];

/**
 * What a message asks for. Pure; never throws. Mentions and HTML are the caller's to strip. What is not
 * clearly a command is `unknown`; what a command leaves open is in `ask`; a device is named only by its own name.
 */
export function understand(text: string, context: IntentContext): Intent {
  const clean = normalise(text);
  if (clean === undefined || clean === '') return plainIntent('unknown');
  const tokens = verbFirst(tokenise(clean));
  for (const read of READERS) {
    const intent = read(tokens, context);
    if (intent) return intent;
  }
  return plainIntent('unknown');
}
