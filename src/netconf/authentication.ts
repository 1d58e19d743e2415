import ssh2, { type AuthenticationType, type ParsedKey } from 'ssh2';
import { NetconfError } from './errors.ts';
import { type PrivateKey, place, type SessionTarget } from './target.ts';

type Way = 'agent' | 'key' | 'password' | 'keyboard-interactive';

/** What each is in SSH (RFC 4252): an agent signs for `publickey`, as a key file does. */
const METHOD = {
  agent: 'publickey',
  key: 'publickey',
  password: 'password',
  'keyboard-interactive': 'keyboard-interactive',
} as const satisfies Record<Way, string>;

/** Whether a private key cannot be read without its passphrase. */
export function needsPassphrase(text: string): boolean {
  const parsed: unknown = ssh2.utils.parseKey(text);
  return parsed instanceof Error && /passphrase/i.test(parsed.message);
}

export type Authentication = ReturnType<typeof authentication>;

/**
 * Which way to log in comes next: the agent, the key file, then the password and keyboard-interactive with the same
 * password, because some RADIUS set-ups know only the latter. Only what the target has. Throws `NetconfError` for a
 * key file that cannot be used.
 */
export function authentication(target: SessionTarget) {
  const key = target.key === undefined ? undefined : readPrivateKey(target.name, target.key);
  const ways: Way[] = [
    ...(target.agent === undefined ? [] : (['agent'] as const)),
    ...(key === undefined ? [] : (['key'] as const)),
    ...(target.password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ];
  const tried: Way[] = [];
  let offered: AuthenticationType[] = [];
  let asked = false;
  let rejections = 0;
  let answered = false;
  let agentError: Error | undefined;

  return {
    /** As ssh2's authHandler wants it; `left` is null the first time. */
    next(left: AuthenticationType[] | null, partial: boolean | null) {
      if (tried.length > 0 && !partial) rejections++;
      if (!asked) {
        asked = true;
        // Tells what the server accepts, so that nothing is sent in vain.
        return { type: 'none', username: target.user };
      }
      offered = left ?? offered;
      const isOpen = (way: Way) => offered.length === 0 || offered.some((each) => each === METHOD[way]);
      const way = ways.find((candidate) => !tried.includes(candidate) && isOpen(candidate));
      if (!way) return false;
      tried.push(way);
      switch (way) {
        case 'agent':
          return { type: 'agent', username: target.user, agent: target.agent };
        case 'key':
          return { type: 'publickey', username: target.user, key };
        case 'password':
          return { type: 'password', username: target.user, password: target.password };
        case 'keyboard-interactive':
          return 'keyboard-interactive';
      }
    },
    /** One hidden prompt gets the password, once: a second one asks for something else, such as a new password. */
    answers(prompts: { echo?: boolean }[]): string[] {
      return prompts.map((prompt) => {
        if (prompt.echo || answered) return '';
        answered = true;
        return target.password ?? '';
      });
    },
    agentFailed(error: Error): void {
      agentError = error;
    },
    refused: () => rejections > 0,
    expired(): NetconfError {
      const sentence = `${place(target)} wants a new password for user ${target.user} before it lets anyone in. Set one on the device, and put it into secrets.yaml.`;
      return new NetconfError('authentication', sentence);
    },
    error(cause?: unknown): NetconfError {
      return new NetconfError('authentication', sentenceFor(target, tried, offered, agentError), { cause });
    },
  };
}

function sentenceFor(target: SessionTarget, tried: Way[], offered: AuthenticationType[], agentError?: Error): string {
  const who = `user ${target.user}`;
  const where = target.jump ? place(target) : target.name;
  if (agentError && tried.at(-1) === 'agent')
    return `The SSH agent could not be used to log in to ${where}: ${agentError.message.replace(/\.$/, '')}. Check SSH_AUTH_SOCK and ssh-add -l.`;
  const offers = `it offers ${offered.join(', ') || 'nothing'}`;
  if (tried.length === 0) {
    return target.password === undefined
      ? `${where} does not accept keys for ${who} (${offers}). Allow public-key logins over SSH on the device.`
      : `${where} does not accept passwords for ${who} (${offers}). Allow password logins over SSH on the device.`;
  }
  const things = [
    ...(tried.includes('agent') ? ["every key of this server's SSH agent"] : []),
    ...(tried.includes('key') ? [`the key in ${target.key?.file}`] : []),
    ...(tried.includes('password') || tried.includes('keyboard-interactive') ? ['the password'] : []),
  ];
  const advice =
    things.at(-1) === 'the password'
      ? 'Check its entry in secrets.yaml.'
      : 'Check that its public key is configured for that user.';
  return `${where} refused ${things.join(' and ')} for ${who}. ${advice}`;
}

/** The key in a file's text. Throws `NetconfError` when there is none, or its passphrase is missing or wrong. */
export function readPrivateKey(name: string, { text, passphrase, file }: PrivateKey): ParsedKey {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key && !(key instanceof Error) && key.isPrivateKey()) return key;
  const [fact, advice] = needsPassphrase(text)
    ? passphrase === undefined
      ? ['is encrypted', 'Put its passphrase into secrets.yaml as the secret that serves the device.']
      : ['does not open with the passphrase in secrets.yaml', 'Check the entry that serves the device.']
    : ['is not a private key that can be read', 'Give an OpenSSH or PEM private key.'];
  throw new NetconfError('authentication', `The key file ${file} for ${name} ${fact}. ${advice}`, {
    cause: key instanceof Error ? key : undefined,
  });
}
