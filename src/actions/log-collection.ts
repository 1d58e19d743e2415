import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { bytesInWords } from '../bytes.ts';
import { AssistantError, sentenceOf } from '../errors.ts';
import {
  archiveLogs,
  checkSpace,
  type EngineArchive,
  type LogEngine,
  logEngines,
  runCommands,
  saveSupportInformation,
  sha256,
} from '../netconf/junos.ts';
import { duration } from '../time.ts';
import { TransferError as DestinationError } from '../transfer/errors.ts';
import { partName } from '../transfer/names.ts';
import type { RedactionReport } from '../transfer/redact-archive.ts';
import { Spool } from '../transfer/spool.ts';
import { aboutDevice } from './about.ts';
import type { CollectContext, Connected, LogSettings, Outcome } from './action.ts';
import { PROGRESS_MS } from './archive-transfer.ts';
import { LeftBehind } from './left-behind.ts';
import { seldom } from './seldom.ts';
import { transferInThread } from './transfer-thread.ts';

/** A cut that the transfer itself could not mend is tried once more from the beginning. */
const TRIES = 2;
/** What a summary file and the card say of a failure, at most. */
const LONGEST_FAILURE = 300;

interface Stored {
  address: string;
  bytes: number;
  sha256: string;
  via: string;
}

/** A refusal of the device that ends the collection, in its words. */
class Refused extends AssistantError {
  constructor(sentence: string) {
    super('refused', sentence);
  }
}

/**
 * One collection: free space, support information, the show commands of the extensive mode, and for each engine an
 * archive of /var/log, streamed from the device through the redaction to the destination. Whatever happens, what was
 * made on the device is deleted, over a new session where the old one died.
 */
export class LogCollection {
  readonly #context: CollectContext;
  readonly #isExtensive: boolean;
  readonly #stamp: string;
  readonly #startedAt: number;
  readonly #left: LeftBehind;
  /** On the bot: texts that go into the archive. */
  readonly #texts: { name: string; spool: Spool }[] = [];
  readonly #reports: RedactionReport[] = [];
  readonly #remarks: string[] = [];
  #connected: Connected | undefined;
  #settings: LogSettings | undefined;

