import type { AssistantConfig } from '../config/schemas.ts';
import type { Notifier } from '../teams/notifier.ts';
import { clock } from '../time.ts';
import { Canary, type CanaryOptions } from './canary.ts';
import { CanaryCard, type CanaryCardOptions } from './canary-card.ts';

/** Long enough after the start that it stands in nobody's way. */
const FIRST_MS = 2_000;
const LIMIT_MS = 60_000;

interface Given extends Pick<CanaryOptions, 'rules' | 'draw' | 'onEnd' | 'now' | 'newId' | 'log'> {
  assistant: AssistantConfig;
  store: CanaryOptions['store'] & CanaryCardOptions['store'];
  notifier: Pick<Notifier, 'post' | 'update'>;
}

/** The self-test as assistant.yaml wants it. */
export function createCanary({ assistant, store, notifier, ...given }: Given): Canary {
  const { canary_minutes, canary_chat_id, quiet_minutes, time_zone: zone, locale } = assistant;
  const message = (text: string) => ({ type: 'message', text, textFormat: 'plain' });
  const card =
    canary_chat_id === undefined
      ? null
      : new CanaryCard({
          conversationId: canary_chat_id,
          store,
          post: (id, text) => notifier.post(id, message(text)),
          update: (id, activityId, text) => notifier.update(id, activityId, message(text)),
          now: given.now,
        });
  return new Canary({
    ...given,
    store,
    everyMs: canary_minutes * 60_000,
    firstMs: FIRST_MS,
    limitMs: LIMIT_MS,
    quietMs: quiet_minutes * 60_000,
    card,
    clock: (at) => clock(at, given.now(), { zone, locale }),
  });
}
