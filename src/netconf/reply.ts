import type { RpcErrorInfo } from './errors.ts';
import { child, parseXml, text, walk, type XmlElement } from './xml.ts';

export interface RpcReply {
  root: XmlElement;
  /** The reply as it came, for what the tree cannot say. */
  raw: string;
  errors: RpcErrorInfo[];
  /** Severity `warning`. A reply can hold warnings and a success. */
  warnings: RpcErrorInfo[];
}

/** Reads one reply and collects its errors, at any depth. Throws `XmlError`. */
export function parseReply(raw: string): RpcReply {
  const root = parseXml(raw);
  return { root, raw, ...errorsIn(root) };
}

/** The rpc-errors and `xnm:error`s at or below an element. */
export function errorsIn(root: XmlElement): Pick<RpcReply, 'errors' | 'warnings'> {
  const found = [...walk(root)].flatMap((element) => rpcError(element) ?? xnmError(element) ?? []);
  return {
    errors: found.filter((info) => info.severity === 'error'),
    warnings: found.filter((info) => info.severity === 'warning'),
  };
}

/** Whether the element is an error or warning of its own, whatever is in it. */
export function isError(element: XmlElement): boolean {
  return element.name === 'rpc-error' || isXnm(element);
}

function rpcError(element: XmlElement): RpcErrorInfo | undefined {
  if (element.name !== 'rpc-error') return undefined;
  const tag = valueIn(child(element, 'error-tag'));
  return {
    type: valueIn(child(element, 'error-type')),
    tag,
    severity: text(child(element, 'error-severity')) === 'warning' ? 'warning' : 'error',
    path: valueIn(child(element, 'error-path')),
    badElement: valueIn(child(child(element, 'error-info'), 'bad-element')),
    message: folded(text(child(element, 'error-message'))) || tag || 'no message',
  };
}

/** The Junos XML management protocol's own form, which NETCONF sessions get too, without any rpc-error around it. */
function xnmError(element: XmlElement): RpcErrorInfo | undefined {
  if (!isXnm(element)) return undefined;
  return {
    type: null,
    tag: null,
    severity: element.name === 'warning' ? 'warning' : 'error',
    path: valueIn(child(element, 'edit-path')),
    badElement: valueIn(child(element, 'token')),
    message: folded(text(child(element, 'message'))) || 'no message',
  };
}

function isXnm({ name, prefix, attributes }: XmlElement): boolean {
  if (name !== 'error' && name !== 'warning') return false;
  return prefix === 'xnm' || attributes.xmlns?.includes('xml.juniper.net/xnm/') === true;
}

function valueIn(element: XmlElement | undefined): string | null {
  return folded(text(element)) || null;
}

/** Any run of white space becomes one space. */
export function folded(value: string): string {
  return value.replace(/\s+/g, ' ').trim();
}
