import { randomUUID } from 'node:crypto';
import type { Activity } from 'botbuilder';
import { filesMessage, hasFiles, requestCard } from '../cards/action-cards.ts';
import { cardMessage } from '../cards/card.ts';
import { type EventContext, groupMessage } from '../cards/event-cards.ts';
import { type AccessRules, mayDo, needsUpn, type Right } from './access.ts';
import { Confirmations, jobButtonEntry } from './actions/confirmations.ts';
import { actions } from './actions/index.ts';
import { createAnswers } from './answers.ts';
import { Bot } from './bot.ts';
import { LiveConfig } from './config/live.ts';
import type { Config } from './config/load.ts';
import { AssistantError, onUnexpected } from './errors.ts';
import { createEventAnswers } from './event-answers.ts';
import { Board } from './events/board.ts';
import { type Delivery, Dispatcher } from './events/dispatcher.ts';
import type { Group } from './events/group.ts';
import { createIntake } from './events/intake.ts';
import { rulesOf } from './events/intake-rules.ts';
import type { Lane } from './events/next-operation.ts';
import { keepEvents } from './events/retention.ts';
import { SpooledEvents } from './events/spooled-events.ts';
import { createHealth, inFlight } from './health.ts';
import { close, listen, useKeyPair } from './http/listener.ts';
import { LiveCertificate } from './http/live-certificate.ts';
import { monitorTest } from './http/monitoring.ts';
import { createEventServer, createHttpServer, type EventHandlers } from './http/server.ts';
import { warmUp } from './intent/when.ts';
import { Inventory } from './inventory.ts';
import { createConnect } from './jobs/connect.ts';
import { createLogSettings } from './jobs/log-settings.ts';
import { createLook } from './jobs/look.ts';
import { endInWords, Runner } from './jobs/runner.ts';
import type { RequestView } from './jobs/view.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { networkTest } from './networks.ts';
import { Credentials } from './secrets/credentials.ts';
import { type OpenStore, openStore } from './store/open.ts';
import { Spool } from './store/spool.ts';
import { BotAdapter } from './teams/adapter.ts';
import { type Cloud, cloudOf } from './teams/cloud.ts';
import { Conversations, channelOf } from './teams/conversations.ts';
import { dialogStorage } from './teams/dialog-state.ts';
import { Notifier } from './teams/notifier.ts';
import { People } from './teams/people.ts';
import { ProgressCards } from './teams/progress.ts';
import { createSpeakers } from './teams/speakers.ts';
import { requireTenant } from './teams/tenant.ts';
import { TurnLimit } from './teams/turn-limit.ts';
import { VERSION } from './version.ts';
import { createCanary } from './watch/create-canary.ts';
import { numbersOf } from './watch/numbers.ts';
import { NO_TRACES, type Traces } from './watch/traces.ts';
import { Watch } from './watch/watch.ts';

export interface StartOptions {
  traces?: Traces;
  /** For tests: the clock, who may do what, and where Microsoft is. */
  now?: () => number;
  access?: AccessRules | undefined;
  cloud?: Cloud | undefined;
}

export interface Running {
  /** Address the bot listens on. */
  url: string;
  /** Address it takes events at, when that is another one. */
  eventsUrl: string | null;
  /** Takes nothing new, ends what is in flight, frees everything. */
  stop: () => Promise<void>;
  /** Reads the configuration anew. */
  reread: () => Promise<void>;
  /** Rejects with AssistantError `store-in-use` when another bot has taken the store over: this process has to end. */
  lost: Promise<never> | undefined;
}

/** How long a stop waits for jobs and cards that are under way: with the rest less than the ten seconds of most supervisors. */
const STOP_MS = 7_000;
const PROGRESS_INTERVAL_MS = 2_000;
/** An end that comes this long after its click is told in a message as well: nobody is looking at that card. */
const LATE_MS = 15 * 60_000;
/** How long a critical card waits for Teams before it is tried again: rather one too many than one too late. */
const URGENT_MS = 3_000;
/** How long the sender of an event waits for the SQL Server before its event is spooled, and how often that is asked then. */
const STORE_PATIENCE_MS = 3_000;
const STORE_AGAIN_MS = 5_000;

