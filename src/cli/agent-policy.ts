import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';

export interface PolicyOptions {
  url: string;
  secretFile: string;
  user: string;
  /** `within SECONDS trigger until COUNT` for the events that are not urgent. */
  within: number;
  until: number;
}

const SCRIPT = 'junos-agent.py';
const POLICY = 'network-assistant';
/** Priority 4 is not even stored. */
const IGNORED = 4;
/** Priority 1, and what has none and counts as it: every single one is sent. */
const isUrgent = (priority: number | null) => priority === null || priority <= 1;

/**
 * Prints the `set` commands that make a device send the events of the configuration. The urgent ones share a
 * policy; each other one has its own, because `within` counts a policy's events together.
 */
export async function agentPolicy(dir: string, options: PolicyOptions): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const script = await readFile(new URL(`../../agent/${SCRIPT}`, import.meta.url));
  const checksum = createHash('sha256').update(script).digest('hex');
  const commands = policyCommands(config.junos.events ?? {}, checksum, options);
  process.stdout.write(commands.map((command) => `${command}\n`).join(''));
}

/** One `set` command each. Throws AssistantError for what could not be part of one. */
export function policyCommands(
  events: Record<string, number | null>,
  checksum: string,
  options: PolicyOptions,
): string[] {
  checkOptions(options);
  const wanted = Object.entries(events).filter(([, priority]) => priority !== IGNORED);
  if (wanted.length === 0) {
    throw new AssistantError('no-events', 'There is no event with a priority of 1, 2 or 3 in junos-config.yaml.');
  }
  const { user, within, until } = options;
  const file = `set event-options event-script file ${SCRIPT}`;
  const urgent = wanted.filter(([, priority]) => isUrgent(priority)).map(([event]) => idOf(event));
  const limited = wanted.filter(([, priority]) => !isUrgent(priority)).map(([event]) => idOf(event));
  return [
    'set system scripts language python3',
    `${file} python-script-user ${user}`,
    `${file} checksum sha-256 ${checksum}`,
    ...(urgent.length === 0 ? [] : policy(POLICY, urgent)),
    ...limited.flatMap((event) => policy(`${POLICY}-${event}`, [event], [`within ${within} trigger until ${until}`])),
  ];

  function policy(name: string, ids: string[], limits: string[] = []): string[] {
    const then = `then event-script ${SCRIPT} arguments`;
    const statements = [
      ...ids.map((id) => `events ${id}`),
      ...limits,
      `${then} url ${options.url}`,
      `${then} secret-file ${options.secretFile}`,
    ];
    return statements.map((statement) => `set event-options policy ${name} ${statement}`);
  }
}

/** Junos lists its events in lower case. */
function idOf(event: string): string {
  const id = event.toLowerCase();
  if (!/^[a-z][a-z0-9_]{0,199}$/.test(id)) {
    throw new AssistantError('usage', `${JSON.stringify(event)} in junos-config.yaml is not the id of a Junos event.`);
  }
  return id;
}

/** The command line of a device gives spaces, quotes, brackets, `;`, `#`, `?` and `|` a meaning: none is let in. */
function checkOptions({ url, secretFile, user }: PolicyOptions): void {
  const refuse = (option: string, what: string) => {
    throw new AssistantError('usage', `--${option} must be ${what}.`);
  };
  if (!/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[A-Za-z0-9._~%+=/-]*)?$/.test(url) || !URL.canParse(url)) {
    refuse('url', 'an address such as https://assistant.example.net/webhooks/junos, without a user and without ?');
  }
  if (!/^\/[A-Za-z0-9._/-]+$/.test(secretFile)) {
    refuse('secret-file', 'a path such as /var/home/netassist/junos-agent.secret');
  }
  if (!/^[A-Za-z_][A-Za-z0-9._-]{0,63}$/.test(user)) refuse('user', 'the name of a local user of the device');
}
