import { z } from 'zod';
import type { EngineChoice, Facts } from '../netconf/junos.ts';
import type { Choice } from './action.ts';

/**
 * Which Routing Engines a reboot takes down, as it is stored and as it comes back from a card. Nothing is the default
 * for more than the one engine the assistant logs in to, except where the platform knows only all of them.
 */
export const engineChoice = z.union([
  z.enum(['this', 'other', 'both', 'all-members']),
  // A template literal heeds no least and no most: what comes from a card has to be a member's number.
  z.templateLiteral(['member:', z.int()]).refine((choice) => /^member:\d{1,2}$/.test(choice)),
]);
export type StoredChoice = z.infer<typeof engineChoice>;

/** As the device layer takes it. */
export function asEngineChoice(choice: StoredChoice): EngineChoice {
  return choice.startsWith('member:') ? { member: Number(choice.slice(7)) } : (choice as Exclude<EngineChoice, object>);
}

type Option = Choice['options'][number] & { value: StoredChoice };

/** What can be chosen on this device, the usual first; one option means that there is nothing to choose. */
export function engineOptions(facts: Facts): { options: Option[]; preset: StoredChoice | null } {
  const members = facts.virtualChassis?.members.filter(({ status }) => !/^NotPrsnt$/i.test(status)) ?? [];
  if (members.length > 1) return memberOptions(facts, members);
  const names = facts.engines.map(({ name, mastership }) => ({ name: name ?? 'the engine', mastership }));
  const own = names.find(({ name }) => name === facts.ownEngine);
  const others = names.filter(({ name }) => name !== facts.ownEngine);
  if (names.length < 2) return single('the only one');
  if (facts.evolved) {
    const title = `all of them (${names.map(({ name }) => name).join(', ')})`;
    return { options: [{ title, value: 'both' }], preset: 'both' };
  }
  const rest = own ? `; ${others.map(({ name }) => name).join(', ')} keeps running` : '';
  const mine = own ? `this one (${engineName(own)})` : 'the one the assistant logs in to';
  if (facts.cluster) return single(`${mine}${rest}`);
  const [other] = others;
  return {
    options: [
      { title: `${mine}${rest}`, value: 'this' },
      ...(own && other ? [{ title: `the other one (${engineName(other)})`, value: 'other' as const }] : []),
      { title: `both (${names.map(({ name }) => name).join(' and ')})`, value: 'both' },
    ],
    preset: 'this',
  };
}

/** Nobody could ask: the choice that takes down least. */
export const UNSEEN_ENGINES = 'the one the assistant logs in to, and no other';

const single = (title: string): { options: Option[]; preset: StoredChoice } => ({
  options: [{ title, value: 'this' }],
  preset: 'this',
});

function memberOptions(facts: Facts, members: readonly { id: number; role: string | null }[]) {
  const own = facts.virtualChassis?.member ?? null;
  const each = members.map(
    ({ id, role }): Option => ({
      title: `member ${id}${parts([role, id === own ? 'this one' : null])}`,
      value: `member:${id}`,
    }),
  );
  const mine = each.filter(({ value }) => value === `member:${own}`);
  const rest = each.filter(({ value }) => value !== `member:${own}`);
  const all: Option = { title: `all ${members.length} members`, value: 'all-members' };
  return { options: [...mine, ...rest, all], preset: mine[0]?.value ?? null };
}

/** ` (master, this one)`; nothing when there is nothing to say. */
function parts(words: (string | null)[]): string {
  const said = words.filter((word) => word !== null && word !== '');
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

function engineName({ name, mastership }: { name: string; mastership: string | null }): string {
  return mastership === null ? name : `${name}, ${mastership}`;
}

/**
 * Names of the engines that this choice takes down; `''` is the one of a device that names none. Empty when the device
 * does not tell which one the other is.
 */
export function engineTargets(choice: StoredChoice, facts: Facts): string[] {
  const names = facts.engines.map(nameOf);
  if (choice === 'both' || choice === 'all-members') return names;
  if (choice.startsWith('member:')) return [`member${choice.slice(7)}`];
  const own = ownName(facts);
  if (choice === 'this') return [own];
  return names.includes(own) ? names.filter((name) => name !== own) : [];
}

/** Since when each engine runs, as far as it is known. */
export function engineClocks(facts: Facts): Record<string, EngineClock> {
  const clocks: Record<string, EngineClock> = {};
  for (const engine of facts.engines) {
    const { uptimeSeconds, bootedAt } = engine;
    clocks[nameOf(engine)] = { uptimeSeconds, bootedAt: bootedAt?.getTime() ?? null };
  }
  // The plain answer is the own engine's, and more exact than the board's.
  const own = ownName(facts);
  const plain = { uptimeSeconds: facts.uptimeSeconds, bootedAt: facts.bootedAt?.getTime() ?? null };
  if (plain.uptimeSeconds !== null || plain.bootedAt !== null || !(own in clocks)) clocks[own] = plain;
  return clocks;
}

/** A member of a Virtual Chassis answers as `fpc0` or as `member0`. */
const nameOf = ({ name }: { name: string | null }) => (name ?? '').replace(/^fpc(?=\d)/, 'member');

function ownName(facts: Facts): string {
  const { ownEngine, virtualChassis, engines } = facts;
  const member = virtualChassis && `member${virtualChassis.member}`;
  return ownEngine ?? engines.map(nameOf).find((name) => name === member) ?? '';
}

export const engineClock = z.object({
  uptimeSeconds: z.number().nullable(),
  /** Epoch ms by the device's clock. */
  bootedAt: z.number().nullable(),
});
export type EngineClock = z.infer<typeof engineClock>;

/** A boot time moves by this much when a clock is set right; a boot in less than that is nobody's. */
const SAME_BOOT_MS = 10_000;

/**
 * Whether an engine was booted since an instant that lies `sinceMs` back, which is when `before` was noted if
 * `isSinceNoted`: true, false, or null when it does not tell. Either clock, ours or the device's, may have been set in between, so one
 * of them alone proves nothing; an uptime that became shorter does.
 */
export function wasBooted(
  before: EngineClock | undefined,
  after: EngineClock,
  sinceMs: number,
  isSinceNoted = false,
): boolean | null {
  // Uptimes are whole seconds.
  const young = after.uptimeSeconds === null ? null : after.uptimeSeconds * 1_000 <= sinceMs + 1_000;
  const isShorter =
    before?.uptimeSeconds != null && after.uptimeSeconds !== null && after.uptimeSeconds < before.uptimeSeconds;
  if (isShorter) return isSinceNoted || young;
  // Either way: a device without a battery for its clock begins in the past.
  const moved =
    before?.bootedAt == null || after.bootedAt === null
      ? null
      : Math.abs(after.bootedAt - before.bootedAt) > SAME_BOOT_MS;
  if (moved === null) return young;
  return young === null ? moved : moved && young;
}
