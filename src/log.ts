import { type DestinationStream, type Logger, levels, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { loggedReferenceOf } from './errors.ts';

export type Log = Logger;

/** Keys whose values never reach a log line, at any of the two depths our fields have. */
const SECRET_KEYS = ['password', 'secret', 'token', 'authorization', 'privateKey', 'passphrase', 'webhook_secret'];

/** What is logged of an error. Libraries hang requests on theirs, with the headers and tokens that were sent. */
const ERROR_FIELDS = ['type', 'message', 'stack', 'code', 'errno', 'syscall', 'address', 'port', 'statusCode'];

/** Fields that `inWords` puts into the message. */
const SAID = ['device', 'event', 'priority', 'text'];
const PRIORITIES: Record<number, string> = { 1: 'critical', 2: 'warning', 3: 'stored', 4: 'ignored' };

/**
 * A log line's message for a terminal: an event as `hq-fw01 critical SNMP_TRAP_LINK_DOWN: ifIndex 502, …`. What a device
 * wrote must not move the cursor or begin a line of its own.
 */
export function inWords(line: Record<string, unknown>, messageKey: string): string {
  const said = String(line[messageKey] ?? '');
  const of = (name: string) => String(line[name] ?? '').trim();
  const [device, event, text] = [of('device'), of('event'), of('text')];
  if (!event) return printable([said, device && `(${device})`, text && `"${text}"`].filter(Boolean).join(' '));
  const priority = PRIORITIES[Number(line.priority)] ?? '';
  const message = text.startsWith(`${event}:`) ? text : [event, text].filter(Boolean).join(': ');
  return printable([`${said}:`, device, priority, message].filter(Boolean).join(' '));
}

function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return stdSerializers.err(error as Error);
  const all = stdSerializers.err(error) as unknown as Record<string, unknown>;
  return Object.fromEntries(ERROR_FIELDS.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

/** A line with an error has the reference that a person was given for it, or would be. */
function withReference(fields: Record<string, unknown>): Record<string, unknown> {
  const reference = 'err' in fields && !('reference' in fields) ? loggedReferenceOf(fields.err) : undefined;
  return reference === undefined ? fields : { reference, ...fields };
}

const printable = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');

/**
 * The program's log. It goes to stderr, because stdout belongs to results: readable lines on a
 * terminal, JSON otherwise. `destination` is for tests, which read the lines back.
 */
export function createLog(level = process.env.LOG_LEVEL ?? 'info', destination?: DestinationStream): Log {
  const stream =
    destination ??
    (process.stderr.isTTY
      ? PinoPretty({
          destination: 2,
          ignore: ['pid', 'hostname', ...SAID].join(','),
          messageFormat: inWords,
          singleLine: true,
          sync: true,
        })
      : undefined);
  return pino(
    {
      // A level that does not exist would end the program before it could say so.
      level: level in levels.values || level === 'silent' ? level : 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: errorFields },
      formatters: { log: withReference },
      redact: { paths: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)], censor: '[secret]' },
    },
    stream ?? process.stderr,
  );
}
