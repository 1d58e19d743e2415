import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type InvokeResponse,
  type Middleware,
  type TurnContext,
} from 'botbuilder';
import { JwtTokenExtractor } from 'botframework-connector/lib/auth/jwtTokenExtractor.js';
import type { OpenIdMetadata } from 'botframework-connector/lib/auth/openIdMetadata.js';
import type { BotIdentity } from '../config/identity.ts';
import { AssistantError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Cloud } from './cloud.ts';
import { type Around, credentialsFor } from './credentials.ts';
import { SigningKeys } from './signing-keys.ts';
import { tokenProblem } from './token.ts';

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
  readonly #cloud: Cloud;
  readonly #keys: SigningKeys | null;
  readonly #now: () => number;

  /** `around` goes around each request to Teams, and to Entra for the token (`token`), for whoever measures it. */
  constructor(
    identity: BotIdentity,
    cloud: Cloud,
    now: () => number,
    log: Log,
    around: Around = (_operation, work) => work(),
  ) {
    super(
      new ConfigurationBotFrameworkAuthentication(authenticationOf(cloud), credentialsFor(identity, cloud, around)),
    );
    this.appId = identity.mode === 'local' ? '' : identity.appId;
    this.#cloud = cloud;
    this.#now = now;
    this.#keys = identity.mode === 'local' ? null : new SigningKeys(cloud.metadataUrl, now, log);
    // The list that the SDK looks into, so that both of us know the same keys.
    if (this.#keys) {
      // biome-ignore lint/complexity/useLiteralKeys: private, and there is no other way in.
      JwtTokenExtractor['openIdMetadataCache'].set(cloud.metadataUrl, this.#keys as unknown as OpenIdMetadata);
    }
    this.use(limits(this.ConnectorClientKey, around));
  }

  /**
   * Runs one turn and returns what an invoke answers. Throws AssistantError `unauthorized`, its cause saying why, when the
   * token is not one of Microsoft's for this bot and this activity, and `unavailable` while that cannot be told.
   */
  async handle(authorization: string, activity: Activity, logic: Logic): Promise<InvokeResponse | undefined> {
    if (!this.#keys) return await this.processActivity(authorization, activity, logic);
    const { channelId, serviceUrl } = activity;
    const { issuer } = this.#cloud;
    const [appId, now, keys] = [this.appId, this.#now(), this.#keys];
    const rules = { issuer, appId, channelId, serviceUrl, now, keyOf: (id: string) => keys.getKey(id) };
    const problem = await tokenProblem(authorization, rules);
    if (problem) throw unauthorized(new Error(problem));
    // What passed is for the SDK to believe. It would print what it refuses, and say the same of all of it.
    const believed = await this.botFrameworkAuthentication
      .authenticateRequest(activity, authorization)
      .catch((error: unknown) => Promise.reject(unauthorized(error)));
    return await this.processActivity(believed, activity, logic);
  }
}

const unauthorized = (cause: unknown) =>
  new AssistantError('unauthorized', 'The request is not from Microsoft Teams.', { cause });

/** All of it, because the SDK takes its own address for each that is left out. */
const authenticationOf = (cloud: Cloud) => ({
  ValidateAuthority: true,
  ToChannelFromBotLoginUrl: cloud.loginUrl,
  ToChannelFromBotOAuthScope: cloud.audience,
  ToBotFromChannelTokenIssuer: cloud.issuer,
  OAuthUrl: cloud.oAuthUrl,
  ToBotFromChannelOpenIdMetadataUrl: cloud.metadataUrl,
  ToBotFromEmulatorOpenIdMetadataUrl: `${cloud.loginUrl}common/v2.0/.well-known/openid-configuration`,
  CallerId: cloud.callerId,
});

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
