import type { Config } from '../config/load.ts';
import type { Host, JumpHost } from '../inventory.ts';
import { credentialTypeOf } from '../jobs/target.ts';
import type { CredentialType } from '../secrets/credentials.ts';
import { parseAddress } from '../transfer/address.ts';

/** Something the assistant logs in to. */
export interface PlaceToLogIn {
  type: CredentialType;
  name: string;
  /** Who logs in, when something other than secrets.yaml says so. */
  user: string | undefined;
  /** Null for the log server. */
  host: Host | JumpHost | null;
  /** The devices that are reached through it. */
  through: string[];
}

/** Every device, each with the jump hosts on the way to it, then the log server; in the order of the files. */
export function placesToLogIn({ inventory, junos }: Pick<Config, 'inventory' | 'junos'>): PlaceToLogIn[] {
  const places = new Map<string, PlaceToLogIn>();
  const add = (host: Host | JumpHost, device: string | null) => {
    const { name, user, keyFile, agent, jump } = host;
    const type = credentialTypeOf(host);
    const id = JSON.stringify([type, name, user, keyFile, agent]);
    const place = places.get(id) ?? { type, name, user, host, through: [] };
    places.set(id, place);
    if (device !== null) place.through.push(device);
    if (jump) add(jump, device ?? name);
  };
  for (const device of inventory.all()) add(device, null);
  const address = junos.config.ftp_server ? parseAddress(junos.config.ftp_server) : null;
  const server: PlaceToLogIn[] =
    address && 'host' in address
      ? [{ type: 'server', name: address.host, user: address.user ?? undefined, host: null, through: [] }]
      : [];
  return [...places.values(), ...server];
}
