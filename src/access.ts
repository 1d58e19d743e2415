import { meansDevice, type Subject } from './device-pattern.ts';
import type { ConversationKind, Person } from './store/store.ts';

/** What a role can allow: the device actions, and what else people ask for, by the names of their intents. */
export const RIGHTS = [
  'reboot',
  'cancel-reboot',
  'show-reboot',
  'restart-process',
  'collect-logs',
  'events',
  'devices',
  'alerts',
] as const;
export type Right = (typeof RIGHTS)[number];

/** Where something is asked. */
export interface Place {
  /** A channel's thread (`…;messageid=…`) counts as its channel. */
  conversationId: string;
  kind: ConversationKind;
}

export interface Role {
  name: string;
  /** User principal names, which have an `@`, and Entra object ids; in any case. */
  people: string[];
  actions: 'all' | Right[];
  /** Names, patterns in which `*` stands for any characters, and sites as `site:NAME`; in any case. */
  devices: 'all' | string[];
  /** Conversation ids; `personal` stands for every personal chat. */
  conversations: 'all' | 'personal' | string[];
}

export interface AccessRules {
  /** Local mode: the bot is on loopback, and whoever reaches it may do everything. */
  isLocal: boolean;
  /** Entra object ids of people who may do everything everywhere. */
  operators: string[];
  roles: Role[];
  /** Whom to ask, as it reads in a sentence. */
  ask: string;
}

export type Verdict =
  | { isAllowed: true; reason: 'local-mode' | 'role'; role: string | null }
  | {
      isAllowed: false;
      reason: 'unknown-person' | 'not-this-action' | 'not-this-device' | 'not-here';
      sentence: string;
      /** The refused ones, in the order they were asked for. */
      devices: string[];
    };

/**
 * May this person do this to all of these devices, here? Whoever is not named may not. Each device must be allowed by
 * one of the person's roles that allow the right here; different devices may be allowed by different roles. Without
 * devices, one role that allows the right here is enough.
 */
export function mayDo(
  person: Person,
  right: Right,
  devices: readonly Subject[],
  place: Place,
  rules: AccessRules,
): Verdict {
  if (rules.isLocal) return { isAllowed: true, reason: 'local-mode', role: null };
  const roles = rolesOf(person, rules);
  const able = roles.filter((role) => allowsRight(role, right));
  const here = able.filter((role) => allowsPlace(role, place));

  const used = new Set<string>();
  const refused = devices.filter((device) => {
    const role = here.find((each) => allowsDevice(each, device));
    if (role) used.add(role.name);
    return !role;
  });
  if (here.length > 0 && refused.length === 0) {
    return { isAllowed: true, reason: 'role', role: used.size > 0 ? [...used].join(', ') : (here[0]?.name ?? null) };
  }

  const names = refused.map(({ name }) => name);
  const deny = (reason: Extract<Verdict, { isAllowed: false }>['reason'], sentence: string): Verdict => ({
    isAllowed: false,
    reason,
    sentence,
    devices: names,
  });
  const what = spoken(right, names);
  const mayNot = `You may not ${what}. To get access, ask ${rules.ask}.`;
  if (roles.length === 0) return deny('unknown-person', mayNot);
  if (able.length === 0) return deny('not-this-action', mayNot);
  const elsewhere = able.filter((role) => refused.every((device) => allowsDevice(role, device)));
  const isPlaceOnly = refused.every((device) => able.some((role) => allowsDevice(role, device)));
  if (!isPlaceOnly) return deny('not-this-device', mayNot);
  return deny('not-here', `You may ${what}, but not in this conversation. ${whereInstead(elsewhere, rules.ask)}`);
}

/** What a person may do here: for the help card, and to show a list of devices without the others. */
export function rightsOf(
  person: Person,
  place: Place,
  rules: AccessRules,
): { rights: Right[]; devicesFor: (right: Right, all: readonly Subject[]) => string[] } {
  const here = rolesOf(person, rules).filter((role) => allowsPlace(role, place));
  return {
    rights: RIGHTS.filter((right) => rules.isLocal || here.some((role) => allowsRight(role, right))),
    devicesFor(right, all) {
      const able = here.filter((role) => allowsRight(role, right));
      return all
        .filter((device) => rules.isLocal || able.some((role) => allowsDevice(role, device)))
        .map(({ name }) => name);
    },
  };
}

/** Does any rule name somebody by user principal name? Without one it need not be looked up. */
export function needsUpn(rules: AccessRules): boolean {
  return rules.roles.some(({ people }) => people.some(isUpn));
}

/** User principal names have an `@`; an object id never has. */
export const isUpn = (person: string) => person.includes('@');

function rolesOf({ objectId, upn }: Person, { operators, roles }: AccessRules): Role[] {
  const isNamed = (entry: string) => {
    const known = isUpn(entry) ? upn : objectId;
    return known !== null && known !== '' && known.toLowerCase() === entry.toLowerCase();
  };
  const everything: Role = {
    name: 'operators',
    people: operators,
    actions: 'all',
    devices: 'all',
    conversations: 'all',
  };
  return [everything, ...roles].filter(({ people }) => people.some(isNamed));
}

const allowsRight = ({ actions }: Role, right: Right) => actions === 'all' || actions.includes(right);

const allowsDevice = ({ devices }: Role, device: Subject) =>
  devices === 'all' || devices.some((entry) => meansDevice(entry, device));

function allowsPlace({ conversations }: Role, place: Place): boolean {
  if (conversations === 'all') return true;
  const listed = typeof conversations === 'string' ? [conversations] : conversations;
  const here = channelOf(place.conversationId);
  return listed.some((entry) => (entry === 'personal' ? place.kind === 'personal' : channelOf(entry) === here));
}

const channelOf = (conversationId: string) => conversationId.replace(/;messageid=.*$/su, '');

/** Verb and devices as they read after "You may not". */
function spoken(right: Right, devices: readonly string[]): string {
  const [verb, any] = VERBS[right];
  return devices.length === 0 || verb === null ? any : `${verb} ${listed(devices)}`;
}

const VERBS: Record<Right, [withDevices: string | null, withoutDevices: string]> = {
  reboot: ['reboot', 'reboot devices'],
  'cancel-reboot': ['cancel a reboot of', 'cancel reboots'],
  'show-reboot': ['see the scheduled reboot of', 'see scheduled reboots'],
  'restart-process': ['restart processes on', 'restart processes'],
  'collect-logs': ['collect the logs of', 'collect logs'],
  events: ['see the events of', 'see events'],
  devices: ['see', 'see the devices'],
  alerts: [null, 'mute alerts or choose where they are posted'],
};

/** What rights allow, as it reads after "You may". Empty for none. */
export function rightsInWords(rights: readonly Right[]): string {
  return joined(
    rights.flatMap((right) => (right === 'alerts' ? ['mute alerts', 'choose where they are posted'] : VERBS[right][1])),
  );
}

const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const hidden = names.length > MOST_NAMED ? names.length - (MOST_NAMED - 1) : 0;
  return joined(hidden === 0 ? names : [...names.slice(0, MOST_NAMED - 1), `${hidden} more`]);
}

function joined(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

function whereInstead(roles: Role[], ask: string): string {
  const isPersonal = roles.some(({ conversations }) =>
    typeof conversations === 'string' ? conversations === 'personal' : conversations.includes('personal'),
  );
  // The ids of conversations mean nothing to a person.
  return isPersonal ? 'Ask in a personal chat with the assistant.' : `To learn where, ask ${ask}.`;
}
