import type { Command } from './command.ts';
import type { When } from './intent.ts';

/** For what happens at once: a time is given back only when another one was said, so that it is not lost. */
export const laterOnly = (when: When) => (when.kind === 'now' ? null : when);

/** For what means all devices when none is named: a name that is none must not become all. */
export const toAsk = ({ devices, unresolved }: Command) =>
  devices.length === 0 && unresolved.length > 0 ? 'device' : null;
