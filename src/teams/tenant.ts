import type { Activity } from 'botbuilder';
import { AssistantError } from '../errors.ts';

/** A token says that Microsoft sent it; that it comes from Teams and from our own organisation is for us to look at. */
export function requireTenant({ channelId, conversation, channelData }: Activity, tenantId: string): void {
  const tenant = conversation.tenantId ?? (channelData as { tenant?: { id?: string } } | undefined)?.tenant?.id;
  if (channelId !== 'msteams' || tenant?.toLowerCase() !== tenantId.toLowerCase()) {
    throw new AssistantError('forbidden', 'This bot serves its own organisation in Microsoft Teams only.');
  }
}
