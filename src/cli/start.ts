import { type Config, loadConfigOrThrow } from '../config/load.ts';
import { problemLine } from '../config/problem.ts';
import { createLog, type Log } from '../log.ts';
import { type Running, start } from '../main.ts';
import { VERSION } from '../version.ts';
import { startTraces } from '../watch/start-traces.ts';
import type { Traces } from '../watch/traces.ts';
import type { Signals } from './stop-signal.ts';

/** Supervisors kill after ten seconds. A store or a server that hangs can hold up a stop, and a start, for longer. */
const END_MS = 9_000;
/** Time for the reason to be read. */
const FAILED_MS = 2_000;

/**
 * Runs the bot until SIGINT or SIGTERM, and rereads the configuration on SIGHUP. Throws AssistantError
 * `bad-configuration` with every problem.
 */
export async function startBot(dir: string, signals: Signals): Promise<void> {
  const { stopped } = signals;
  const log = createLog();
  void stopped.then(() => setTimeout(cutOff, END_MS, log));
  const { config, warnings } = await loadConfigOrThrow(dir, process.env);
  for (const warning of warnings) log.warn(problemLine(warning));
  const traces = await startTraces(process.env, VERSION, log);
  const bot = await startLoudly(config, log, traces).catch((error: unknown) => {
    // What was begun must not keep a process that does nothing.
    setTimeout(() => process.exit(1), FAILED_MS).unref();
    throw error;
  });
  signals.onHangUp = () => {
    bot.reread().catch((error: unknown) => log.error({ err: error }, 'configuration not reread'));
  };
  bot.lost?.catch((error: unknown) => {
    log.fatal({ err: error }, 'this bot ends at once');
    process.exit(1);
  });
  process.stdout.write(`Network Assistant is ready on ${bot.url}\n`);
  log.info({ signal: await stopped }, 'stopping');
  await bot.stop();
  await traces.stop();
  log.info('stopped');
  // A request that Teams never answers would keep the process until it times out.
  process.exit();
}

function cutOff(log: Log): never {
  log.error(
    'the stop took too long and is cut off: what was acknowledged is stored, the next start goes on from there',
  );
  process.exit(1);
}

/** Starts the bot and says which of the two modes it is in, so that nobody takes one for the other. */
export async function startLoudly(config: Config, log: Log, traces?: Traces): Promise<Running> {
  if (config.identity.mode === 'local') {
    log.warn(
      'LOCAL MODE: there is no app id, neither in MicrosoftAppId nor under bot in assistant.yaml, so requests are not authenticated and everyone who reaches 127.0.0.1 may act on devices',
    );
  }
  if (config.masterPassword === undefined && config.secrets.length > 0) {
    log.warn(
      'no master password: set NETWORK_ASSISTANT_MASTER_PASSWORD to open secrets.yaml; until then no device can be logged in to',
    );
  }
  return await start(config, log, traces ? { traces } : {});
}
