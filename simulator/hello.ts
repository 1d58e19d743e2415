import { escapeXml } from '../src/netconf/xml.ts';
import type { User } from './users.ts';

export const NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';

/** How a device writes NETCONF's own parts; releases and configurations differ. */
export interface Dialect {
  /**
   * How the hello names base:1.0: in both spellings as current releases do, in one of them, or `bare`: without a
   * namespace on the hello element, as old releases do.
   */
  hello: 'both' | 'ietf' | 'xml-ns' | 'bare';
  /** `set system services netconf rfc-compliant`: NETCONF's own elements carry `nc:`, Junos' payload does not. */
  rfcCompliant: boolean;
  /** Offers base:1.1 too, and frames in chunks when the client does. No Junos seen does. */
  chunked: boolean;
}

export const JUNOS_DIALECT: Dialect = { hello: 'both', rfcCompliant: false, chunked: false };

const IETF = ['base:1.0', 'capability:candidate:1.0', 'capability:validate:1.0'];

/** What comes before anything else: comments, then the hello. */
export function greeting(user: User, sessionId: number, dialect: Dialect): string {
  const capabilities = [
    ...(dialect.hello === 'xml-ns' ? [] : IETF.map((name) => `urn:ietf:params:netconf:${name}`)),
    ...(dialect.hello === 'ietf' ? [] : IETF.map((name) => `urn:ietf:params:xml:ns:netconf:${name}`)),
    ...(dialect.chunked ? ['urn:ietf:params:netconf:base:1.1'] : []),
    'http://xml.juniper.net/netconf/junos/1.0',
    'http://xml.juniper.net/dmi/system/1.0',
  ];
  const p = dialect.rfcCompliant ? 'nc:' : '';
  const namespace = dialect.rfcCompliant
    ? ` xmlns:nc="${NAMESPACE}"`
    : dialect.hello === 'bare'
      ? ''
      : ` xmlns="${NAMESPACE}"`;
  return `<!-- No zombies were killed during the creation of this user interface -->
<!-- user ${escapeXml(user.name)}, class j-${user.class} -->
<${p}hello${namespace}>
<${p}capabilities>
${capabilities.map((capability) => `<${p}capability>${capability}</${p}capability>`).join('\n')}
</${p}capabilities>
<${p}session-id>${sessionId}</${p}session-id>
</${p}hello>
`;
}

const OWN_ELEMENTS = /<(\/?)(rpc-error|error-[a-z]+|bad-element|ok|data)(?=[\s/>])/g;

/** NETCONF's own elements inside a reply's content, with the prefix of `rfc-compliant`. */
export function prefixed(content: string): string {
  return content.replace(OWN_ELEMENTS, '<$1nc:$2');
}
