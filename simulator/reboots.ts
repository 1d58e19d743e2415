import { child, text, type XmlElement } from '../src/netconf/xml.ts';
import { epoch, readAt } from './clock.ts';
import type { Device, Engine, Shutdown } from './device.ts';
import { multi, multiText, output, rpcError, rpcWarning } from './replies.ts';
import type { User } from './users.ts';

const NOT_SCHEDULED = 'No shutdown/reboot scheduled.';
const RUNNING = 'shutdown: another shutdown is running';

/** Answers request-reboot and its sisters. A mistyped or unsupported choice must not reboot anything. */
export function requestReboot(device: Device, operation: XmlElement, user: User): string {
  const known = device.spec.reboots[operation.name];
  if (!known) return rpcError('syntax error', operation.name);
  const unknown = operation.children.find((element) => !known.includes(element.name));
  if (unknown) return rpcError('syntax error', unknown.name);
  const at = readTime(device, operation);
  if (typeof at === 'string') return at;
  const engines = chosenEngines(device, operation);
  if (typeof engines === 'string') return engines;
  const answers = new Map(engines.map((engine) => [engine, shutDown(device, engine, at, user)]));
  if (operation.name === 'request-vmhost-reboot') return vmhostAnswer(answers);
  const [only] = engines;
  const content = (engine: Engine) => rebootStatus(answers.get(engine) ?? { at, text: RUNNING });
  return engines.length === 1 && only ? content(only) : multi(device, content, engines);
}

interface Answer {
  at: Date;
  text: string;
  pid?: number;
}

function shutDown(device: Device, engine: Engine, at: Date, user: User): Answer {
  if (engine.pending) return { at: engine.pending.at, text: RUNNING };
  const pid = device.nextPid();
  engine.pending = { at, user: user.name, pid };
  const isNow = at.getTime() <= device.now().getTime();
  device.log(`shutdown[${pid}]: reboot requested by ${user.name} at ${device.ctime(at)}`);
  return { at, text: isNow ? 'Shutdown NOW!' : `Shutdown at ${device.ctime(at)}`, pid };
}

function rebootStatus({ at, text: fact, pid }: Answer): string {
  return `<request-reboot-results>
<request-reboot-status junos:reboot-time="${epoch(at)}">
${fact}
${pid === undefined ? '' : `[pid ${pid}]\n`}</request-reboot-status>
</request-reboot-results>`;
}

/** A vmhost says what its Linux does as warnings around the Junos shutdown's own words. */
function vmhostAnswer(answers: ReadonlyMap<Engine, Answer>): string {
  const parts = [...answers].map(([engine, { text: fact, pid }]) =>
    pid === undefined
      ? output(fact)
      : `${rpcWarning(`Rebooting ${engine.name}`)}
${rpcWarning('Initiating Junos shutdown...')}
${output(`shutdown: [pid ${pid}]\n${fact}${fact.endsWith('!') ? '' : '.'}`)}`,
  );
  return `${output('Initiating vmhost reboot...')}\n${parts.join('\n')}`;
}

/** The instant of the shutdown, or the error that the time is answered with. */
function readTime(device: Device, operation: XmlElement): Date | string {
  const minutes = child(operation, 'in');
  const at = child(operation, 'at');
  if (minutes && at) return rpcError('syntax error', 'at');
  const now = device.now();
  if (minutes) {
    if (!/^\d{1,6}$/.test(text(minutes))) return rpcError('invalid value', text(minutes));
    return new Date(now.getTime() + Number(text(minutes)) * 60_000);
  }
  if (!at || text(at) === 'now') return now;
  const local = readAt(text(at), device.clock(now), device.zone);
  if (!local) return rpcError('invalid value', text(at));
  const instant = new Date(local.getTime() - device.clockSkewMs);
  // In the words of shutdown(8), which takes the time.
  return instant < now ? rpcError('shutdown: that time is already past', text(at)) : instant;
}

/** The engines a request names, or the error for one that does not exist. Without a choice: the one you are on. */
function chosenEngines(device: Device, operation: XmlElement): Engine[] | string {
  const has = (name: string) => child(operation, name) !== undefined;
  if (has('both-routing-engines') || has('all-members')) return device.running;
  if (has('other-routing-engine')) return device.running.filter((engine) => engine !== device.engine);
  const chosen = child(operation, 'member') ?? child(operation, 'node') ?? child(operation, 'routing-engine');
  if (!chosen) return [device.engine];
  const choice = text(chosen);
  if (choice === 'both' || choice === 'all') return device.running;
  if (choice === 'local') return [device.engine];
  if (choice === 'other') return device.running.filter((engine) => engine !== device.engine);
  const named = device.running.filter(
    (engine) => engine.name === choice || engine.role === choice || String(engine.slot) === choice,
  );
  return named.length > 0 ? named : rpcError('invalid value', choice);
}

/** What is scheduled, on the engine you are on or on all of them. */
export function rebootInformation(device: Device, operation: XmlElement): string {
  return everyEngine(device, operation, ({ pending }) => pendingText(device, pending));
}

export function clearReboot(device: Device, operation: XmlElement): string {
  return everyEngine(device, operation, (engine) => {
    if (!engine.pending) return NOT_SCHEDULED;
    device.log(`shutdown[${engine.pending.pid}]: reboot cancelled`);
    engine.pending = null;
    return 'Terminating...';
  });
}

function pendingText(device: Device, pending: Shutdown | null): string {
  return pending ? `reboot requested by ${pending.user} at ${device.ctime(pending.at)}` : NOT_SCHEDULED;
}

function everyEngine(device: Device, operation: XmlElement, say: (engine: Engine) => string): string {
  const known = ['both-routing-engines', 'all-members', 'member'].filter((name) =>
    Object.values(device.spec.reboots).some((choices) => choices.includes(name)),
  );
  const unknown = operation.children.find((element) => !known.includes(element.name));
  if (unknown) return rpcError('syntax error', unknown.name);
  const isMulti = device.spec.multi.has(operation.name) || operation.children.length > 0;
  if (!isMulti) return output(say(device.engine));
  const engines = chosenEngines(device, operation);
  if (typeof engines === 'string') return engines;
  const all = operation.children.length === 0 ? device.running : engines;
  // As text, the engines stand in one output, under their names.
  if (operation.attributes.format !== 'text') return multi(device, (engine) => output(say(engine)), all);
  return output(multiText(device, say, all));
}
