import { escapeXml } from '../src/netconf/xml.ts';

// Content of rpc-reply as Junos writes it: payload in Junos' namespaces, text padded with newlines.

/** The element's text on lines of its own, as `<output>` has it. */
export function output(value: string): string {
  return `<output>\n${escapeXml(value)}\n</output>`;
}

/** The form of a parser error; a permission error has the same shape. */
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

export function softwareInformation(hostname: string, model: string, version: string): string {
  const release = escapeXml(version);
  return `<software-information>
<host-name>${escapeXml(hostname)}</host-name>
<product-model>${escapeXml(model)}</product-model>
<product-name>${escapeXml(model)}</product-name>
<junos-version>${release}</junos-version>
<package-information>
<name>junos</name>
<comment>JUNOS Software Release [${release}]</comment>
</package-information>
</software-information>`;
}

export function uptimeInformation(now: Date, bootedAt: Date): string {
  const up = epoch(now) - epoch(bootedAt);
  return `<system-uptime-information xmlns="http://xml.juniper.net/junos/22.4R0/junos">
<current-time>
<date-time junos:seconds="${epoch(now)}">${deviceTime(now)}</date-time>
</current-time>
<time-source> NTP CLOCK </time-source>
<system-booted-time>
<date-time junos:seconds="${epoch(bootedAt)}">${deviceTime(bootedAt)}</date-time>
<time-length junos:seconds="${up}">${timeLength(up)}</time-length>
</system-booted-time>
</system-uptime-information>`;
}

export function routeEngineInformation(model: string, now: Date, bootedAt: Date): string {
  const up = epoch(now) - epoch(bootedAt);
  return `<route-engine-information xmlns="http://xml.juniper.net/junos/22.4R0/junos-chassis">
<route-engine>
<status>OK</status>
<model>RE-${escapeXml(model.toUpperCase())}</model>
<start-time junos:seconds="${epoch(bootedAt)}">${deviceTime(bootedAt)}</start-time>
<up-time junos:seconds="${up}">${timeLength(up)}</up-time>
<last-reboot-reason>Router rebooted after a normal shutdown.</last-reboot-reason>
</route-engine>
</route-engine-information>`;
}

export function rebootStatus(at: Date, fact: string, pid?: number): string {
  const process = pid === undefined ? '' : `[pid ${pid}]\n`;
  return `<request-reboot-results>
<request-reboot-status junos:reboot-time="${epoch(at)}">
${fact}
${process}</request-reboot-status>
</request-reboot-results>`;
}

export function rebootRequested(user: string, at: Date): string {
  return `reboot requested by ${user} at ${ctime(at)}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** C's ctime(), which pads the day with a space: `Wed Jul  9 18:15:00 2014`. The simulated device lives in UTC. */
export function ctime(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2);
  const clock = date.toISOString().slice(11, 19);
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()}`;
}

function deviceTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function epoch(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** `03:57:14` below a day, `2d 09:23` from a day on. */
function timeLength(seconds: number): string {
  const clock = new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19);
  const days = Math.floor(seconds / 86_400);
  return days === 0 ? clock : `${days}d ${clock.slice(0, 5)}`;
}
