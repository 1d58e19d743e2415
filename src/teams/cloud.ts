import type { INetworkModule } from '@azure/msal-node';
import type { AssistantConfig } from '../config/schemas.ts';

/**
 * Where Microsoft is. The program knows the two below and nothing else: neither the environment nor a file can name
 * another one, so that nobody else can become the one who signs. Tests hand their own to `start`.
 */
export interface Cloud {
  /** Of the tokens that Teams sends with its requests. */
  issuer: string;
  /** OpenID metadata: where the keys of that issuer are. */
  metadataUrl: string;
  /** Entra; the tenant is put behind it. */
  loginUrl: string;
  /** What the bot's own tokens are for. */
  audience: string;
  oAuthUrl: string;
  callerId: string;
  /** Where Teams takes messages for a conversation that the bot was never spoken to in. */
  serviceUrl: string;
  /** Hosts that the bot answers to, and how. */
  serviceHosts: readonly string[];
  serviceProtocol: 'https:' | 'http:';
  /** How Entra is reached, when not as MSAL does it. */
  network?: INetworkModule;
}

/**
 * Addresses of the Bot Framework for each cloud: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication.
 * Hosts of Teams' service URLs: https://microsoft.github.io/teams-sdk/csharp/essentials/app-configuration/service-url-validation.
 */
const CLOUDS: Record<'public' | 'us-government', Cloud> = {
  public: {
    issuer: 'https://api.botframework.com',
    metadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
    loginUrl: 'https://login.microsoftonline.com/',
    audience: 'https://api.botframework.com',
    oAuthUrl: 'https://api.botframework.com',
    callerId: 'urn:botframework:azure',
    serviceUrl: 'https://smba.trafficmanager.net/teams/',
    serviceHosts: [
      'smba.trafficmanager.net',
      'smba.onyx.prod.teams.trafficmanager.net',
      'smba.infra.gcc.teams.microsoft.com',
    ],
    serviceProtocol: 'https:',
  },
  'us-government': {
    issuer: 'https://api.botframework.us',
    metadataUrl: 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration',
    loginUrl: 'https://login.microsoftonline.us/',
    audience: 'https://api.botframework.us',
    oAuthUrl: 'https://api.botframework.azure.us',
    callerId: 'urn:botframework:azureusgov',
    // Of GCC High; that of DoD is known as soon as somebody there wrote to the bot.
    serviceUrl: 'https://smba.infra.gov.teams.microsoft.us/teams/',
    serviceHosts: ['smba.infra.gov.teams.microsoft.us', 'smba.infra.dod.teams.microsoft.us'],
    serviceProtocol: 'https:',
  },
};

/** The cloud of `bot` in assistant.yaml, with the hosts that it adds. */
export function cloudOf({ cloud, service_hosts }: AssistantConfig['bot']): Cloud {
  const own = service_hosts.map((host) => host.toLowerCase());
  return { ...CLOUDS[cloud], serviceHosts: [...CLOUDS[cloud].serviceHosts, ...own] };
}

/** Whether the bot's own token may go there. */
export function isServiceUrl(url: string, { serviceHosts, serviceProtocol }: Cloud): boolean {
  try {
    const { protocol, hostname, username, password, port } = new URL(url);
    const isPlain = username === '' && password === '' && (port === '' || serviceProtocol === 'http:');
    return protocol === serviceProtocol && isPlain && serviceHosts.includes(hostname);
  } catch {
    return false;
  }
}
