import type { Activity } from 'botbuilder';
import { AssistantError } from '../errors.ts';
import { type Cloud, isServiceUrl } from './cloud.ts';

/**
 * A token says that Microsoft sent it; that it comes from Teams and from our own organisation, and wants its answer where
 * Teams is, is for us to look at. Throws AssistantError `forbidden`.
 */
export function requireTenant(
  { channelId, conversation, channelData, serviceUrl }: Activity,
  tenantId: string,
  cloud: Cloud,
): void {
  const tenant = conversation.tenantId ?? (channelData as { tenant?: { id?: string } } | undefined)?.tenant?.id;
  if (channelId !== 'msteams' || typeof tenant !== 'string' || tenant.toLowerCase() !== tenantId.toLowerCase()) {
    throw new AssistantError('forbidden', 'This bot serves its own organisation in Microsoft Teams only.');
  }
  if (!isServiceUrl(serviceUrl, cloud)) {
    throw new AssistantError('forbidden', 'This bot answers to the service URLs of Microsoft Teams only.', {
      cause: new Error(`${hostOf(serviceUrl)} is not among the hosts of Teams, nor in bot.service_hosts`),
    });
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return 'the service URL';
  }
}
