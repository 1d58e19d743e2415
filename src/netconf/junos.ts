import { NetconfError, RpcError } from './errors.ts';
import { type CommandOutcome, capped, rebootOutcome } from './reboot-outcome.ts';
import { folded, type RpcReply } from './reply.ts';
import type { NetconfSession } from './session.ts';
import { child, find, findAll, looseText, text, walk, type XmlElement, XmlError } from './xml.ts';

export type { CommandOutcome } from './reboot-outcome.ts';

export interface Facts {
  /** Empty when the device has none configured. */
  hostname: string;
  model: string;
  version: string;
  uptimeSeconds: number | null;
  bootedAt: Date | null;
  /** The device's clock as it writes it, with its zone: `2017-06-29 16:59:47 PDT`. */
  deviceTime: string | null;
}

export interface OperationOptions {
  /** Per RPC; 60 s when not given. */
  timeoutMs?: number;
}

/**
 * What the device is and since when it runs. A reply of several Routing Engines counts by its first one.
 * Throws `NetconfError`, `RpcError` or `XmlError`. Uptime is null when the user may not ask for it.
 */
export async function facts(session: NetconfSession, options: OperationOptions = {}): Promise<Facts> {
  const [software, uptime] = await Promise.all([
    session.rpc('<get-software-information/>', options),
    session.rpc('<get-system-uptime-information/>', options),
  ]);
  const information = find(software.root, 'software-information');
  if (!information) throw unanswered(session, 'get-software-information', software);
  return {
    hostname: text(child(information, 'host-name')),
    model: text(child(information, 'product-model')),
    version: text(child(information, 'junos-version')) || packageVersion(information),
    ...uptimeFacts(uptime.root),
  };
}

/** Before 13.x there is no junos-version, only `JUNOS Base OS boot [12.3R6.6]` in the package named junos. */
function packageVersion(information: XmlElement): string {
  const packages = findAll(information, 'package-information');
  const junos = packages.find((candidate) => text(child(candidate, 'name')) === 'junos') ?? packages[0];
  return /\[([^\]]+)\]/.exec(text(child(junos, 'comment')))?.[1] ?? '';
}

function uptimeFacts(root: XmlElement): Pick<Facts, 'uptimeSeconds' | 'bootedAt' | 'deviceTime'> {
  const information = find(root, 'system-uptime-information');
  const booted = child(information, 'system-booted-time');
  const now = child(child(information, 'current-time'), 'date-time');
  const bootedSeconds = secondsOf(child(booted, 'date-time'));
  const nowSeconds = secondsOf(now);
  const difference = bootedSeconds !== null && nowSeconds !== null ? nowSeconds - bootedSeconds : null;
  return {
    uptimeSeconds: secondsOf(child(booted, 'time-length')) ?? difference,
    bootedAt: bootedSeconds === null ? null : new Date(bootedSeconds * 1000),
    deviceTime: text(now) || null,
  };
}

/** Junos writes `junos:seconds` next to the readable time: epoch seconds of an instant, or a length. */
function secondsOf(element: XmlElement | undefined): number | null {
  const value = element?.attributes.seconds;
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : null;
}

/** A line of the reply that names an engine or underlines its name. */
const ENGINE_HEADING = /^(?:(?:node|re|fpc|member|lcc|localre)\d*:?|-+)$/i;
const NOTHING_PENDING = /^No shutdown\/reboot scheduled\.?$/i;

/**
 * The reboot, halt or shutdown the device has scheduled, in its words, or null when there is none. Only the device's
 * own statement counts as none. Throws `NetconfError` or `RpcError`.
 */
export async function pendingReboot(
  session: NetconfSession,
  options: OperationOptions = {},
): Promise<{ text: string } | null> {
  const lines = (await rebootInformation(session, options))
    .split('\n')
    .map(folded)
    .filter((line) => line !== '' && !ENGINE_HEADING.test(line));
  if (lines.length === 0) throw unanswered(session, 'get-reboot-information');
  const pending = lines.filter((line) => !NOTHING_PENDING.test(line));
  return pending.length === 0 ? null : { text: capped(pending.join(' ')) };
}

async function rebootInformation(session: NetconfSession, options: OperationOptions): Promise<string> {
  try {
    const reply = await session.rpc('<get-reboot-information format="text"/>', options);
    if (reply.errors.length > 0) throw unanswered(session, 'get-reboot-information', reply);
    const spoken = [...walk(reply.root)].filter((element) => element.name !== 're-name');
    return spoken.map((element) => element.text).join('\n');
  } catch (error) {
    // A halt with a message makes some releases answer with broken XML. Its text still says what is pending.
    if (error instanceof XmlError) return looseText(error.raw);
    throw error;
  }
}

function unanswered(session: NetconfSession, rpc: string, reply?: RpcReply): RpcError {
  const nothing = { type: null, tag: null, severity: 'error', path: null, badElement: null } as const;
  return new RpcError(session.target.name, rpc, reply?.errors[0] ?? { ...nothing, message: 'the reply is empty' });
}

/**
 * Reboots the Routing Engine the session is on, now or in that many minutes, once. Everything that can happen after
 * the request was sent is a value: `unknown` means only the device's uptime can tell, so it must not be sent again.
 * Throws `NetconfError` when nothing was sent, and `RangeError` for minutes that are not a positive whole number.
 */
export async function reboot(
  session: NetconfSession,
  options: OperationOptions & { inMinutes?: number } = {},
): Promise<CommandOutcome> {
  const { inMinutes, ...rpcOptions } = options;
  if (inMinutes !== undefined && !(Number.isSafeInteger(inMinutes) && inMinutes > 0)) {
    throw new RangeError(`A reboot in ${inMinutes} minutes is not possible.`);
  }
  // No engine is named on purpose: the other elements (both-routing-engines, all-members) take down more than asked.
  const request =
    inMinutes === undefined ? '<request-reboot/>' : `<request-reboot><in>${inMinutes}</in></request-reboot>`;
  try {
    return rebootOutcome(await session.rpc(request, rpcOptions));
  } catch (error) {
    if (error instanceof NetconfError && !error.sent) throw error;
    return { outcome: 'unknown', text: capped(lastWords(error)) };
  }
}

function lastWords(error: unknown): string {
  if (error instanceof XmlError) return looseText(error.raw);
  if (!(error instanceof NetconfError)) return 'The reply could not be read.';
  return error.partial ? `${error.message} It had said: ${error.partial}` : error.message;
}
