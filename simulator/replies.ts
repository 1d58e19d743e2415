import { escapeXml } from '../src/netconf/xml.ts';
import type { Device, Engine } from './device.ts';

// Content of rpc-reply as Junos writes it: payload in Junos' namespaces, text padded with newlines.

const XNM = 'xmlns="http://xml.juniper.net/xnm/1.1/xnm" xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm"';

/** The element's text on lines of its own, as `<output>` has it. */
export function output(value: string): string {
  return `<output>\n${escapeXml(value)}\n</output>`;
}

/** The form of a parser error. */
export function rpcError(message: string, badElement: string): string {
  return `<rpc-error>
<error-type>protocol</error-type>
<error-tag>operation-failed</error-tag>
<error-severity>error</error-severity>
<error-message>
${escapeXml(message)}
</error-message>
<error-info>
<bad-element>${escapeXml(badElement)}</bad-element>
</error-info>
</rpc-error>`;
}

/** Severity, bad element and message are all it says, and the message is not padded: tools compare it as it is. */
export function permissionDenied(badElement: string): string {
  return `<rpc-error>
<error-severity>error</error-severity>
<error-info>
<bad-element>${escapeXml(badElement)}</bad-element>
</error-info>
<error-message>permission denied</error-message>
</rpc-error>`;
}

export function rpcWarning(message: string): string {
  return `<rpc-error>
<error-severity>warning</error-severity>
<error-message>
${escapeXml(message)}
</error-message>
</rpc-error>`;
}

/** The Junos XML management protocol's own error, with no rpc-error beside it. */
export function xnmError(daemon: string, message: string): string {
  return `<xnm:error ${XNM}>
<parse/>
<source-daemon>${daemon}</source-daemon>
<message>${escapeXml(message)}</message>
</xnm:error>`;
}

/** One item for each engine that runs, padded as Junos pads them. */
export function multi(device: Device, content: (engine: Engine) => string, engines = device.running): string {
  const items = engines.map(
    (engine) =>
      `<multi-routing-engine-item>\n\n<re-name>${engine.name}</re-name>\n\n${content(engine)}\n</multi-routing-engine-item>`,
  );
  return `<multi-routing-engine-results>\n\n${items.join('\n\n')}\n\n</multi-routing-engine-results>`;
}

/** The CLI's way to show several engines. */
export function multiText(device: Device, content: (engine: Engine) => string, engines = device.running): string {
  const items = engines.map((engine) => `${engine.name}:\n${'-'.repeat(74)}\n${content(engine)}`);
  return items.join('\n\n');
}

/** The release in Junos' namespaces: `22.4R0` for `22.4R3-S6.5`. */
export function namespaceRelease(device: Device): string {
  return `${/^\d+\.\d+/.exec(device.version)?.[0] ?? '22.4'}R0`;
}
