import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type InvokeResponse,
  type TurnContext,
} from 'botbuilder';
import type { BotIdentity } from '../config/identity.ts';
import { AssistantError } from '../errors.ts';

type Logic = (context: TurnContext) => Promise<void>;

/**
 * The SDK's adapter, entered below its own HTTP handling: that one answers 500 with the message of whatever
 * was thrown, also for a token with a bad signature, and prints it.
 */
export class BotAdapter extends CloudAdapter {
  readonly appId: string;

  constructor(identity: BotIdentity) {
    super(new ConfigurationBotFrameworkAuthentication({}, credentials(identity)));
    this.appId = identity.mode === 'local' ? '' : identity.appId;
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
