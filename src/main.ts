import { randomUUID } from 'node:crypto';
import type { Activity } from 'botbuilder';
import { closedCard, confirmationCard, jobCard } from '../cards/action-cards.ts';
import { cardMessage } from '../cards/card.ts';
import { type EventContext, eventMessage } from '../cards/event-cards.ts';
import type { AccessRules } from './access.ts';
import { Confirmations } from './actions/confirmations.ts';
import { actionNamed } from './actions/index.ts';
import { Bot, personOf } from './bot.ts';
import type { Config } from './config/load.ts';
import { AssistantError } from './errors.ts';
import { Dispatcher } from './events/dispatcher.ts';
import { createIntake } from './events/intake.ts';
import { close, createHttpServer, type Health, listen } from './http/server.ts';
import { createConnect } from './jobs/connect.ts';
import { Runner } from './jobs/runner.ts';
import type { JobView } from './jobs/view.ts';
import type { Log } from './log.ts';
import { Credentials } from './secrets/credentials.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { BotAdapter } from './teams/adapter.ts';
import { Conversations, channelOf } from './teams/conversations.ts';
import { dialogStorage } from './teams/dialog-state.ts';
import { Notifier } from './teams/notifier.ts';
import { ProgressCards } from './teams/progress.ts';
import { requireTenant } from './teams/tenant.ts';
import { zoneOf } from './teams/zone.ts';

export interface Running {
  /** Address the bot listens on. */
  url: string;
  /** Takes nothing new, ends what is in flight, frees everything. */
  stop: () => Promise<void>;
}

/** How long a stop waits for jobs and cards that are under way: with the rest less than the ten seconds of most supervisors. */
const STOP_MS = 7_000;
const PROGRESS_INTERVAL_MS = 2_000;
/** An event that waits longer than this although it has somewhere to go means that nobody is being told. */
const STALE_MS = 5 * 60_000;

/**
 * The composition root: the only place that wires. Starts in this order, stops in reverse: the door closes
 * first, what was taken in is finished, the store goes last.
 */
