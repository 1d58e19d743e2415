import { AssistantError } from '../errors.ts';

/**
 * What can go wrong with a session:
 * `unknown-host` the name has no address; `refused` no port is open; `unreachable` no way to the device;
 * `timeout` no answer in time; `authentication` the login was refused; `host-key` the key is not the expected one;
 * `not-netconf` something answers that the assistant cannot speak NETCONF with; `closed` the session ended;
 * `framing` what arrived cannot be split into messages, or is too much; `cancelled` the caller called it off.
 */
export type NetconfErrorCode =
  | 'unknown-host'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'authentication'
  | 'host-key'
  | 'not-netconf'
  | 'closed'
  | 'framing'
  | 'cancelled';

export interface NetconfErrorDetails {
  cause?: unknown;
  /** True when a request may have reached the device, false when it certainly did not. */
  sent?: boolean;
  /** What had arrived of the reply when the session ended. */
  partial?: string;
}

/** The session could not be opened, or was lost, or did not answer. */
export class NetconfError extends AssistantError {
  declare readonly code: NetconfErrorCode;
  readonly sent: boolean;
  readonly partial: string;

  constructor(code: NetconfErrorCode, sentence: string, details: NetconfErrorDetails = {}) {
    super(code, sentence, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'NetconfError';
    this.sent = details.sent ?? false;
    this.partial = details.partial ?? '';
  }
}

/** RFC 6241 section 4.3, in its words; Junos often sends only severity, message and bad-element. */
export interface RpcErrorInfo {
  type: string | null;
  tag: string | null;
  severity: 'error' | 'warning';
  path: string | null;
  badElement: string | null;
  message: string;
}

/** The device answered a read with an error. Commands report refusals as values instead. */
export class RpcError extends AssistantError {
  readonly type: string | null;
  readonly tag: string | null;
  readonly severity: 'error' | 'warning';
  readonly path: string | null;
  readonly badElement: string | null;

  constructor(device: string, rpc: string, info: RpcErrorInfo) {
    const detail = info.badElement ? ` (${info.badElement})` : '';
    super('rpc-error', `${device} answered ${rpc} with an error: ${info.message.replace(/\.$/, '')}${detail}.`);
    this.name = 'RpcError';
    this.type = info.type;
    this.tag = info.tag;
    this.severity = info.severity;
    this.path = info.path;
    this.badElement = info.badElement;
  }
}
