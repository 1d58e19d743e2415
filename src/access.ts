import type { Person } from './store/store.ts';

export interface AccessRules {
  /** Local mode: the bot is on loopback, and whoever reaches it may act. */
  isLocal: boolean;
  /** Entra object ids. */
  operators: string[];
  /** Whom to ask, as it reads in a sentence. */
  ask: string;
}

export type Access =
  | { isAllowed: true; reason: 'local-mode' | 'operator' }
  | { isAllowed: false; reason: 'not-an-operator' | 'no-object-id'; sentence: string };

/** May this person act on devices? Whoever is not named may not. */
export function mayAct(person: Person, rules: AccessRules): Access {
  if (rules.isLocal) return { isAllowed: true, reason: 'local-mode' };
  const id = person.objectId?.toLowerCase();
  if (id !== undefined && rules.operators.some((operator) => operator.toLowerCase() === id)) {
    return { isAllowed: true, reason: 'operator' };
  }
  return {
    isAllowed: false,
    reason: id === undefined ? 'no-object-id' : 'not-an-operator',
    sentence: `You may not act on devices. To get access, ask ${rules.ask}.`,
  };
}