  constructor(isExtensive: boolean, context: CollectContext) {
    this.#context = context;
    this.#left = new LeftBehind(context);
    this.#isExtensive = isExtensive;
    this.#startedAt = context.now();
    this.#stamp = new Date(this.#startedAt).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  }

  get #logs(): LogSettings {
    if (!this.#settings) throw new Error('The settings were not read.');
    return this.#settings;
  }

  async run(): Promise<Outcome> {
    const { device, signal } = this.#context;
    let outcome: Outcome;
    try {
      outcome = await this.#collect();
    } catch (error) {
      const status = signal.aborted ? 'cancelled' : error instanceof Refused ? 'refused' : 'failed';
      // Who cancelled it is said by whoever knows.
      outcome = { status, sentence: signal.aborted ? '' : sentenceOf(error), answer: null };
    }
    for (const { spool } of this.#texts) await spool.close();
    const parts = await this.#left.removeParts(this.#settings?.destination);
    const left = await this.#left.cleanUp(this.#connected);
    const end = left === null ? `Nothing of it is left on ${device}.` : left;
    const said = outcome.status === 'done' && left === null ? [] : [end];
    return { ...outcome, sentence: sentences(outcome.sentence, parts, ...said) };
  }

  async #collect(): Promise<Outcome> {
    const { device, connect, progress, readLogs } = this.#context;
    const isBegunAgain = this.#left.isOfEarlierRun;
    const logs = await readLogs();
    this.#settings = logs;
    if (isBegunAgain && logs.afterRestart === 'give-up') {
      const sentence = 'The assistant was restarted while it collected, and gives up then, as configured. Ask again.';
      return { status: 'failed', sentence, answer: null };
    }
    progress(isBegunAgain ? 'It begins anew' : null, `Connecting to ${device}`);
    const connected = await connect();
    this.#connected = connected;
    const { facts } = connected;
    progress(`Connected to ${facts.hostname} (${aboutDevice(facts)})`, 'Looking at the free space');
    if (isBegunAgain) {
      await this.#left.removeParts(logs.destination);
      await this.#left.cleanUp(connected);
    }
    await this.#checkSpace(connected);
    const support = `/var/log/RSI-Support-${device}-${this.#stamp}.txt`;
    const engines = logEngines(facts);
    const archives = engines.map((engine) => {
      const which = engine.name === null ? '' : `-${engine.name}`;
      return { engine, name: `Support-${device}${which}-${this.#stamp}.tgz` };
    });
    for (const path of [support, ...archives.map(({ name }) => `/var/tmp/${name}`)]) this.#left.paths.add(path);
    await this.#left.note();
    await this.#saveSupport(connected, support);
    if (this.#isExtensive) await this.#runCommands(connected);
    const stored: Stored[] = [];
    for (const { engine, name } of archives) {
      const which = engine.name === null ? '' : ` of ${engine.name}`;
      progress(null, `Packing /var/log${which}`);
      const archive = await this.#pack(connected, engine, `/var/tmp/${name}`);
      if (archive.outcome !== 'done') {
        if (archive.outcome === 'refused') for (const path of archive.left) this.#left.paths.add(path);
        if (engine.own) throw new Refused(`${device} could not pack its logs. ${archive.text}`);
        this.#remarks.push(`The logs${which} are not among them: ${archive.text}`);
        continue;
      }
      const bytes = archive.file.sizeBytes ?? 0;
      progress(`Archive${which}: ${bytesInWords(bytes)}`, `Transfer of ${bytesInWords(bytes)}`);
      stored.push(await this.#transfer(connected, `/var/tmp/${name}`, name, bytes, engine.own));
    }
    return this.#done(stored);
  }

  /** On another engine the archive is there too for a while, which only the end of this process leaves there. */
  async #pack({ target, session }: Connected, engine: LogEngine, path: string): Promise<EngineArchive> {
    const { signal } = this.#context;
    if (engine.own) return await archiveLogs(target, session, engine, path, { signal });
    const there = `${engine.name}:${path}`;
    this.#left.paths.add(there);
    try {
      await this.#left.note();
      return await archiveLogs(target, session, engine, path, { signal });
    } finally {
      this.#left.paths.delete(there);
    }
  }

  async #checkSpace({ session, facts }: Connected): Promise<void> {
    const { device, signal, progress } = this.#context;
    const logs = this.#logs;
    const space = await checkSpace(session, { engine: facts.ownEngine, signal });
    if (space.outcome === 'too-little') throw new Refused(space.text);
    await logs.checkRoom(space.neededBytes);
    const free = space.outcome === 'enough' ? `${bytesInWords(space.availableBytes)} free` : 'unknown';
    if (space.outcome === 'unknown') this.#remarks.push(`How much room ${device} has is unknown: ${space.text}`);
    progress(
      `Space: ${free}, ${bytesInWords(space.neededBytes)} needed`,
      'Support information (RSI), usually 10 to 40 min',
    );
  }

  async #saveSupport({ target, session, facts }: Connected, path: string): Promise<void> {
    const { device, signal, progress, now } = this.#context;
    const logs = this.#logs;
    const show = seldom(progress, PROGRESS_MS, now);
    let elapsedMs = 0;
    const saved = await saveSupportInformation(target, session, path, facts, {
      signal,
      ...(logs.supportMs === null ? {} : { timeoutMs: logs.supportMs }),
      openSink: () => this.#text(path.slice(path.lastIndexOf('/') + 1)),
      progress: (at) => {
        elapsedMs = at.elapsedMs;
        show(null, `Support information (RSI): ${bytesInWords(at.bytes)}, ${duration(at.elapsedMs)}`);
      },
    });
    if (saved.outcome === 'refused') throw new Refused(`${device} did not make its support information. ${saved.text}`);
    if (saved.outcome === 'incomplete') {
      for (const each of saved.left) this.#left.paths.add(each);
      throw new AssistantError('incomplete', `The support information of ${device} was cut off. ${saved.text}`);
    }
    const took = elapsedMs < 1_000 ? '' : ` in ${duration(elapsedMs)}`;
    progress(`Support information (RSI): ${bytesInWords(saved.bytes)}${took}`, null);
  }

