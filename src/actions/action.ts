import type { z } from 'zod';
import type { Facts, PendingReboot } from '../netconf/junos.ts';
import type { RpcSession } from '../netconf/operation.ts';
import type { NetconfSession, SessionTarget } from '../netconf/session.ts';
import type { Reader } from '../time.ts';
import type { Logins } from '../transfer/destination.ts';
import type { Destination } from '../transfer/put.ts';
import type { DestinationData } from './transfer-messages.ts';

/** A session to a device that has proved to be the one that was meant. */
export interface Connected {
  session: NetconfSession;
  facts: Facts;
  /** For connections beside the session: a terminal, a transfer. */
  target: SessionTarget;
}

/** What a device says of itself when nobody wants anything of it yet. */
export type DeviceLook =
  | {
      state: 'ok';
      device: string;
      facts: Facts;
      /** What is scheduled on any of its engines; undefined when it did not tell. */
      pending: PendingReboot | null | undefined;
    }
  /** `unreachable`: it cannot be worked with, and the sentence says why. `unknown`: it did not answer in time. */
  | { state: 'unreachable' | 'unknown'; device: string; sentence: string };

/** What the confirmation card says: what was understood, before anything happens. */
export interface Summary {
  /** `Reboot hq-fw01?` */
  title: string;
  /** Each device with what it is (`SRX345 · Junos 22.4R3 · up 41 days`), or why nobody knows. */
  devices: { name: string; about: string; state: 'ok' | 'unknown' | 'unreachable' }[];
  /** Label and value, in reading order. */
  facts: { label: string; value: string }[];
  /** What can still be chosen on the card; the id is the input's, a null value has to be chosen. */
  choices: Choice[];
  /** What the button does, not "OK": `Reboot now`. */
  button: string;
  /** It changes nothing on a device: the button does not warn. */
  isHarmless?: true;
  /** What the other button says, where "Cancel" could be taken for the action itself. */
  decline?: string;
  /** What the card promises and the click has to bring back, such as the engine that is "this one". */
  data?: Record<string, string>;
  warnings: string[];
}

export interface Choice {
  id: string;
  label: string;
  value: string | null;
  options: { title: string; value: string }[];
}

/** What a look says when nobody wants one: no reason to warn anybody. */
export const NOT_LOOKED_AT = 'was not looked at';

/** How a command ended. `unknown`: only the device can tell what came of it, and it does not. */
export interface Outcome {
  status: 'done' | 'refused' | 'failed' | 'unknown' | 'cancelled';
  /** First the fact, then what to do. */
  sentence: string;
  /** What the device said, as it said it. */
  answer: string | null;
}

/**
 * The command is with the device and its end is still to come: `follow` sees to that. `scheduled`: the device has it
 * for later. `waiting`: the device is carrying it out. `sent`: no clear answer came, so that nobody knows yet.
 */
export interface Pending {
  status: 'scheduled' | 'waiting' | 'sent';
  sentence: string;
  answer: string | null;
}

/** What a card's headline speaks about: the state of the whole request over all its devices. */
export type Headed = Outcome['status'] | 'scheduled' | 'waiting' | 'running' | 'mixed';

export interface RunContext {
  device: string;
  /** Opens the session to the device of the job, after proving that it is that device. The runner closes it. */
  connect: () => Promise<Connected>;
  /**
   * The same session for the one command: its first RPC is stored as sent, with its text and the `evidence` that will
   * tell later what came of it, before it leaves. Nothing is stored when nothing is sent.
   */
  command: (session: RpcSession, evidence?: object) => RpcSession;
  /** Shows a step that is done, and what is under way now. */
  progress: (done: string | null, doing: string | null) => void;
  now: () => number;
  reader: Reader;
}

export interface FollowContext extends Omit<RunContext, 'connect' | 'command'> {
  /** What `command` was given; null when nothing was. */
  evidence: unknown;
  /** When the command was sent, epoch ms. */
  sentAt: number;
  /** Whether the device answered it. */
  isAnswered: boolean;
  /** What it answered. */
  answer: string | null;
  /** When to give up, counted from the moment something should have happened. */
  limitMs: number;
  /** Opens a session for these questions and closes it; throws like `connect`. */
  ask: <T>(questions: (connected: Connected) => Promise<T>) => Promise<T>;
  /** Ends early, with true, when something else happened to the device. Rejects when the assistant stops. */
  wait: (ms: number) => Promise<boolean>;
  /** Makes a change of phase durable: a scheduled job whose time has come is waiting. */
  phase: (status: 'scheduled' | 'waiting') => Promise<void>;
}

/** How support logs are collected; read anew for each collection. */
export interface LogSettings {
  destination: Destination;
  /** The same, as the thread of a transfer gets it. */
  destinationData: DestinationData;
  /** Of the server that it may name. */
  logins: Logins;
  /** Throws when so many bytes find no room at the destination, where that can be seen. */
  checkRoom: (bytes: number) => Promise<void>;
  /** Whether secrets are made unreadable on the way. */
  redact: boolean;
  /** Where files without a name lie for a while. */
  spoolFolder: string;
  /** Show commands of the extensive mode. */
  commands: readonly string[];
  /** How long support information may take; null: as long as the platform usually needs. */
  supportMs: number | null;
  afterRestart: 'begin-again' | 'give-up';
}

