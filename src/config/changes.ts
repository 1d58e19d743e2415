import { entriesOf } from '../secrets/schema.ts';
import type { Config } from './load.ts';

/** More are counted. */
const MOST = 50;

/** The keys of assistant.yaml that count at once. What else is there is read at the start. */
const LIVE_KEYS = ['access', 'logs'];

const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);

/** The names of what is different between two configurations; never a value. */
export function changesOf(before: Config, after: Config): string[] {
  const changed = [
    ...different('config', before.junos.config, after.junos.config),
    ...different('events', before.junos.events, after.junos.events),
    ...(differ(before.junos.rules, after.junos.rules) ? ['rules'] : []),
    ...(differ(explained(before), explained(after)) ? ['catalogue'] : []),
    ...(differ(before.pairs, after.pairs) ? ['pairs'] : []),
    ...different('devices', devicesOf(before), devicesOf(after)),
    ...different('secrets', secretsOf(before), secretsOf(after)),
    ...different('', before.assistant, after.assistant).filter((key) => LIVE_KEYS.includes(key)),
    ...(differ(before.processes, after.processes) ? ['entities'] : []),
    ...(differ(before.showCommands, after.showCommands) ? ['show-commands'] : []),
  ];
  return changed.length > MOST ? [...changed.slice(0, MOST), `${changed.length - MOST} more`] : changed;
}

/** Keys of assistant.yaml that are different and count after a restart only. */
export function waitingForRestart(before: Config, after: Config): string[] {
  const [was, is] = [before.assistant, after.assistant];
  const keys = different('', was, is).filter((key) => !LIVE_KEYS.includes(key));
  return was.logs.at_once === is.logs.at_once ? keys : [...keys, 'logs.at_once'];
}

function different(prefix: string, before: object, after: object): string[] {
  const [a, b] = [Object.entries(before), Object.entries(after)].map((entries) => new Map<string, unknown>(entries));
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => differ(a?.get(key), b?.get(key)))
    .map((key) => (prefix === '' ? key : `${prefix}.${key}`));
}

const explained = ({ catalogue }: Config) => catalogue.ids().map((id) => [id, catalogue.explain(id)]);

const devicesOf = ({ inventory }: Config) =>
  Object.fromEntries(inventory.all().map((device, place) => [device.name, { ...device, place }]));

const secretsOf = ({ secrets }: Config) =>
  Object.fromEntries(
    secrets.flatMap((document, place) =>
      entriesOf(document).map(([name, entry]) => [`${document.type}.${name}`, { entry, place }]),
    ),
  );
