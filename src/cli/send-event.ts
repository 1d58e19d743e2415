import { randomUUID } from 'node:crypto';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import { sign, signStandard } from '../events/verify.ts';

export interface TestEvent {
  event: string;
  message: string;
  hostname: string;
  process: string;
  /** A text; JSON rows are sent as rows. */
  detail: string;
  url?: string;
}

/** Sends one signed webhook as an agent would, and prints the status and the answer. */
export async function sendEvent(dir: string, { url, ...event }: TestEvent): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env);
  const { webhook_secret, device_secrets, auth_header: header } = config.junos.config;
  const own = Object.entries(device_secrets).find(([name]) => name.toLowerCase() === event.hostname.toLowerCase());
  const [secret = ''] = own?.[1] ?? webhook_secret;
  const target = url ?? `http://127.0.0.1:${config.assistant.port}/webhooks/junos`;
  const { status, body } = await postEvent(target, header, secret, event);
  process.stdout.write(`${status} ${body}\n`);
  if (status !== 202 && status !== 200)
    throw new AssistantError('not-taken', `The event was not taken: status ${status}.`);
}

/** Posts a signed event. Throws AssistantError `unreachable` when nothing answers at `url`. */
export async function postEvent(
  url: string,
  header: string,
  secret: string,
  event: Omit<TestEvent, 'url'>,
): Promise<{ status: number; body: string }> {
  const body = Buffer.from(JSON.stringify({ ...event, detail: readDetail(event.detail) }));
  const standard = signStandard(body, secret, randomUUID(), Math.floor(Date.now() / 1_000));
  const headers = { 'Content-Type': 'application/json', [header]: sign(body, secret), ...standard };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(10_000),
      redirect: 'error',
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    throw new AssistantError('unreachable', `Nothing answers at ${url}. Is the bot running there?`, { cause: error });
  }
}

function readDetail(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}
