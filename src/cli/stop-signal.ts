export interface Signals {
  /** Resolves with the name of the first signal to stop. */
  stopped: Promise<NodeJS.Signals>;
  /** What a SIGHUP does that does not stop it: nothing until it is set. */
  onHangUp: () => void;
}

/**
 * Listens for SIGINT and SIGTERM, and for SIGHUP: a terminal was closed when `hangUpStops`. A second Ctrl-C means
 * that the stop takes too long for the person at the terminal: it ends the process at once. npm passes a Ctrl-C on to a
 * program that got it from the terminal already, so what follows within a second is the same one.
 */
export function takeSignals(hangUpStops = process.stdin.isTTY === true): Signals {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const signals: Signals = { stopped: promise, onHangUp: () => {} };
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    first ??= Date.now();
    if (Date.now() - first > 1_000) process.exit(130);
    resolve(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', (signal) => (hangUpStops ? onSignal(signal) : signals.onHangUp()));
  return signals;
}
