import { upIds } from '../catalogue/pairs.ts';
import type { EventConfig } from '../config/live.ts';
import type { IntakeRules } from './intake.ts';

/** The rules of intake; worked out once for each state of the files. */
export const rulesOf = (() => {
  let of: EventConfig | undefined;
  let rules: IntakeRules | undefined;
  return (current: EventConfig): IntakeRules => {
    if (of === current && rules) return rules;
    const { webhook_secret, device_secrets, strict_time } = current.junos.config;
    of = current;
    rules = {
      secrets: webhook_secret,
      deviceSecrets: new Map(Object.entries(device_secrets).map(([name, secrets]) => [name.toLowerCase(), secrets])),
      strictTime: strict_time,
      priorities: current.junos.events,
      rules: current.junos.rules,
      clearing: upIds(current.pairs),
    };
    return rules;
  };
})();
