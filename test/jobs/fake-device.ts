import type { Connected } from '../../src/actions/action.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import type { Facts } from '../../src/netconf/junos.ts';
import { parseReply, type RpcReply } from '../../src/netconf/reply.ts';
import type { NetconfSession } from '../../src/netconf/session.ts';

export const NOTHING_PENDING = 'No shutdown/reboot scheduled.';
export const GOING_DOWN = 'Shutdown NOW!\n[pid 17221]';
export const facts: Facts = {
  hostname: 'hq-fw01',
  model: 'srx345',
  version: '22.4R3',
  uptimeSeconds: 3_600,
  bootedAt: null,
  deviceTime: null,
  clock: null,
  engines: [],
  ownEngine: null,
  cluster: null,
  virtualChassis: null,
  vmhost: null,
  evolved: null,
};

/** What the device says to an RPC: its text, or how it fails. */
export type Says = string | Error | (() => Promise<string>);

interface Script {
  pending?: Says[];
  reboot?: Says[];
  clear?: Says[];
  restart?: Says[];
}

/** A session that notes what it is asked and answers from a script; the last answer of an RPC stays. */
export class FakeDevice {
  readonly asked: string[] = [];
  closed = 0;
  readonly #facts: Facts;
  readonly #script: Record<string, Says[]>;

  constructor(script: Script = {}, of: Partial<Facts> = {}) {
    const { pending = [NOTHING_PENDING], reboot = [GOING_DOWN], clear = ['Terminating...'], restart = [''] } = script;
    this.#facts = { ...facts, ...of };
    this.#script = {
      'get-reboot-information': pending,
      'request-reboot': reboot,
      'clear-reboot': clear,
      'restart-daemon': restart,
    };
  }

  connected(): Connected {
    const session = {
      target: { name: 'hq-fw01' },
      rpc: (xml: string) => this.#answer(xml),
      close: () => this.#close(),
    };
    const target = { name: 'hq-fw01', address: '127.0.0.1', ports: [22], user: 'netops', knownHosts: '' };
    return { session: session as unknown as NetconfSession, facts: this.#facts, target };
  }

  /** How often it was told to reboot. */
  get reboots(): number {
    return this.asked.filter((xml) => xml.startsWith('<request-reboot')).length;
  }

  async #answer(xml: string): Promise<RpcReply> {
    this.asked.push(xml);
    const name = /^<([\w-]+)/.exec(xml)?.[1] ?? '';
    const script = this.#script[name] ?? [];
    const says = (script.length > 1 ? script.shift() : script[0]) ?? '';
    if (says instanceof Error) throw says;
    const text = typeof says === 'string' ? says : await says();
    return parseReply(text.startsWith('<') ? text : `<rpc-reply><output>${text}</output></rpc-reply>`);
  }

  async #close(): Promise<void> {
    this.closed += 1;
  }
}

/** The session ended; `sent` tells whether the request may have arrived. */
export const lost = (sent: boolean) => new NetconfError('closed', 'The connection to hq-fw01 was lost.', { sent });

/** Nobody answers at its address. */
export const gone = () => new NetconfError('refused', 'hq-fw01 refuses connections.', { sent: false });

export const rpcError = (message: string) =>
  `<rpc-reply><rpc-error><error-severity>error</error-severity><error-message>${message}</error-message></rpc-error></rpc-reply>`;
