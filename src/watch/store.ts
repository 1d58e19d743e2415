import { AssistantError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';
import type { Traces } from './traces.ts';

/** What each call is for: a label with few values. */
const OPERATIONS: Record<Exclude<keyof Store, 'close'>, string> = {
  addEvent: 'add-event',
  tryEvent: 'canary',
  owedEvents: 'cards',
  liveGroups: 'cards',
  group: 'cards',
  saveGrouping: 'cards',
  groupShown: 'cards',
  groupEvents: 'cards',
  mutes: 'cards',
  backlog: 'cards',
  setting: 'state',
  setSetting: 'state',
  saveConversation: 'state',
  conversation: 'state',
  readState: 'state',
  writeState: 'state',
  deleteState: 'state',
  addConfirmation: 'confirmation',
  setConfirmationCard: 'confirmation',
  confirmation: 'confirmation',
  openConfirmations: 'confirmation',
  decide: 'confirmation',
  jobsOfConfirmation: 'job',
  job: 'job',
  unfinishedJobs: 'job',
  openJobs: 'job',
  updateJob: 'job',
  appendAudit: 'audit',
  auditRows: 'audit',
  auditHead: 'audit',
  addUnknownPhrase: 'phrases',
  unknownPhrases: 'phrases',
  recentEvents: 'events',
  removeEvents: 'events',
};

/** The same store; how long its calls take and how they fail is counted, and they are parts of the traces around them. */
export function watchedStore<S extends Store>(store: S, metrics: Metrics, traces: Traces): S {
  metrics.storeOperations(new Set(Object.values(OPERATIONS)));
  const methods = store as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const watched = Object.entries(OPERATIONS).map(([name, operation]) => {
    const call = (methods[name] as (...args: unknown[]) => Promise<unknown>).bind(store);
    const measured = (args: unknown[]) => {
      const begunAt = performance.now();
      const ended = (code: string | null) => metrics.storeCall(operation, performance.now() - begunAt, code);
      return call(...args).then(
        (result) => {
          ended(null);
          return result;
        },
        (error: unknown) => {
          ended(error instanceof AssistantError ? error.code : 'other');
          throw error;
        },
      );
    };
    const traced = (...args: unknown[]) =>
      traces.isOn
        ? traces.span(`store ${name}`, { kind: 'client', isPart: true }, () => measured(args))
        : measured(args);
    return [name, traced];
  });
  return { ...store, ...Object.fromEntries(watched) };
}
