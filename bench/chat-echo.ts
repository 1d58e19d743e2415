import { join } from 'node:path';
import { PrivateConversationState, TeamsActivityHandler } from 'botbuilder';
import { ComponentDialog, DialogSet, DialogTurnStatus, TextPrompt, WaterfallDialog } from 'botbuilder-dialogs';
import { listen } from '../src/http/listener.ts';
import { createHttpServer } from '../src/http/server.ts';
import { createLog } from '../src/log.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { BotAdapter } from '../src/teams/adapter.ts';
import { cloudOf } from '../src/teams/cloud.ts';
import { dialogStorage } from '../src/teams/dialog-state.ts';

class EchoDialog extends ComponentDialog {
  constructor() {
    super('echo');
    this.addDialog(new TextPrompt('text'));
    this.addDialog(
      new WaterfallDialog('waterfall', [
        async (step) => {
          await step.context.sendActivity(step.context.activity.text);
          return await step.endDialog();
        },
      ]),
    );
    this.initialDialogId = 'waterfall';
  }
}

/**
 * A bot that says again what it hears. `bare`: the least that can be done on this stack. `dialogs`: as a bot does that
 * has to remember a question, with a waterfall and its state in the same store.
 */
const [dir = '', kind] = process.argv.slice(2);
const log = createLog();
const adapter = new BotAdapter({ mode: 'local' }, cloudOf({ cloud: 'public', service_hosts: [] }), Date.now, log);
const bot = new TeamsActivityHandler();
const store = await openSqliteStore(join(dir, `echo-${kind}.sqlite`));

if (kind === 'bare') {
  bot.onMessage(async (context, next) => {
    await context.sendActivity(context.activity.text);
    await next();
  });
} else {
  const state = new PrivateConversationState(dialogStorage(store));
  const dialogs = new DialogSet(state.createProperty('dialog'));
  dialogs.add(new EchoDialog());
  bot.onMessage(async (context, next) => {
    const dialog = await dialogs.createContext(context);
    const { status } = await dialog.continueDialog();
    if (status === DialogTurnStatus.empty) await dialog.beginDialog('echo');
    await state.saveChanges(context);
    await next();
  });
}

const server = createHttpServer({
  isLocal: true,
  authHeader: () => 'Junos-Auth',
  isTrustedProxy: () => false,
  isMonitor: () => true,
  tls: null,
  takesEvents: false,
  metrics: async () => '',
  takeEvent: () => Promise.reject(new Error('no events here')),
  takeActivity: (authorization, activity) => adapter.handle(authorization, activity, (context) => bot.run(context)),
  health: async () => ({ isReady: true }),
  onRefused: () => {},
  now: Date.now,
  log,
});
const port = await listen(server, '127.0.0.1', 0);
process.on('disconnect', () => {
  server.close(() => void store.close());
  server.server.closeAllConnections();
});
process.send?.({ port });
