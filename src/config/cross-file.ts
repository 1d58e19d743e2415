import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Inventory } from '../inventory.ts';
import { Credentials } from '../secrets/credentials.ts';
import type { SecretsDocument } from '../secrets/schema.ts';
import type { Problem } from './problem.ts';
import type { AssistantConfig, JunosConfig } from './schemas.ts';

/** Of a group chat or channel, a meeting, or a personal chat, as Teams has them. */
const CONVERSATION = /^(?:19:\S+@(?:thread\.(?:v2|tacv2|skype)|unq\.gbl\.spaces)|a:\S+)$/;
/** More of a kind are told as a number. */
const MOST_ALIKE = 5;

export interface Parts {
  inventory: Inventory;
  secrets: SecretsDocument[];
  catalogue: Catalogue;
  events: Readonly<Record<string, unknown>>;
  junos: JunosConfig;
  assistant: AssistantConfig;
  isLocal: boolean;
}

/** What one file cannot show, only several together. All of it is a warning: the bot starts. */
export function checkAcross(parts: Parts, problems: Problem[]): void {
  problems.push(
    ...alike(devicesWithoutLogin(parts), (count) => `${count} more devices have no credentials either`),
    ...alike(eventsWithoutEntry(parts), (count) => `${count} more events have no entry in the catalogue either`),
    ...(parts.isLocal ? [] : oddConversations(parts)),
  );
}

function devicesWithoutLogin({ inventory, secrets, isLocal }: Parts): Problem[] {
  const credentials = new Credentials(secrets, undefined);
  // Somebody who tries it out on this machine has none yet.
  if (isLocal && secrets.length === 0) return [];
  return inventory.all().flatMap(({ name, user, keyFile, agent }): Problem[] => {
    const isEnough = user !== undefined && (keyFile !== undefined || agent === true);
    if (isEnough || credentials.serving('junos', name)) return [];
    const what = 'has no credentials: no junos entry of secrets.yaml matches it';
    return [{ level: 'warning', file: 'devices.yaml', path: name, what }];
  });
}

function eventsWithoutEntry({ catalogue, events }: Parts): Problem[] {
  return Object.keys(events).flatMap((event): Problem[] => {
    if (catalogue.explain(event)) return [];
    const what = 'has no entry in the event catalogue: Explain can show its text only';
    return [{ level: 'warning', file: 'junos-config.yaml', path: `events.${event}`, what }];
  });
}

function oddConversations({ junos, assistant }: Parts): Problem[] {
  const what = 'is no conversation of Teams: their ids look like 19:…@thread.v2, 19:…@thread.tacv2 or a:…';
  const odd = (file: string, path: string, id: string | null | undefined): Problem[] =>
    !id || CONVERSATION.test(id) ? [] : [{ level: 'warning', file, path, what }];
  const named = assistant.access.roles.flatMap(({ conversations }, role) =>
    typeof conversations === 'string'
      ? []
      : conversations.flatMap((id, n) => odd('assistant.yaml', `access.roles.${role}.conversations.${n}`, id)),
  );
  return [
    ...odd('junos-config.yaml', 'config.chat_id', junos.config.chat_id),
    ...odd('assistant.yaml', 'fallback_chat_id', assistant.fallback_chat_id),
    ...odd('assistant.yaml', 'canary_chat_id', assistant.canary_chat_id),
    ...named,
  ];
}

function alike(problems: Problem[], more: (count: number) => string): Problem[] {
  const [first] = problems.slice(MOST_ALIKE);
  if (!first) return problems;
  return [...problems.slice(0, MOST_ALIKE), { ...first, path: '', what: more(problems.length - MOST_ALIKE) }];
}
