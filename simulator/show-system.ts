import { escapeXml } from '../src/netconf/xml.ts';
import { epoch, timeLength, wallClock } from './clock.ts';
import type { Device, Engine } from './device.ts';
import { namespaceRelease } from './replies.ts';

/** Something the device shows: as an RPC, and as the CLI prints it. Both are about one engine. */
export interface Show {
  rpc: string;
  command: string;
  xml(device: Device, engine: Engine): string;
  text(device: Device, engine: Engine): string;
}

const PACKAGES: readonly [name: string, title: string][] = [
  ['os-kernel', 'JUNOS OS Kernel 64-bit '],
  ['os-libs', 'JUNOS OS libs'],
  ['zoneinfo', 'JUNOS OS time zone information'],
];

const software: Show = {
  rpc: 'get-software-information',
  command: 'show version',
  xml: (device) => `<software-information>
<host-name>${escapeXml(device.hostname)}</host-name>
<product-model>${escapeXml(device.model)}</product-model>
<product-name>${escapeXml(device.model)}</product-name>
<junos-version>${escapeXml(device.version)}</junos-version>
<package-information>
<name>junos</name>
<comment>JUNOS Software Release [${escapeXml(device.version)}]</comment>
</package-information>
${PACKAGES.map(([name, title]) => `<package-information>\n<name>${name}</name>\n<comment>${title} [${build(device)}]</comment>\n</package-information>`).join('\n')}
</software-information>`,
  text: (device) =>
    [
      `Hostname: ${device.hostname}`,
      `Model: ${device.model}`,
      `Junos: ${device.version}`,
      ...PACKAGES.map(([, title]) => `${title} [${build(device)}]`),
    ].join('\n'),
};

function build(device: Device): string {
  return `builder_junos_${device.version.toLowerCase().replace(/\W+/g, '_')}`;
}

const uptime: Show = {
  rpc: 'get-system-uptime-information',
  command: 'show system uptime',
  xml: (device, engine) => {
    const now = device.now();
    const up = upSeconds(device, engine);
    const started = new Date(Math.min(engine.bootedAt.getTime() + 139_000, now.getTime()));
    return `<system-uptime-information xmlns="http://xml.juniper.net/junos/${namespaceRelease(device)}/junos">
<current-time>
${stamp(device, now)}
</current-time>
<time-source> NTP CLOCK </time-source>
<system-booted-time>
${stamp(device, engine.bootedAt)}
<time-length junos:seconds="${up}">${timeLength(up)}</time-length>
</system-booted-time>
<protocols-started-time>
${stamp(device, started)}
<time-length junos:seconds="${epoch(now) - epoch(started)}">${timeLength(epoch(now) - epoch(started))}</time-length>
</protocols-started-time>
<uptime-information>
<date-time junos:seconds="${epoch(device.clock(now))}">${wallClock(device.clock(now), device.zone)}</date-time>
<up-time junos:seconds="${up}">${timeLength(up)}</up-time>
<active-user-count junos:format="1 users">1</active-user-count>
<load-average-1>0.41</load-average-1>
<load-average-5>0.38</load-average-5>
<load-average-15>0.36</load-average-15>
<user-table></user-table>
</uptime-information>
</system-uptime-information>`;
  },
  text: (device, engine) =>
    [
      `Current time: ${device.dateTime(device.now())}`,
      'Time Source:  NTP CLOCK ',
      `System booted: ${device.dateTime(engine.bootedAt)} (${timeLength(upSeconds(device, engine))} ago)`,
    ].join('\n'),
};

/** The epoch seconds follow the device's clock too: a device does not know that it is wrong. */
function stamp(device: Device, instant: Date): string {
  return `<date-time junos:seconds="${epoch(device.clock(instant))}">${device.dateTime(instant)}</date-time>`;
}

export function upSeconds(device: Device, engine: Engine): number {
  return Math.max(epoch(device.now()) - epoch(engine.bootedAt), 0);
}

interface Mount {
  name: string;
  on: string;
  /** Bytes. */
  total: number;
  free: number;
}

function mounts(device: Device): Mount[] {
  return [
    { name: '/dev/gpt/junos', on: '/.mount', total: 13_900_000_000, free: 10_500_000_000 },
    { name: '/dev/gpt/var', on: '/.mount/var', total: 12_000_000_000, free: device.files.freeBytes },
    { name: 'tmpfs', on: '/.mount/tmp', total: 762_000_000, free: 761_900_000 },
  ];
}

/** df's units: `9.8G`, `24K`. */
function humanBytes(bytes: number): string {
  const units = ['B', 'K', 'M', 'G'];
  let value = bytes;
  while (value >= 1024 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${value < 10 && units[0] !== 'B' ? value.toFixed(1) : Math.round(value)}${units[0]}`;
}

const percent = ({ total, free }: Mount) => Math.round(((total - free) / total) * 100);

const storage: Show = {
  rpc: 'get-system-storage',
  command: 'show system storage',
  xml: (device) => {
    const blocks = (name: string, bytes: number) =>
      `<${name} junos:format="${humanBytes(bytes)}">\n${Math.floor(bytes / 512)}\n</${name}>`;
    const rows = mounts(device).map(
      (mount) => `<filesystem>
<filesystem-name>
${mount.name}
</filesystem-name>
${blocks('total-blocks', mount.total)}
${blocks('used-blocks', mount.total - mount.free)}
${blocks('available-blocks', mount.free)}
<used-percent>
${String(percent(mount)).padStart(3)}
</used-percent>
<mounted-on>
${mount.on}
</mounted-on>
</filesystem>`,
    );
    return `<system-storage-information junos:style="brief">\n${rows.join('\n')}\n</system-storage-information>`;
  },
  text: (device) => {
    const row = (...cells: string[]) =>
      [cells[0]?.padEnd(24), ...cells.slice(1, 5).map((cell) => cell.padStart(10)), ` ${cells[5]}`].join('');
    const rows = mounts(device).map((mount) => {
      const sizes = [mount.total, mount.total - mount.free, mount.free].map(humanBytes);
      return row(mount.name, ...sizes, `${percent(mount)}%`, mount.on);
    });
    return [row('Filesystem', 'Size', 'Used', 'Avail', 'Capacity', 'Mounted on'), ...rows].join('\n');
  },
};

const alarms: Show = {
  rpc: 'get-system-alarm-information',
  command: 'show system alarms',
  xml: (device, engine) => {
    const at = alarmTime(engine);
    return `<alarm-information xmlns="http://xml.juniper.net/junos/${namespaceRelease(device)}/junos-alarm">
<alarm-summary>
<active-alarm-count>1</active-alarm-count>
</alarm-summary>
<alarm-detail>
<alarm-time junos:seconds="${epoch(device.clock(at))}">
${device.dateTime(at)}
</alarm-time>
<alarm-class>Minor</alarm-class>
<alarm-description>Rescue configuration is not set</alarm-description>
<alarm-short-description>no-rescue</alarm-short-description>
<alarm-type>Configuration</alarm-type>
</alarm-detail>
</alarm-information>`;
  },
  text: (device, engine) =>
    [
      '1 alarms currently active',
      'Alarm time               Class  Description',
      `${device.dateTime(alarmTime(engine)).padEnd(24)} Minor  Rescue configuration is not set`,
    ].join('\n'),
};

const alarmTime = (engine: Engine) => new Date(engine.bootedAt.getTime() + 90_000);

export const SYSTEM_SHOWS: readonly Show[] = [software, uptime, storage, alarms];
