import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import type { IntentContext } from '../intent/intent.ts';
import { isTimeZone } from '../time.ts';
import { parseNow, phrase, phraseStream } from './phrase.ts';

interface PhraseOptions {
  now?: string;
  zone?: string;
  locale?: string;
  stdin?: boolean;
}

/** `phrase`: one text, or a stream of them, against the devices of the configuration. */
export async function phraseCommand(dir: string, text: string | undefined, options: PhraseOptions): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const { zone = config.assistant.time_zone, locale = config.assistant.locale } = options;
  if (!isTimeZone(zone)) throw new AssistantError('usage', `${zone} is not a time zone such as Europe/London.`);
  const now = options.now === undefined ? new Date() : parseNow(options.now, zone);
  if (!now) throw new AssistantError('usage', `${options.now} is not a time such as 2026-11-23T10:00:00Z.`);
  const context: IntentContext = { now, zone, locale, inventory: config.inventory, processes: config.processes };
  if (options.stdin) return await phraseStream(process.stdin, process.stdout, context);
  if (text === undefined) throw new AssistantError('usage', 'Give the text to understand, or --stdin.');
  process.stdout.write(`${phrase(text, context)}\n`);
}
