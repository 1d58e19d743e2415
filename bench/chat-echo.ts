import { TeamsActivityHandler } from 'botbuilder';
import { createHttpServer, listen } from '../src/http/server.ts';
import { createLog } from '../src/log.ts';
import { BotAdapter } from '../src/teams/adapter.ts';

/** The least a bot can do on this stack: hear a message, say it again. */
const adapter = new BotAdapter({ mode: 'local' });
const bot = new TeamsActivityHandler();
bot.onMessage(async (context, next) => {
  await context.sendActivity(context.activity.text);
  await next();
});
const server = createHttpServer({
  isLocal: true,
  authHeader: 'Junos-Auth',
  takeEvent: () => Promise.reject(new Error('no events here')),
  takeActivity: (authorization, activity) => adapter.handle(authorization, activity, (context) => bot.run(context)),
  health: async () => ({ isReady: true }),
  log: createLog(),
});
const port = await listen(server, '127.0.0.1', 0);
process.on('disconnect', () => {
  server.close();
  server.server.closeAllConnections();
});
process.send?.({ port });
