import { meansDevice } from '../device-pattern.ts';
import type { Problem } from './problem.ts';
import type { AssistantConfig, SiteDocument } from './schemas.ts';

type Access = AssistantConfig['access'];
type Report = (level: Problem['level'], path: string, what: string) => void;

/** What the schema cannot see: roles beside each other, beside the inventory and beside the mode the bot is in. */
export function checkAccess(
  access: Access | undefined,
  sites: SiteDocument[],
  mode: { isLocal: boolean; isTenant: boolean },
  problems: Problem[],
): void {
  const report: Report = (level, path, what) => problems.push({ level, file: 'assistant.yaml', path, what });
  const { operators, roles } = access ?? { operators: [], roles: [] };
  const seen = new Set<string>();
  for (const [index, role] of roles.entries()) {
    const path = `access.roles.${index}`;
    const name = role.name.toLowerCase();
    if (seen.has(name))
      report('error', `${path}.name`, 'is the name of another role too: a refusal could not say which');
    seen.add(name);
    for (const key of ['people', 'actions', 'devices', 'conversations'] as const) {
      if (role[key].length === 0) report('warning', `${path}.${key}`, 'is empty: the role allows nothing');
    }
    checkDevicesOf(role.devices, `${path}.devices`, sites, report);
  }

  const isAnybodyNamed = operators.length > 0 || roles.some(({ people }) => people.length > 0);
  if (mode.isTenant && !isAnybodyNamed) {
    report('warning', 'access', 'names nobody, neither under roles nor under operators: nobody may do anything');
  }
  if (mode.isLocal && isAnybodyNamed) {
    problems.push({
      level: 'error',
      file: 'environment',
      path: 'MicrosoftAppId',
      what: `is missing, but assistant.yaml names people under access.${operators.length > 0 ? 'operators' : 'roles'}: without an identity everyone on this machine may act. Set it, or remove them for local mode`,
    });
  }
}

/** A warning only: a device that leaves devices.yaml must not keep the bot from starting. */
function checkDevicesOf(entries: 'all' | string[], path: string, sites: SiteDocument[], report: Report): void {
  if (entries === 'all') return;
  // A site counts without devices too: it may have none yet.
  const known = sites.flatMap(({ site, devices }) => [
    { name: '', site },
    ...devices.map(({ name }) => ({ name, site })),
  ]);
  for (const [index, entry] of entries.entries()) {
    const isKnown = known.some((each) => meansDevice(entry, each));
    if (!isKnown) report('warning', `${path}.${index}`, 'means no device and no site of devices.yaml');
  }
}
