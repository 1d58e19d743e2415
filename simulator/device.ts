import { child, text, type XmlElement } from '../src/netconf/xml.ts';
import * as replies from './replies.ts';

/** Which RPCs a fault hits: none, all, or the one of that name. */
export type Fault = false | true | string;

export interface RpcRecord {
  at: Date;
  /** The operation's name: `request-reboot`. */
  rpc: string;
  /** The operation as received, without the rpc element around it. */
  xml: string;
}

export interface Shutdown {
  at: Date;
  user: string;
  pid: number;
}

export interface DeviceOptions {
  hostname: string;
  model?: string;
  version?: string;
  /** The device's clock; the real one when not given. */
  now?: () => Date;
  /** How long the device has been up at the start; a day when not given. */
  bootSeconds?: number;
}

/** An SRX as far as NETCONF shows it: identity, clock, and at most one scheduled reboot. Tests set the faults. */
export class Device {
  readonly hostname: string;
  readonly model: string;
  readonly version: string;
  readonly now: () => Date;
  /** Every RPC received, in order, over all boots. */
  readonly rpcs: RpcRecord[] = [];
  /** Every login attempt, failed ones included. */
  readonly logins: { user: string; method: string }[] = [];
  bootedAt: Date;
  pending: Shutdown | null = null;
  /** Carried out, but never answered: the connection is cut. */
  cutBeforeReply: Fault = false;
  /** Carried out, and the connection is cut in the middle of the reply. */
  cutMidReply: Fault = false;
  /** Neither carried out nor answered; the connection stays. */
  hang: Fault = false;
  /** Answered with this rpc-error message instead. */
  rpcErrorOn: Record<string, string> = {};
  /** Each reply takes this much longer. */
  latencyMs = 0;
  /** The netconf subsystem is refused, xml-mode is not. */
  refuseSubsystem = false;
  /** Login ways on offer; `publickey` is offered only, no key is accepted. */
  authMethods: ('password' | 'keyboard-interactive' | 'publickey')[] = ['password', 'keyboard-interactive'];
  #lastPid = 17_220;

  constructor(options: DeviceOptions) {
    this.hostname = options.hostname;
    this.model = options.model ?? 'srx345';
    this.version = options.version ?? '22.4R3-S6.5';
    this.now = options.now ?? (() => new Date());
    this.bootedAt = new Date(this.now().getTime() - (options.bootSeconds ?? 86_400) * 1000);
  }

  /** The shutdown's time has come, and the device is up again. */
  boot(): void {
    this.pending = null;
    this.bootedAt = this.now();
  }

  /** The reply's content for one operation, as an element. */
  answer(operation: XmlElement, user: string): string {
    const failure = this.rpcErrorOn[operation.name];
    if (failure !== undefined) return replies.rpcError(failure, operation.name);
    switch (operation.name) {
      case 'get-software-information':
        return replies.softwareInformation(this.hostname, this.model, this.version);
      case 'get-system-uptime-information':
        return replies.uptimeInformation(this.now(), this.bootedAt);
      case 'get-route-engine-information':
        return replies.routeEngineInformation(this.model, this.now(), this.bootedAt);
      case 'get-reboot-information':
        return replies.output(
          this.pending ? replies.rebootRequested(this.pending.user, this.pending.at) : NOT_SCHEDULED,
        );
      case 'clear-reboot':
        return this.#clearReboot();
      case 'request-reboot':
        return this.#requestReboot(operation, user);
      case 'close-session':
        return '<ok/>';
      default:
        return replies.rpcError('syntax error', operation.name);
    }
  }

  #clearReboot(): string {
    if (!this.pending) return replies.output(NOT_SCHEDULED);
    this.pending = null;
    return replies.output('Terminating...');
  }

  #requestReboot(operation: XmlElement, user: string): string {
    // A mistyped or unsupported choice must not reboot anything: the real parser refuses the whole request.
    const unsupported = operation.children.find((element) => element.name !== 'in');
    if (unsupported) return replies.rpcError('syntax error', unsupported.name);
    const minutes = child(operation, 'in');
    if (minutes && !/^\d{1,6}$/.test(text(minutes))) return replies.rpcError('invalid value', text(minutes));
    if (this.pending) return replies.rebootStatus(this.pending.at, 'shutdown: another shutdown is running');
    const inMs = minutes ? Number(text(minutes)) * 60_000 : 0;
    const at = new Date(this.now().getTime() + inMs);
    this.pending = { at, user, pid: ++this.#lastPid };
    const fact = inMs === 0 ? 'Shutdown NOW!' : `Shutdown at ${replies.ctime(at)}`;
    return replies.rebootStatus(at, fact, this.pending.pid);
  }
}

const NOT_SCHEDULED = 'No shutdown/reboot scheduled.';