/** What a collection works with: it reads from the device, for minutes, and changes nothing on it for good. */
export interface CollectContext {
  device: string;
  /** Opens a session after proving that it is that device; ended with `signal`, its own when none is given. */
  connect: (signal?: AbortSignal) => Promise<Connected>;
  /** Aborted when nobody wants it any more, or the assistant stops. It cleans up then, and throws. */
  signal: AbortSignal;
  /** Makes durable what a next run has to know: what is on the device and at the destination until its end. */
  note: (left: object) => Promise<void>;
  /** What a run that the assistant's end cut off had noted; null for the first run. */
  left: unknown;
  /** Shows a step that is done, and what is under way now. */
  progress: (done: string | null, doing: string | null) => void;
  /** How it is done and where it goes. Throws what is wrong with that. */
  readLogs: () => Promise<LogSettings>;
  now: () => number;
  reader: Reader;
}

/** A button that says something in the place of whoever presses it. */
export interface Saying {
  title: string;
  say: string;
}

/** A device of a request that is confirmed; `ended` null as long as it is under way. */
export interface Worked {
  device: string;
  ended: Outcome['status'] | null;
}

/** Where the person reads: what they chose on the card comes with the click, by the ids of the choices. */
export type Inputs = Readonly<Record<string, unknown>>;

/**
 * A thing that can be done to devices. Asking, confirming, the jobs, their progress card and their record come
 * with it; an action says what it needs, how it reads, and how it runs on one device.
 */
interface DeviceAction<Parameters> {
  name: string;
  title: string;
  /** One example for the help card, with the names of one device and one process filled in. */
  example: (device: string) => string;
  /** How the refusals name it: `reboot hq-fw01`. */
  parameters: z.ZodType<Parameters>;
  summarise(parameters: Parameters, looks: readonly DeviceLook[], now: number, reader: Reader): Summary;
  /** The title alone, for what is left of a card that was not confirmed. */
  question(parameters: Parameters, devices: readonly string[]): string;
  /** Latest instant at which confirming still makes sense, or null. */
  notAfter(parameters: Parameters): number | null;
  /** The parameters with what was chosen on the card, or why that cannot be: a sentence. */
  choose?(parameters: Parameters, devices: readonly string[], inputs: Inputs): Parameters | string;
  /** Title of the card from the click on: `Rebooting hq-fw01`. */
  headline(parameters: Parameters, devices: readonly string[], state: Headed): string;
  /** What is likely asked for next. */
  next?(parameters: Parameters, devices: readonly Worked[]): Saying[];
}

/** An action that sends one command, once. */
export interface CommandAction<Parameters> extends DeviceAction<Parameters> {
  run(parameters: Parameters, context: RunContext): Promise<Outcome | Pending>;
  /**
   * What came of a command that was sent: after `run` said that it is pending, and after a restart of the assistant.
   * It asks the device and sends nothing that changes anything.
   */
  follow(parameters: Parameters, context: FollowContext): Promise<Outcome>;
}

/**
 * An action that sends no command: it can be cancelled while it runs, who asks for the same takes part in it, it holds
 * nobody up, and after a restart of the assistant it begins anew.
 */
export interface CollectAction<Parameters> extends DeviceAction<Parameters> {
  collect(parameters: Parameters, context: CollectContext): Promise<Outcome>;
}

/**
 * Keeps an action's own parameter type inside its file: outside, parameters are JSON that only this
 * action's schema reads back.
 */
export function defineAction<Parameters>(action: CommandAction<Parameters> | CollectAction<Parameters>): AnyAction {
  const read = (json: string) => action.parameters.parse(JSON.parse(json));
  return {
    name: action.name,
    example: action.example,
    title: action.title,
    summarise: (json, looks, now, reader) => action.summarise(read(json), looks, now, reader),
    question: (json, devices) => action.question(read(json), devices),
    notAfter: (json) => action.notAfter(read(json)),
    choose: (json, devices, inputs) => {
      const chosen = action.choose ? action.choose(read(json), devices, inputs) : read(json);
      return typeof chosen === 'string' ? { refused: chosen } : { parameters: JSON.stringify(chosen) };
    },
    headline: (json, devices, state) => action.headline(read(json), devices, state),
    next: (json, devices) => action.next?.(read(json), devices) ?? [],
    work:
      'collect' in action
        ? { kind: 'collection', collect: (json, context) => action.collect(read(json), context) }
        : {
            kind: 'command',
            run: (json, context) => action.run(read(json), context),
            follow: (json, context) => action.follow(read(json), context),
          },
  };
}

export interface Command {
  kind: 'command';
  run(parameters: string, context: RunContext): Promise<Outcome | Pending>;
  follow(parameters: string, context: FollowContext): Promise<Outcome>;
}

export interface Collection {
  kind: 'collection';
  collect(parameters: string, context: CollectContext): Promise<Outcome>;
}

export interface AnyAction {
  name: string;
  title: string;
  example: (device: string) => string;
  summarise(parameters: string, looks: readonly DeviceLook[], now: number, reader: Reader): Summary;
  question(parameters: string, devices: readonly string[]): string;
  notAfter(parameters: string): number | null;
  choose(parameters: string, devices: readonly string[], inputs: Inputs): { parameters: string } | { refused: string };
  headline(parameters: string, devices: readonly string[], state: Headed): string;
  next(parameters: string, devices: readonly Worked[]): Saying[];
  work: Command | Collection;
}

/** `hq-fw01`, `hq-fw01 and hq-fw02`, `5 devices`. */
export function namesOf(devices: readonly string[]): string {
  const [first = '', second] = devices;
  if (devices.length > 2) return `${devices.length} devices`;
  return second === undefined ? first : `${first} and ${second}`;
}
