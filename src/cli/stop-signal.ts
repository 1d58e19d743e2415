/**
 * Resolves with the name of the first SIGINT or SIGTERM, or SIGHUP unless `onHangUp` takes that. A second Ctrl-C means that the stop takes too long for the
 * person at the terminal: it ends the process at once. npm passes a Ctrl-C on to a program that got it from the
 * terminal already, so what follows within a second is the same one.
 */
export function stopSignal(onHangUp?: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      first ??= Date.now();
      if (Date.now() - first > 1_000) process.exit(130);
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    // The terminal was closed, or the shell between it and us ended first: no reason to leave anything behind.
    process.on('SIGHUP', onHangUp ?? onSignal);
  });
}
