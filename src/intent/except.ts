import type { Inventory } from '../inventory.ts';
import { phraseOf } from './pattern.ts';
import type { Scope } from './scope.ts';
import type { Token } from './text.ts';
import { whenSpan } from './when-words.ts';
import { AND, fillerAt, isVocabulary, KINDS } from './words.ts';

const EXCEPT = phraseOf(/(?:, )?(?:except(?: for)?|excluding|but(?: not)?|apart from|other than)(?: the)?/);

/**
 * What is left of a description that is followed by names: "everything at hq except hq-fw01 and hq-fw02". Undefined
 * when it is not, when a name is not one of its devices, when nothing is left, and when more is listed behind it:
 * "except hq-fw01 and all of branch" leaves out one device or three.
 */
export function exceptFrom(scope: Scope, tokens: readonly Token[], inventory: Inventory): Scope | undefined {
  const taken = EXCEPT(tokens, scope.next);
  if (taken === 0) return undefined;
  const devices = new Set<string>();
  let next = scope.next + taken;
  for (let i = next; i < tokens.length; i += 1) {
    const word = tokens[i]?.lower ?? '';
    const device = isVocabulary(word) ? undefined : inventory.find(word);
    if (device) {
      devices.add(device.name);
      next = i + 1;
    } else if (!AND.has(word) && word !== ',' && !(KINDS.has(word) && !word.endsWith('s'))) break;
  }
  const members = scope.members.filter((name) => !devices.has(name));
  const isPart = devices.size > 0 && members.length > 0 && members.length === scope.members.length - devices.size;
  return isPart && !isMoreListed(tokens, next) ? { ...scope, next, members } : undefined;
}

function isMoreListed(tokens: readonly Token[], at: number): boolean {
  const joint = tokens[at];
  if (joint === undefined || !(AND.has(joint.lower) || joint.text === ',')) return false;
  return AND.has(joint.lower) || fillerAt(tokens, at + 1) + whenSpan(tokens, at + 1) === 0;
}
