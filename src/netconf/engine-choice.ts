import type { Facts } from './facts.ts';

/**
 * Which engines a request is for, as a person confirmed it. `this` is the one the session is on; `other` and `both`
 * are of a chassis with two Routing Engines; members are of a Virtual Chassis. There is no default on purpose.
 */
export type EngineChoice = 'this' | 'other' | 'both' | 'all-members' | { member: number };

/** What has to be known of a device before it can be rebooted. */
export type Platform = Pick<Facts, 'engines' | 'cluster' | 'virtualChassis' | 'vmhost' | 'evolved'>;

export type EngineElements = { possible: true; xml: string } | { possible: false; sentence: string };

const possible = (xml: string): EngineElements => ({ possible: true, xml });
const impossible = (sentence: string): EngineElements => ({ possible: false, sentence });

/**
 * The elements that choose the engines inside a request of this platform (`<both-routing-engines/>`), or why the
 * platform cannot do that. Refused here, a choice reboots nothing; sent to a device that reads it otherwise, it could
 * reboot more than was asked.
 */
export function engineElements(choice: EngineChoice, device: string, platform: Platform): EngineElements {
  const members = platform.virtualChassis?.members ?? [];
  if (typeof choice === 'object' || choice === 'all-members') return memberElements(choice, device, members);
  if (platform.evolved) return evolvedElements(choice, device, platform);
  if (choice === 'this') return thisElements(device, platform);
  if (platform.cluster) {
    return impossible(
      `${device} is a chassis cluster, and a session reboots only the node it is on. Reboot the other node through its own address.`,
    );
  }
  if (members.length > 1) {
    return impossible(`${device} is a Virtual Chassis. Choose one of its members, or all of them.`);
  }
  if (platform.engines.length < 2) {
    return impossible(`${device} shows one Routing Engine only, so there is no other one to reboot.`);
  }
  if (platform.vmhost) return possible(`<routing-engine>${choice}</routing-engine>`);
  return possible(choice === 'both' ? '<both-routing-engines/>' : '<other-routing-engine/>');
}

/**
 * On a Virtual Chassis the bare request is not what it is elsewhere: devices have answered it with `Rebooting fpc1` of
 * another member, and Juniper documents nothing of which members it takes. So there the member is always named.
 */
function thisElements(device: string, { engines, virtualChassis }: Platform): EngineElements {
  const members = virtualChassis?.members ?? [];
  const looksLikeMembers = engines.filter(({ name }) => /^(?:fpc|member)\d/i.test(name ?? '')).length > 1;
  if (members.length < 2 && !looksLikeMembers) return possible('');
  const own = virtualChassis?.member ?? null;
  if (own === null)
    return impossible(`${device} is a Virtual Chassis and does not tell which member the session is on.`);
  return memberElements({ member: own }, device, members);
}

function memberElements(
  choice: 'all-members' | { member: number },
  device: string,
  members: readonly { id: number; status: string }[],
): EngineElements {
  if (members.length === 0) return impossible(`${device} is not a Virtual Chassis, so it has no members to reboot.`);
  if (choice === 'all-members') return possible('<all-members/>');
  const member = members.find(({ id }) => id === choice.member);
  if (!member) {
    const ids = members.map(({ id }) => id).join(', ');
    return impossible(`${device} has no member ${choice.member}. Its members are ${ids}.`);
  }
  if (/^NotPrsnt$/i.test(member.status)) {
    return impossible(`Member ${choice.member} of ${device} is not present, so it cannot be rebooted.`);
  }
  return possible(`<member>${member.id}</member>`);
}

/** Junos Evolved is one system over all its Routing Engines: its request-system-reboot takes no engine. */
function evolvedElements(choice: 'this' | 'other' | 'both', device: string, { engines }: Platform): EngineElements {
  const [only] = engines;
  if (engines.length === 1 && only?.name === null && only.state === null) {
    return impossible(
      `${device} does not tell how many Routing Engines it has, and Junos Evolved reboots all of them together.`,
    );
  }
  const several = engines.length > 1;
  if (several === (choice === 'both')) return possible('');
  return impossible(
    several
      ? `${device} runs Junos Evolved, which reboots all its Routing Engines together. Choose both.`
      : `${device} shows one Routing Engine only, so there is no other one to reboot.`,
  );
}

/**
 * The elements that make a look at, or a cancellation of, a scheduled reboot cover those engines too. Junos knows no
 * `other` there, so both are asked.
 */
export function scheduleElements(choice: EngineChoice): string {
  if (choice === 'this') return '';
  if (choice === 'all-members') return '<all-members/>';
  return typeof choice === 'object' ? `<member>${choice.member}</member>` : '<both-routing-engines/>';
}

/**
 * The choice that covers every engine this device can tell about, for looking at what is scheduled and for cancelling
 * it: a reboot of the other engine must not be overlooked. A cluster's session, and Evolved, know only their own.
 */
export function scheduleChoice({ engines, cluster, virtualChassis, evolved }: Platform): EngineChoice {
  if ((virtualChassis?.members ?? []).length > 1) return 'all-members';
  return engines.length > 1 && !cluster && !evolved ? 'both' : 'this';
}
