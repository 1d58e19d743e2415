import type { z } from 'zod';
import type { Facts } from '../netconf/junos.ts';
import type { NetconfSession } from '../netconf/session.ts';
import type { Reader } from '../time.ts';

/** What the confirmation card says: what was understood, before anything happens. */
export interface Summary {
  /** `Reboot hq-fw01?` */
  title: string;
  device: string;
  /** Label and value, in reading order. */
  facts: { label: string; value: string }[];
  /** What the button does, not "OK": `Reboot now`. */
  button: string;
  warning: string | null;
  /** Latest instant at which confirming still makes sense, or null. */
  notAfter: number | null;
}

/** How a command ended. `unknown`: the session was lost after it was sent; only the device can tell. */
export interface Outcome {
  status: 'done' | 'refused' | 'failed' | 'unknown';
  /** First the fact, then what to do. */
  sentence: string;
  /** What the device said, as it said it. */
  answer: string | null;
}

export interface RunContext {
  /** Opens the session to the one device of the job, after proving that it is that device. */
  connect: () => Promise<{ session: NetconfSession; facts: Facts }>;
  /** Must be awaited directly before the command is sent: it makes "sent" durable. */
  sending: () => Promise<void>;
  /** Shows a step that is done, and what is under way now. */
  progress: (done: string, doing: string | null) => void;
  now: () => number;
  reader: Reader;
}

/**
 * A thing that can be done to a device. Asking, confirming, the job, its progress card and its record come
 * with it; an action says what it needs, how it reads, and how it runs.
 */
export interface DeviceAction<Parameters extends { device: string } = { device: string }> {
  name: string;
  /** One example for the help card. */
  example: string;
  title: string;
  parameters: z.ZodType<Parameters>;
  summarise(parameters: Parameters, now: number, reader: Reader): Summary;
  /** Title of the card while it runs and after it, by status: `Rebooting hq-fw01`. */
  headline(parameters: Parameters, status: Outcome['status'] | 'running'): string;
  run(parameters: Parameters, context: RunContext): Promise<Outcome>;
}

/**
 * Keeps an action's own parameter type inside its file: outside, parameters are JSON that only this
 * action's schema reads back.
 */
export function defineAction<Parameters extends { device: string }>(action: DeviceAction<Parameters>): AnyAction {
  const read = (json: string) => action.parameters.parse(JSON.parse(json));
  return {
    name: action.name,
    example: action.example,
    title: action.title,
    device: (json) => read(json).device,
    summarise: (json, now, reader) => action.summarise(read(json), now, reader),
    headline: (json, status) => action.headline(read(json), status),
    run: (json, context) => action.run(read(json), context),
  };
}

export interface AnyAction {
  name: string;
  example: string;
  title: string;
  device(parameters: string): string;
  summarise(parameters: string, now: number, reader: Reader): Summary;
  headline(parameters: string, status: Outcome['status'] | 'running'): string;
  run(parameters: string, context: RunContext): Promise<Outcome>;
}
