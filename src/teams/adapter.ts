import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type InvokeResponse,
  type Middleware,
  type TurnContext,
} from 'botbuilder';
import type { BotIdentity } from '../config/identity.ts';
import { AssistantError } from '../errors.ts';

type Around = <T>(operation: string, work: () => Promise<T>) => Promise<T>;

const OPERATIONS: Record<string, string> = { POST: 'post', PUT: 'update', GET: 'read', DELETE: 'delete' };

type Logic = (context: TurnContext) => Promise<void>;

/** Teams answers in well under a second, and a turn has to end within ten to fifteen. */
const REQUEST_MS = 10_000;

/**
 * The SDK's adapter, entered below its own HTTP handling: that one answers 500 with the message of whatever
 * was thrown, also for a token with a bad signature, and prints it.
 */
export class BotAdapter extends CloudAdapter {
  readonly appId: string;

  /** `around` goes around each request to Teams, for whoever measures it. */
  constructor(identity: BotIdentity, around: Around = (_operation, work) => work()) {
    super(new ConfigurationBotFrameworkAuthentication({}, credentials(identity)));
    this.appId = identity.mode === 'local' ? '' : identity.appId;
    this.use(limits(this.ConnectorClientKey, around));
  }

  /**
   * Runs one turn and returns what an invoke answers. Throws AssistantError `unauthorized` when the token
   * is not one of Microsoft's for this bot: whatever fails before the bot's logic is entered is that.
   */
  async handle(authorization: string, activity: Activity, logic: Logic): Promise<InvokeResponse | undefined> {
    let wasEntered = false;
    try {
      return await this.processActivity(authorization, activity, async (context) => {
        wasEntered = true;
        await logic(context);
      });
    } catch (error) {
      if (wasEntered) throw error;
      throw new AssistantError('unauthorized', 'The request is not from Microsoft Teams.', { cause: error });
    }
  }
}

/** The part of the SDK's HTTP client (@azure/core-rest-pipeline) that it does not show. */
interface ConnectorClient {
  client: {
    pipeline: {
      addPolicy: (policy: { name: string; sendRequest: (request: Request, next: Next) => Promise<unknown> }) => void;
      removePolicy: (policy: { name: string }) => void;
    };
  };
}
type Request = { abortSignal?: AbortSignal; method?: string };
type Next = (request: Request) => Promise<unknown>;

/**
 * An end for every request. The SDK has none, and sleeps as long as Retry-After says before it tries again: half
 * an hour in which it holds the turn, keeps the process from ending, and then posts what was long given up and
 * posted by somebody else. What we say outside a turn is tried once here; its sender knows when to try again.
 */
function limits(clientKey: symbol, around: Around): Middleware {
  return {
    onTurn: async ({ activity, turnState }, next) => {
      const { pipeline } = turnState.get<ConnectorClient>(clientKey).client;
      if (activity.name === 'ContinueConversation') pipeline.removePolicy({ name: 'defaultRetryPolicy' });
      pipeline.addPolicy({
        name: 'limit',
        sendRequest: (request, send) =>
          around(OPERATIONS[request.method ?? ''] ?? 'other', () =>
            send(Object.assign(request, { abortSignal: AbortSignal.timeout(REQUEST_MS) })),
          ),
      });
      await next();
    },
  };
}

function credentials(identity: BotIdentity): ConfigurationServiceClientCredentialFactory {
  switch (identity.mode) {
    case 'local':
      return new ConfigurationServiceClientCredentialFactory({});
    case 'SingleTenant':
      return new ConfigurationServiceClientCredentialFactory({
        MicrosoftAppType: identity.mode,
        MicrosoftAppId: identity.appId,
        MicrosoftAppTenantId: identity.tenantId,
        MicrosoftAppPassword: identity.password,
      });
    case 'UserAssignedMSI':
      return new ConfigurationServiceClientCredentialFactory({
        MicrosoftAppType: identity.mode,
        MicrosoftAppId: identity.appId,
        MicrosoftAppTenantId: identity.tenantId,
      });
  }
}
