import type { Page } from 'playwright-core';
import { BOT, CONVERSATIONS, type PlaygroundPerson, TENANT_ID } from '../../simulator/playground-people.ts';

export type ConversationKind = 'personal' | 'group' | 'channel';

const CONVERSATION: Record<ConversationKind, string> = {
  personal: CONVERSATIONS.personal,
  group: CONVERSATIONS.group,
  channel: CONVERSATIONS.alerts,
};

/**
 * A text message from someone else than the person at the keyboard, in a group and a channel with a mention of the bot.
 *
 * The Playground makes every typed text that person's, whatever the page says. So this goes the way of its "Mock an
 * Activity": the bot gets it and its answer shows, but there is no bubble with the text itself.
 */
export async function sendAs(
  page: Page,
  person: PlaygroundPerson,
  kind: ConversationKind,
  text: string,
): Promise<void> {
  const custom = `${new URL(page.url()).origin}/_internal/v1/customActivities`;
  const id = CONVERSATION[kind];
  const template = await page.request.get(`${custom}/template`, { params: { conversationId: id } });
  const mention = { type: 'mention', mentioned: { id: BOT.id, name: BOT.name }, text: `<at>${BOT.name}</at>` };
  const clientInfo = { type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web' };
  const channel = { team: { id: CONVERSATIONS.general }, channel: { id } };
  const activity: object = {
    ...(await template.json()),
    type: 'message',
    text: kind === 'personal' ? text : `${mention.text} ${text}`,
    textFormat: 'plain',
    locale: 'en-US',
    from: { id: person.id, name: person.name, aadObjectId: person.aadObjectId },
    entities: kind === 'personal' ? [clientInfo] : [mention, clientInfo],
    channelData: { tenant: { id: TENANT_ID }, ...(kind === 'channel' ? channel : {}) },
  };
  await page.request.post(custom, { data: activity });
}
