import type { Client, ClientChannel } from 'ssh2';

/** What Junos runs when the NETCONF subsystem is not configured. */
const FALLBACK_COMMAND = 'xml-mode netconf need-trailer';

/** Opens the NETCONF subsystem, or what stands in for it. ssh2 reports a connection that ended here as an error. */
export function openChannel(client: Client, done: (error: Error | undefined, channel?: ClientChannel) => void): void {
  const attempt = (open: () => void) => {
    try {
      open();
    } catch (error) {
      // ssh2 throws when the connection is gone already.
      done(error as Error);
    }
  };
  attempt(() =>
    client.subsys('netconf', (refusal, channel) => {
      if (!refusal) return done(undefined, channel);
      attempt(() => client.exec(FALLBACK_COMMAND, (error, fallback) => done(error, error ? undefined : fallback)));
    }),
  );
}
