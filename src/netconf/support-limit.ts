import type { Facts } from './facts.ts';

const MINUTE = 60_000;
export const MAX_SUPPORT_MS = 90 * MINUTE;

/** Branch firewalls and small switches: Juniper's own tools wait 2,400 s for them. */
const SLOW = /^(?:srx3\d\d|srx300|srx1[0-5]\d\d|ex2\d\d\d|ex3\d\d\d|ex4100|nfx|acx)/i;
/** Chassis with many line cards, each of which is asked. */
const MANY_CARDS = /^(?:mx(?:480|960|10\d{3}|20\d{2})|ptx|srx5\d{3}|ex92\d\d|qfx10\d{3}|t\d{3,4})/i;

/**
 * How long support information may take on that platform, in ms: 40 minutes are known from branch firewalls, small
 * switches and Virtual Chassis; more members and more line cards take longer.
 */
export function supportLimitMs({ model, virtualChassis }: Pick<Facts, 'model' | 'virtualChassis'>): number {
  if ((virtualChassis?.members.length ?? 0) > 1) return MAX_SUPPORT_MS;
  return (SLOW.test(model) || MANY_CARDS.test(model) ? 60 : 41) * MINUTE;
}