  async #runCommands({ session }: Connected): Promise<void> {
    const { signal, progress } = this.#context;
    const outcomes = await runCommands(session, this.#logs.commands, {
      signal,
      openSink: (command, index) => this.#text(`extensive/${numbered(index)}-${fileName(command)}.txt`),
      progress: (done, total, command) => progress(null, `Show commands: ${done + 1} of ${total}, ${command}`),
    });
    const failed = outcomes.filter((each) => each.outcome === 'failed');
    const lines = outcomes.map((each, index) => {
      const result = each.outcome === 'done' ? `${each.bytes} bytes` : `failed: ${each.text.slice(0, LONGEST_FAILURE)}`;
      return `${numbered(index)} ${each.command}: ${result}\n`;
    });
    const summary = await this.#text('extensive/summary.txt');
    summary.end(lines.join(''));
    const names = failed.slice(0, 3).map(({ command }) => command);
    if (failed.length > 0) this.#remarks.push(`${failed.length} show commands failed, such as ${names.join(', ')}.`);
    progress(`Show commands: ${outcomes.length - failed.length} of ${outcomes.length}`, null);
  }

  /** A file of the archive that is written on the bot. */
  async #text(name: string): Promise<PassThrough> {
    const spool = await Spool.open(this.#logs.spoolFolder);
    this.#texts.push({ name, spool });
    const sink = new PassThrough();
    spool.write(sink).catch((error: Error) => sink.destroy(error));
    return sink;
  }

  /** From the device to the destination in one stream; the checksum is the device's own. */
  async #transfer(connected: Connected, path: string, name: string, bytes: number, isOwn: boolean): Promise<Stored> {
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return await this.#transferOnce(connected, path, name, bytes, isOwn);
      } catch (error) {
        const isCut = error instanceof AssistantError && ['transfer-lost', 'closed'].includes(error.code);
        if (!isCut || left === 0 || this.#context.signal.aborted) {
          // Its sentence says already what is left; the one of what was cancelled is not shown.
          if (!this.#context.signal.aborted && error instanceof DestinationError && error.left !== null)
            this.#left.parts.delete(error.left);
          throw error;
        }
        this.#context.progress(null, `The connection was cut; the transfer begins anew`);
      }
    }
  }

  async #transferOnce(
    { target, session }: Connected,
    path: string,
    name: string,
    total: number,
    isOwn: boolean,
  ): Promise<Stored> {
    const { signal, progress, now } = this.#context;
    const logs = this.#logs;
    const part = partName(name, randomBytes(8).toString('hex'));
    this.#left.parts.set(part, logs.destination.address);
    await this.#left.note();
    const texts = isOwn ? this.#texts : [];
    const began = now();
    const { report, ...stored } = await transferInThread({
      target,
      path,
      bytes: total,
      sha256: sha256(session, path, { signal }),
      session,
      name,
      part,
      partGone: () => this.#left.parts.delete(part),
      destination: logs.destinationData,
      logins: logs.logins,
      redact: logs.redact,
      spoolFolder: logs.spoolFolder,
      added: texts.map(({ name: each, spool }) => ({ name: each, bytes: spool.bytes, fd: spool.fd })),
      signal,
      progress: (bytes, of) => progress(null, transferInWords(bytes, of || total, now() - began)),
    });
    if (report) this.#reports.push(report);
    progress(
      `Transferred by ${stored.via.toUpperCase()}, with the checksum of the device; stored`,
      'Cleaning up on the device',
    );
    return stored;
  }

  #done(stored: Stored[]): Outcome {
    const { device } = this.#context;
    const logs = this.#logs;
    const counts = new Map<string, number>();
    for (const { counts: each } of this.#reports)
      for (const [kind, count] of Object.entries(each)) counts.set(kind, (counts.get(kind) ?? 0) + count);
    const masked = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const secrets = logs.redact ? maskedInWords(masked) : 'Their secrets are readable, as configured.';
    const files = stored.map(({ address, bytes, sha256: sum }) => {
      return `${address} (${bytesInWords(bytes)}, sha256 ${sum.slice(0, 8)}…${sum.slice(-8)})`;
    });
    const notLookedInto = this.#reports.flatMap((report) => report.notLookedInto);
    const details = [
      ...stored.flatMap(({ address, bytes, sha256: sum }) => [address, `${bytes} bytes`, `sha256 ${sum}`]),
      ...[...counts].map(([kind, count]) => `made unreadable: ${count} x ${kind}`),
      ...notLookedInto.map(({ name, reason }) => `not looked into: ${name} (${reason})`),
      ...this.#reports.flatMap(({ damaged }) => damaged.map((name) => `damaged: ${name}`)),
    ];
    const sentence = [`The logs of ${device} are at ${files.join(' and ')}.`, secrets, ...this.#remarks].join(' ');
    return { status: 'done', sentence, answer: details.join('\n') };
  }
}

function maskedInWords(count: number): string {
  if (count === 0) return 'No secrets were found in them.';
  return count === 1 ? '1 secret in them was made unreadable.' : `${count} secrets in them were made unreadable.`;
}

/** In one text; what ends with something to copy, such as a host key, stands in a line of its own. */
function sentences(...all: (string | null)[]): string {
  return all
    .filter((each) => each !== null && each !== '')
    .reduce<string>(
      (text, next) => (text === '' ? `${next}` : `${text}${/[.!?]$/.test(text) ? ' ' : '\n'}${next}`),
      '',
    );
}

/** `Transfer: 45 of 120 MB (38 %), 3.2 MB/s, 25 s left`. */
function transferInWords(bytes: number, total: number, ms: number): string {
  const percent = total > 0 ? ` (${Math.min(100, Math.floor((bytes / total) * 100))} %)` : '';
  const rate = ms > 1_000 ? bytes / (ms / 1_000) : 0;
  const left = rate > 0 && total > bytes ? `, ${duration(((total - bytes) / rate) * 1_000)} left` : '';
  const speed = rate > 0 ? `, ${bytesInWords(rate)}/s${left}` : '';
  return `Transfer: ${bytesInWords(bytes)} of ${bytesInWords(total)}${percent}${speed}`;
}

const numbered = (index: number) => String(index + 1).padStart(3, '0');

/** `show chassis alarms | no-more` -> `show-chassis-alarms-no-more`. */
const fileName = (command: string) =>
  command
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
