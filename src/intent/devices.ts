import { readCommand } from './command.ts';
import type { Grammar } from './grammar.ts';
import { type IntentContext, intentOf, type OtherIntent } from './intent.ts';
import { phraseOf } from './pattern.ts';
import { devicesOfKinds, scopeAt } from './scope.ts';
import type { Token } from './text.ts';
import { LINKS } from './words.ts';

const LEAD = phraseOf(
  /what(?: is|'s| do we have) (?:at|in)(?: the)?|(?:(?:show|list|display|get|give)(?: me| us)?|what|which)(?: (?:the|our|my))*/,
);
const ASKS = phraseOf(/(?:are(?: there)?|do (?:we|you) (?:have|know|see)|have we)/);
const KIND = phraseOf(/(?:devices|switches|firewalls|routers|boxes)/);

const OF_A_KIND: Grammar = {
  verb: phraseOf(
    /(?:(?:show|list|display|get|give)(?: me| us)?|what|which)(?: (?:all|the|our|my|of))* (?:switches|firewalls|routers)(?: (?:and|,) (?:the )?(?:switches|firewalls|routers))*/,
  ),
  mayAsk: true,
};

/**
 * The devices of a site or of a kind: "list devices at branch", "which firewalls are at hq?", "list the switches". All
 * devices are a phrase of their own, see phrases.ts.
 */
export function readDevices(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const said = withoutQuestion(tokens);
  return readKinds(said, context) ?? readSite(said, context);
}

function readSite(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const isScope = (at: number) => scopeAt(tokens, at, context.inventory) !== undefined;
  const grammar: Grammar = {
    // The kind stays for the description that follows: "switches at branch" without a verb is one as well.
    verb: (list, at) => {
      const taken = LEAD(list, at);
      const noun = KIND(list, at + taken);
      if (taken > 0 && isScope(at + taken)) return taken;
      return noun > 0 && (list[at + taken]?.lower === 'devices' || isScope(at + taken)) ? taken + noun : 0;
    },
    hasLinks: true,
    mayAsk: true,
  };
  const command = readCommand(tokens, grammar, context);
  if (!command?.isClear || command.when.kind !== 'now') return undefined;
  const { devices, unresolved } = command;
  // "which devices rebooted" names none; "devices at london" tries to.
  const isPlaced = tokens.some(({ lower }) => LINKS.has(lower));
  if (devices.length === 0 && (unresolved.length === 0 || !isPlaced)) return undefined;
  return intentOf('devices', { devices, unresolved, ask: devices.length === 0 ? 'device' : null });
}

/** "list the switches" of every site. */
function readKinds(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const command = readCommand(tokens, OF_A_KIND, context);
  const isAll = command?.isClear && command.when.kind === 'now' && command.devices.length === 0;
  if (!isAll || command.unresolved.length > 0) return undefined;
  const kinds = command.verb.map(({ lower }) => lower);
  const devices = devicesOfKinds(kinds, context.inventory);
  return devices.length > 0 ? intentOf('devices', { devices }) : undefined;
}

/** "which devices are at hq" as "which devices at hq": the verb "are" would make a statement of it. */
function withoutQuestion(tokens: readonly Token[]): readonly Token[] {
  const at = tokens.findIndex((_, i) => KIND(tokens, i) > 0) + 1;
  const asks = at > 0 ? ASKS(tokens, at) : 0;
  return [...tokens.slice(0, at), ...tokens.slice(at + asks)];
}