export async function start(config: Config, log: Log, now: () => number = Date.now): Promise<Running> {
  const { assistant, identity, inventory, junos } = config;
  const { locale } = assistant;
  const isLocal = identity.mode === 'local';
  const access: AccessRules = { isLocal, ...assistant.access };
  const cutOff = new AbortController();
  const store = await openSqliteStore(config.storeFile);

  const adapter = new BotAdapter(identity);
  const conversations = new Conversations(store, identity.mode === 'local' ? null : identity);
  const notifier = new Notifier(adapter, conversations, now, cutOff.signal);
  const progress = new ProgressCards({
    notifier,
    intervalMs: PROGRESS_INTERVAL_MS,
    now,
    random: Math.random,
    log,
    cutOff: cutOff.signal,
  });

  const alertConversation = async () => {
    const id = junos.config.chat_id || (await store.setting('alert-conversation'));
    // Named, but never heard of in local mode: it is waited for, like one that is not named yet.
    return id && (await conversations.find(id)) ? id : null;
  };
  const eventContext = (): EventContext => ({
    siteOf: (hostname) => inventory.find(hostname)?.site ?? null,
    now: now(),
    reader: { zone: assistant.time_zone, locale },
  });
  const dispatcher = new Dispatcher({
    store,
    alertConversation,
    post: (conversationId, events, form) => {
      let message: Partial<Activity>;
      try {
        message = eventMessage(events, form, eventContext());
      } catch (error) {
        // A card that cannot be made must not stand in the way of the ones behind it.
        log.error({ err: error, id: events[0]?.id }, 'event card cannot be made');
        return Promise.resolve({ outcome: 'rejected', reason: 'the card cannot be made' });
      }
      return notifier.post(conversationId, message);
    },
    now,
    random: Math.random,
    log,
  });

  const watched = ({ confirmation: { conversationId, activityId } }: JobView['job']) => ({
    conversationId,
    activityId,
  });
  const picture = (view: JobView) => cardMessage(jobCard(view, now(), locale));
  const runner = new Runner({
    store,
    connect: createConnect({
      inventory,
      credentials: new Credentials(config.secrets, config.masterPassword),
      knownHostsFile: config.knownHostsFile,
      configDir: config.dir,
    }),
    show: (view) => progress.show(view.job.id, watched(view.job), picture(view)),
    report: (view) =>
      progress.finish(view.job.id, watched(view.job), picture(view), `${view.headline}. ${view.job.sentence ?? ''}`),
    now,
    locale,
    log,
    cutOff: cutOff.signal,
  });

  const confirmations = new Confirmations({
    store,
    access,
    confirmMs: assistant.confirm_minutes * 60_000,
    locale,
    now,
    newId: randomUUID,
  });
  const zone = zoneOf(assistant.time_zone);
  const bot = new Bot({
    inventory,
    access,
    locale,
    now,
    zoneOf: ({ activity }) => zone(activity),
    conversations,
    confirmations,
    storage: dialogStorage(store),
    questionMs: assistant.confirm_minutes * 60_000,
    heard: (id) => {
      if (dispatcher.hold === null) return;
      alertConversation().then(
        (alerts) => {
          if (alerts === channelOf(id)) dispatcher.resume();
        },
        (error: unknown) => log.error({ err: error }, 'alert conversation not read'),
      );
    },
    startJob: (job) => {
      progress.begin(job.id);
      runner.start(job);
    },
    cancel: async ({ activity }, hadQuestion) => {
      const { conversation, from } = activity;
      const cancelled = await confirmations.cancelAll(conversation.id, personOf(activity));
      for (const each of cancelled) {
        const summary = actionNamed(each.action).summarise(each.parameters, now(), { zone: each.zone, locale });
        const card = cardMessage(closedCard(summary, 'Cancelled', `${from.name} cancelled it. Nothing was sent.`));
        // Whatever becomes of the picture, the row is decided: its button does nothing any more.
        if (each.activityId !== null) void notifier.update(each.conversationId, each.activityId, card);
      }
      if (cancelled.length > 0)
        return `Cancelled: ${cancelled.map((each) => `${each.action} of ${each.device}`).join(', ')}. Nothing was sent.`;
      return hadQuestion ? 'The question is closed. Nothing was sent.' : 'There is nothing to cancel.';
    },
    alertsHere: async ({ activity }) => {
      if (junos.config.chat_id)
        return 'Alerts go to the conversation that chat_id names in junos-config.yaml. Remove it there to choose one here.';
      const [before, here] = [await alertConversation(), channelOf(activity.conversation.id)];
      await store.setSetting('alert-conversation', here);
      dispatcher.resume();
      if (before !== null && before !== here) {
        const text = `Alerts are posted in another conversation from now on. ${activity.from.name || 'Somebody'} chose it.`;
        void notifier.post(before, { type: 'message', text, textFormat: 'plain' });
      }
      log.info(
        { conversation: channelOf(activity.conversation.id), by: activity.from.name },
        'alert conversation chosen',
      );
      const { waiting } = await store.backlog();
      return `Alerts are posted here from now on.${waiting > 0 ? ` ${waiting} waiting, they follow.` : ''}`;
    },
    propose: async ({ action, device, at }, { activity }) => {
      const { conversation } = activity;
      const askedBy = personOf(activity);
      const confirmation = await confirmations.propose(
        action,
        { device, at },
        askedBy,
        conversation.id,
        zone(activity),
      );
      const summary = actionNamed(action).summarise(confirmation.parameters, now(), {
        zone: confirmation.zone,
        locale,
      });
      return {
        card: confirmationCard(confirmation, summary, now(), locale),
        posted: (activityId) => store.setConfirmationCard(confirmation.id, activityId),
      };
    },
    log,
  });

  const server = createHttpServer({
    isLocal,
    authHeader: junos.config.auth_header,
    takeEvent: createIntake({
      store,
      onStored: () => dispatcher.wake(),
      secret: junos.config.webhook_secret,
      priorities: junos.events ?? {},
      now,
      log,
    }),
    takeActivity: (authorization, activity) =>
      adapter.handle(authorization, activity, async (context) => {
        if (identity.mode !== 'local') requireTenant(activity, identity.tenantId);
        await bot.run(context);
      }),
    health: async (): Promise<Health> => {
      try {
        const { waiting, oldestAt } = await store.backlog();
        const oldestSeconds = oldestAt === null ? 0 : Math.round((now() - oldestAt) / 1_000);
        const isStuck = oldestSeconds * 1_000 > STALE_MS;
        return {
          isReady: !isStuck && dispatcher.hold !== 'conversation-gone',
          store: 'ok',
          cards: { waiting, oldestSeconds, hold: dispatcher.hold },
        };
      } catch (error) {
        log.error({ err: error }, 'store not ready');
        return { isReady: false, store: 'failed' };
      }
    },
    log,
  });

  const host = isLocal ? '127.0.0.1' : assistant.host;
  try {
    // Before the door opens: a click must not find a job of an earlier run half ended.
    await runner.recover();
    const port = await listen(server, host, assistant.port);
    dispatcher.start();
    return {
      url: `http://${host}:${port}`,
      stop: async () => {
        await close(server);
        const limit = setTimeout(
          () => cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.')),
          STOP_MS,
        );
        await Promise.all([dispatcher.stop(), runner.stop()]);
        clearTimeout(limit);
        await store.close();
      },
    };
  } catch (error) {
    await close(server);
    await store.close();
    throw error;
  }
}
