import { child, text, type XmlElement } from '../src/netconf/xml.ts';
import type { Device } from './device.ts';
import { output, rpcError } from './replies.ts';

/** restart-daemon: gracefully (SIGTERM), `<immediately/>` (SIGKILL) or `<soft/>` (SIGHUP). */
export function restartDaemon(device: Device, operation: XmlElement): string {
  const unknown = operation.children.find(
    (element) => !['daemon-name', 'immediately', 'soft', 'gracefully'].includes(element.name),
  );
  if (unknown) return rpcError('syntax error', unknown.name);
  const name = text(child(operation, 'daemon-name'));
  if (name === '') return rpcError('missing mandatory argument: daemon-name', 'daemon-name');
  const process = device.processes.get(name);
  if (!process) return rpcError('invalid daemon', name);
  if (!process.isNeeded) {
    return rpcError(`${name} subsystem not running - not needed by configuration.`, name);
  }
  // SIGHUP makes it read its configuration again; it stays the same process.
  if (child(operation, 'soft')) return '';
  process.pid = device.nextPid();
  device.log(`init: ${name} (PID ${process.pid}) started`);
  // The packets, those of the session among them, go through it.
  if (name === 'forwarding') device.outage = true;
  if (child(operation, 'immediately')) return '';
  const lines = [`${process.title} started, pid ${process.pid}`];
  if (process.ending === 'stuck') lines.unshift(`${process.title} still running, sending another terminate signal`);
  if (process.ending !== 'prompt') {
    lines.unshift(`${process.title} signalled but still running, waiting 28 seconds more`);
  }
  return output(lines.join('\n'));
}
