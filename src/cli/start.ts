import { type Config, loadConfigOrThrow } from '../config/load.ts';
import { problemLine } from '../config/problem.ts';
import { createLog, type Log } from '../log.ts';
import { type Running, start } from '../main.ts';
import { VERSION } from '../version.ts';
import { startTraces } from '../watch/start-traces.ts';
import type { Traces } from '../watch/traces.ts';
import { stopSignal } from './stop-signal.ts';

/** Runs the bot until SIGINT or SIGTERM. Throws AssistantError `bad-configuration` with every problem. */
export async function startBot(dir: string): Promise<void> {
  const { config, warnings } = await loadConfigOrThrow(dir, process.env);
  const log = createLog();
  for (const warning of warnings) log.warn(problemLine(warning));
  let bot: Running | undefined;
  const reread = () => {
    bot?.reread().catch((error: unknown) => log.error({ err: error }, 'configuration not reread'));
  };
  // On a terminal it means that the terminal was closed.
  const stopped = stopSignal(process.stdin.isTTY ? undefined : reread);
  const traces = await startTraces(process.env, VERSION, log);
  bot = await startLoudly(config, log, traces);
  process.stdout.write(`Network Assistant is ready on ${bot.url}\n`);
  log.info({ signal: await stopped }, 'stopping');
  await bot.stop();
  await traces.stop();
  log.info('stopped');
  // A request that Teams never answers would keep the process until it times out.
  process.exit();
}

/** Starts the bot and says which of the two modes it is in, so that nobody takes one for the other. */
export async function startLoudly(config: Config, log: Log, traces?: Traces): Promise<Running> {
  if (config.identity.mode === 'local') {
    log.warn(
      'LOCAL MODE: no MicrosoftAppId is set, so requests are not authenticated and everyone who reaches 127.0.0.1 may act on devices',
    );
  }
  if (config.masterPassword === undefined && config.secrets.length > 0) {
    log.warn(
      'no master password: set NETWORK_ASSISTANT_MASTER_PASSWORD to open secrets.yaml; until then no device can be logged in to',
    );
  }
  return await start(config, log, Date.now, undefined, traces);
}