/**
 * The composition root: the only place that wires. Starts in this order, stops in reverse: the door closes
 * first, what was taken in is finished, the store goes last.
 */
export async function start(config: Config, log: Log, options: StartOptions = {}): Promise<Running> {
  const store = await openStore(config);
  try {
    return await startWith(store, config, log, options);
  } catch (error) {
    // Whatever failed: who has the store keeps every other bot out.
    await store.close();
    throw error;
  }
}

async function startWith(
  opened: OpenStore,
  config: Config,
  log: Log,
  { now = Date.now, access: given, cloud = cloudOf(config.assistant.bot), traces = NO_TRACES }: StartOptions,
): Promise<Running> {
  const { assistant, identity } = config;
  const access = given ?? accessOf(config);
  const inventory = new Inventory([]);
  inventory.become(config.inventory);
  const { locale } = assistant;
  const isLocal = identity.mode === 'local';
  const cutOff = new AbortController();
  const metrics = new Metrics(
    { version: VERSION, store: assistant.store },
    actions.map(({ name }) => name),
    now(),
  );
  const watch = new Watch(metrics, traces, now);
  const endUnexpected = onUnexpected(({ error, reference }) =>
    log.error({ reference, err: error }, 'an error became a sentence'),
  );
  const release = () => {
    endUnexpected();
    metrics.stop();
  };
  const store = watch.store(opened);
  warmUp();

  const adapter = new BotAdapter(identity, cloud, now, log, watch.teams);
  const conversations = new Conversations(store, identity.mode === 'local' ? null : { ...identity, cloud });
  const notifier = new Notifier(adapter, conversations, now, cutOff.signal);
  const progress = new ProgressCards({
    notifier,
    intervalMs: PROGRESS_INTERVAL_MS,
    now,
    random: Math.random,
    log,
    cutOff: cutOff.signal,
  });

  const credentials = new Credentials(config.secrets, config.masterPassword);
  const processes = [...config.processes];
  const onBroken = (sentence: string) => {
    board.notice('configuration broken', sentence).then(
      () => dispatcher.wake(),
      (error: unknown) => log.error({ err: error }, 'notice not stored'),
    );
  };
  // What everybody else holds; all of it changes in one breath.
  const onChange = (next: Config) => {
    inventory.become(next.inventory, now());
    credentials.use(next.secrets, next.masterPassword);
    processes.splice(0, processes.length, ...next.processes);
    if (!given) Object.assign(access, accessOf(next));
  };
  const live = new LiveConfig(config, log, onBroken, onChange, (isBroken) => metrics.reread(isBroken, now()));
  const siteOf = (hostname: string) => inventory.named(hostname)?.site ?? null;
  const board = new Board({
    store,
    rules: () => ({
      priorities: live.current.junos.events,
      rules: live.current.junos.rules,
      pairs: live.current.pairs,
    }),
    siteOf: (hostname) => siteOf(hostname) ?? '',
    quietMs: assistant.quiet_minutes * 60_000,
    onPlaced: watch.eventPlaced,
    now,
    newId: randomUUID,
    log,
  });
  await board.load();

  let lastAlerts: string | null = null;
  const alertConversation = async () => {
    const id = live.current.junos.config.chat_id || (await store.setting('alert-conversation'));
    // Named, but never heard of in local mode: it is waited for, like one that is not named yet.
    lastAlerts = id && (await conversations.find(id)) ? id : null;
    return lastAlerts;
  };
  const spooled = config.sqlServer
    ? new SpooledEvents({
        store,
        spool: new Spool(`${config.storeFile}.spool`),
        patienceMs: STORE_PATIENCE_MS,
        everyMs: STORE_AGAIN_MS,
        onStored: () => dispatcher.wake(),
        // Not as a card: those are made from the store, which is away.
        onChange: (_, text) => {
          if (lastAlerts) void notifier.post(lastAlerts, { type: 'message', text, textFormat: 'plain' });
        },
        log,
      })
    : null;
  const cardContext = (): EventContext => ({
    deviceOf: (hostname) => inventory.named(hostname) ?? null,
    explain: (event) => live.current.catalogue.explain(event),
    now: now(),
    reader: { zone: assistant.time_zone, locale },
  });
  const told = (group: Group, tell: (message: Partial<Activity>) => Promise<Delivery>): Promise<Delivery> => {
    let message: Partial<Activity>;
    try {
      message = groupMessage(group, cardContext());
    } catch (error) {
      // A card that cannot be made must not stand in the way of the ones behind it.
      log.error({ err: error, group: group.id }, 'event card cannot be made');
      return Promise.resolve({ outcome: 'rejected', reason: 'the card cannot be made' });
    }
    return tell(message);
  };
  const speech = (lane: Lane) => (lane === 'urgent' ? { urgency: lane, timeoutMs: URGENT_MS } : {});
  const dispatcher = new Dispatcher({
    board,
    backlog: () => store.backlog(),
    alertConversation,
    fallbackConversation: assistant.fallback_chat_id ?? null,
    post: (conversationId, group, lane) =>
      watch.card(group, false, () => told(group, (message) => notifier.post(conversationId, message, speech(lane)))),
    update: (conversationId, activityId, group, lane) =>
      watch.card(group, true, () =>
        told(group, (message) => notifier.update(conversationId, activityId, message, speech(lane))),
      ),
    onOutcome: (lane, outcome) => metrics.cardOutcome(lane, outcome),
    now,
    random: Math.random,
    log,
  });

  const watched = ({ confirmation: { conversationId, activityId } }: RequestView) => ({ conversationId, activityId });
  const picture = (view: RequestView) => cardMessage(requestCard(view, now(), locale));
  const isLate = ({ confirmation: { decidedAt } }: RequestView) => now() - (decidedAt ?? now()) > LATE_MS;
  const connect = createConnect({
    inventory,
    credentials,
    knownHostsFile: config.knownHostsFile,
    configDir: config.dir,
    around: watch.netconf,
  });
  const confirmMs = assistant.confirm_minutes * 60_000;
  // What is kept where counts from the start on.
  const logConfig = () => ({
    ...live.current,
    storeFile: config.storeFile,
    knownHostsFile: config.knownHostsFile,
  });
  const runner = new Runner({
    store,
    connect,
    show: (view) => progress.show(view.confirmation.id, watched(view), picture(view)),
    report: (view) =>
      progress.finish(view.confirmation.id, watched(view), picture(view), endInWords(view), isLate(view)),
    now,
    locale,
    log,
    limitMs: assistant.reboot_minutes * 60_000,
    freshMs: confirmMs,
    collections: assistant.logs.at_once,
    logs: createLogSettings({ config: logConfig, credentials, now, log }),
    onEnd: watch.jobEnded,
    around: watch.job,
    cutOff: cutOff.signal,
  });

  const confirmations = new Confirmations({ store, access, inventory, confirmMs, locale, now, newId: randomUUID });
  const people = new People({ needsUpn: () => needsUpn(access), now, log });
  const { speaker, speakerOf } = createSpeakers(people, { zone: assistant.time_zone, locale });
  const eventAnswers = createEventAnswers({
    store,
    board,
    cardContext,
    inventory,
    access,
    locale,
    speakerOf,
    onChange: () => dispatcher.wake(),
    now,
  });
  const look = createLook(connect, assistant.look_seconds * 1_000);
  const bot = new Bot({
    inventory,
    processes,
    access,
    locale,
    now,
    speaker,
    speakerOf,
    conversations,
    confirmations,
    storage: dialogStorage(store),
    questionMs: confirmMs,
    heard: (id) => {
      if (dispatcher.hold === null) return;
      alertConversation().then(
        (alerts) => {
          if (alerts === channelOf(id)) dispatcher.resume();
        },
        (error: unknown) => log.error({ err: error }, 'alert conversation not read'),
      );
    },
    startJobs: (jobs) => {
      for (const { confirmation } of jobs.slice(0, 1)) progress.begin(confirmation.id);
      return runner.start(jobs);
    },
    onJob: async (verb, jobId, context) => {
      const job = await store.job(jobId);
      if (!job) return 'This request is not known here.';
      const { person, place } = speakerOf(context);
      const files = verb === 'link' ? (await store.jobsOfConfirmation(job.confirmation.id)).filter(hasFiles) : [];
      const devices = [...new Set([job, ...files].map(({ device }) => device))];
      const subjects = devices.map((name) => ({ name, site: inventory.find(name)?.site ?? '' }));
      const verdict = mayDo(person, job.confirmation.action as Right, subjects, place, access);
      await store.appendAudit([{ ...jobButtonEntry(verb, job, person, place, now(), verdict), devices }]);
      if (!verdict.isAllowed) return verdict.sentence;
      if (verb === 'link') {
        if (files.length === 0) return 'This request has no files.';
        await context.sendActivity(filesMessage(files, { zone: job.confirmation.zone, locale }));
        return 'The link is below, to be forwarded or copied.';
      }
      if (verb === 'stop') return runner.cancel(jobId, person.name) ?? 'It has come to its end already.';
      return (await runner.lookAgain(jobId)) ?? 'There is nothing to look at any more.';
    },
    ...createAnswers({ store, confirmations, notifier, look, inventory, access, locale, speakerOf, now, log }),
    ...eventAnswers,
    alertsHere: async (context) => {
      const { conversation, from } = context.activity;
      if (live.current.junos.config.chat_id)
        return 'Alerts go to the conversation that chat_id names in junos-config.yaml. Remove it there to choose one here.';
      const [before, here] = [await alertConversation(), channelOf(conversation.id)];
      await store.setSetting('alert-conversation', here);
      dispatcher.resume();
      if (before !== null && before !== here) {
        const text = `Alerts are posted in another conversation from now on. ${from.name || 'Somebody'} chose it.`;
        void notifier.post(before, { type: 'message', text, textFormat: 'plain' });
      }
      log.info({ conversation: here, person: from.name }, 'alert conversation chosen');
      const { waiting } = await store.backlog();
      return `Alerts are posted here from now on.${waiting > 0 ? ` ${waiting} waiting, they follow.` : ''}`;
    },
    alertsOff: async (context) => {
      const { conversation, from } = context.activity;
      if (live.current.junos.config.chat_id)
        return 'Alerts go to the conversation that chat_id names in junos-config.yaml. Remove it there to stop them.';
      if ((await alertConversation()) !== channelOf(conversation.id))
        return 'Alerts are not posted in this conversation. Nothing was changed.';
      await store.setSetting('alert-conversation', '');
      log.warn({ conversation: channelOf(conversation.id), person: from.name }, 'alerts turned off');
      return 'Alerts are not posted anywhere any more; events are stored and wait. To have them posted again, write "alerts here" where they should go.';
    },
    log,
  });

  const canary = createCanary({
    assistant,
    store,
    notifier,
    rules: () => rulesOf(live.current),
    draw: (group) => groupMessage(group, cardContext()),
    onEnd: (failedAt, ms) => metrics.canary(failedAt, ms),
    now,
    newId: randomUUID,
    log,
  });
  const health = inFlight(createHealth({ store, spooled, dispatcher, canary, now, log }));
  const isTrustedProxy = networkTest(assistant.trusted_proxies);
  const intake: EventHandlers = {
    tls: config.tls.events,
    authHeader: () => live.current.junos.config.auth_header,
    isTrustedProxy,
    onRefused: (route, status) => metrics.httpRefused(route, status),
    takeEvent: watch.intake(
      createIntake({
        store: spooled ?? store,
        onStored: () => dispatcher.wake(),
        rules: () => rulesOf(live.current),
        siteOf: (hostname) => siteOf(hostname) ?? '',
        namesOf: (hostname) => {
          const device = inventory.named(hostname);
          return device ? [device.name, device.hostname] : [];
        },
        onOutcome: watch.eventOutcome,
        around: watch.event,
        now,
        log,
      }),
    ),
    now,
    log,
  };
  const turns = new TurnLimit(now);
  const server = createHttpServer({
    ...intake,
    isLocal,
    tls: config.tls.bot,
    takesEvents: assistant.events === undefined,
    isMonitor: monitorTest(assistant.monitoring_networks, isTrustedProxy),
    takeActivity: (authorization, activity) =>
      adapter.handle(authorization, activity, async (context) => {
        if (identity.mode !== 'local') {
          requireTenant(activity, identity.tenantId, cloud);
          turns.take(activity);
        }
        await watch.turn(activity, () => bot.run(context));
      }),
    health,
    metrics: async () =>
      metrics.text(numbersOf(await health(), { board, runner, canary, assistant, certificates: inUse() })),
  });
  const eventServer = assistant.events ? createEventServer(intake) : null;
  const certificates = [
    { section: 'tls', pair: config.tls.bot, server },
    { section: 'events', pair: config.tls.events, server: eventServer },
  ].flatMap(({ section, pair, server: of }) =>
    pair && of ? [new LiveCertificate({ section, pair, use: (next) => useKeyPair(of, next), onBroken, now, log })] : [],
  );

  const inUse = () => [
    ...certificates,
    ...(identity.mode === 'SingleTenant' && 'certificate' in identity.credential
      ? [{ section: 'bot', expiresAt: identity.credential.certificate.expiresAt }]
      : []),
  ];

  const closeAll = () => Promise.all([close(server), ...(eventServer ? [close(eventServer)] : [])]);
  const hostOf = (host: string) => (isLocal ? '127.0.0.1' : host);
  const host = hostOf(assistant.host);
  try {
    // Before the door opens: a click must not find a job of an earlier run half ended.
    await runner.recover();
    const port = await listen(server, host, assistant.port);
    const events = assistant.events?.listen;
    let eventsUrl: string | null = null;
    if (eventServer && events) {
      const eventsPort = await listen(eventServer, hostOf(events.host), events.port);
      eventsUrl = `${config.tls.events ? 'https' : 'http'}://${hostOf(events.host)}:${eventsPort}`;
      log.info({ url: eventsUrl }, 'events are taken at a port of their own');
    }
    dispatcher.start();
    await live.start();
    for (const certificate of certificates) await certificate.start();
    canary.start();
    const retention = keepEvents({ store, days: assistant.keep_events_days, now, log });
    return {
      url: `${config.tls.bot ? 'https' : 'http'}://${host}:${port}`,
      eventsUrl,
      reread: async () => {
        for (const certificate of certificates) await certificate.reread();
        await live.reread();
      },
      lost: opened.lost,
      stop: async () => {
        const limit = setTimeout(
          () => cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.')),
          STOP_MS,
        );
        await closeAll();
        await live.stop();
        await Promise.all(certificates.map((certificate) => certificate.stop()));
        await Promise.all([retention.stop(), spooled?.close()]);
        await Promise.all([dispatcher.stop(), runner.stop(), canary.stop()]);
        progress.stop();
        clearTimeout(limit);
        await store.close();
        release();
      },
    };
  } catch (error) {
    cutOff.abort(error);
    await closeAll();
    await Promise.all([runner.stop(), spooled?.close()]);
    progress.stop();
    release();
    throw error;
  }
}

const accessOf = ({ identity, assistant }: Config): AccessRules => ({
  ...assistant.access,
  isLocal: identity.mode === 'local',
});
