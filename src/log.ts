import { type DestinationStream, type Logger, levels, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type Log = Logger;

/** Keys whose values never reach a log line, at any of the two depths our fields have. */
const SECRET_KEYS = ['password', 'secret', 'token', 'authorization', 'privateKey', 'passphrase', 'webhook_secret'];

/**
 * The program's log. It goes to stderr, because stdout belongs to results: readable lines on a
 * terminal, JSON otherwise. `destination` is for tests, which read the lines back.
 */
export function createLog(level = process.env.LOG_LEVEL ?? 'info', destination?: DestinationStream): Log {
  const stream =
    destination ??
    (process.stderr.isTTY
      ? PinoPretty({ destination: 2, ignore: 'pid,hostname', singleLine: true, sync: true })
      : undefined);
  return pino(
    {
      // A level that does not exist would end the program before it could say so.
      level: level in levels.values || level === 'silent' ? level : 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      redact: { paths: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)], censor: '[secret]' },
    },
    stream ?? process.stderr,
  );
}
