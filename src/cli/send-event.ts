import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { KeyPair } from '../config/key-pair.ts';
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
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const { webhook_secret, device_secrets, auth_header: header } = config.junos.config;
  const ofDevice = Object.entries(device_secrets).find(([name]) => name.toLowerCase() === event.hostname.toLowerCase());
  const [secret = ''] = ofDevice?.[1] ?? webhook_secret;
  const { events, port } = config.assistant;
  const pair = events ? config.tls.events : config.tls.bot;
  const own = `${pair ? 'https' : 'http'}://127.0.0.1:${events?.listen.port ?? port}/webhooks/junos`;
  const { status, body } = await postEvent(url ?? own, header, secret, event, url ? null : pair);
  process.stdout.write(`${status} ${body}\n`);
  if (status !== 202 && status !== 200)
    throw new AssistantError('not-taken', `The event was not taken: status ${status}.`);
}

/**
 * Posts a signed event. `pinned`: the certificate that has to be there, whoever signed it and whatever name it has. Throws
 * AssistantError `unreachable` when nothing answers at `url`.
 */
export async function postEvent(
  url: string,
  header: string,
  secret: string,
  event: Omit<TestEvent, 'url'>,
  pinned: Pick<KeyPair, 'certificate'> | null = null,
): Promise<{ status: number; body: string }> {
  const body = Buffer.from(JSON.stringify({ ...event, detail: readDetail(event.detail) }));
  const standard = signStandard(body, secret, randomUUID(), Math.floor(Date.now() / 1_000));
  const headers = { 'Content-Type': 'application/json', [header]: sign(body, secret), ...standard };
  const tls = pinned
    ? { ca: pinned.certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
    : {};
  try {
    const { request } = url.startsWith('https:') ? https : http;
    const outgoing = request(url, { method: 'POST', headers, signal: AbortSignal.timeout(10_000), ...tls });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
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
