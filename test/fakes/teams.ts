import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Connector, type ConnectorRequest, cardOf } from './connector.ts';

export interface TeamsPerson {
  id: string;
  name: string;
  aadObjectId?: string;
}

export interface TeamsConversation {
  id: string;
  conversationType: 'personal' | 'groupChat' | 'channel';
}

export interface Answer {
  status: number;
  body: string;
}

/** What a click on a card is answered with: a card that replaces it, or words beside it. */
export interface ClickAnswer {
  status: number;
  type: string;
  value: unknown;
}

interface CardAction {
  type: string;
  title: string;
  verb?: string;
  data?: Record<string, unknown> & { msteams?: { text: string } };
  card?: CardPart;
}

const BOT = { id: '28:assistant', name: 'Network Assistant' };
const MENTION = `<at>${BOT.name}</at>`;

let people = 0;

/** Somebody new, so that tests that run side by side do not meet. */
export function newPerson(name: string): TeamsPerson {
  people += 1;
  return { id: `29:${name.toLowerCase().replaceAll(' ', '-')}-${people}`, name, aadObjectId: randomUUID() };
}

export const personalChat = (person: TeamsPerson): TeamsConversation => ({
  id: `a:${person.id}`,
  conversationType: 'personal',
});
export const groupChat = (): TeamsConversation => ({
  id: `19:${randomUUID()}@thread.v2`,
  conversationType: 'groupChat',
});
/** A thread of a channel has the id of its first message in its own. */
export const channelThread = (channel = `19:${randomUUID()}@thread.tacv2`): TeamsConversation => ({
  id: `${channel};messageid=1700000000000`,
  conversationType: 'channel',
});

/** Teams as the bot hears it: activities over HTTP, answered through the connector. */
export class Teams {
  readonly #botUrl: () => string;
  readonly #connector: Connector;
  #lastId = 0;
  /** Whose people speak. */
  tenantId = 'tenant';
  /** What stands in the header of every request, when anything does. */
  authorization: (() => string) | null = null;

  constructor(botUrl: () => string, connector: Connector) {
    this.#botUrl = botUrl;
    this.#connector = connector;
  }

  /** An activity as Teams wraps it. */
  activity(person: TeamsPerson, conversation: TeamsConversation, own: object): Record<string, unknown> {
    this.#lastId += 1;
    return {
      id: `activity-${this.#lastId}`,
      timestamp: new Date().toISOString(),
      channelId: 'msteams',
      serviceUrl: this.#connector.url,
      from: person,
      recipient: BOT,
      conversation: { ...conversation, isGroup: conversation.conversationType !== 'personal', tenantId: this.tenantId },
      entities: [{ type: 'clientInfo', locale: 'en-GB', country: 'GB', platform: 'Web', timezone: 'Europe/London' }],
      channelData: { tenant: { id: this.tenantId } },
      ...own,
    };
  }

  async post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.#botUrl()}/api/messages`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(this.authorization ? { Authorization: this.authorization() } : {}),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  }

  /** Says something, with a mention where Teams needs one; what the bot answered in this conversation. */
  async say(
    person: TeamsPerson,
    conversation: TeamsConversation,
    text: string,
    more = {},
  ): Promise<ConnectorRequest[]> {
    const before = this.#connector.taken(conversation.id).length;
    const isPersonal = conversation.conversationType === 'personal';
    const mention = { type: 'mention', mentioned: BOT, text: MENTION };
    const activity = this.activity(person, conversation, {
      type: 'message',
      text: isPersonal ? text : `${MENTION} ${text}`,
    });
    if (!isPersonal) activity.entities = [mention, ...(activity.entities as object[])];
    const { status, body } = await this.post({ ...activity, ...more });
    assert.equal(status, 200, body);
    // Three dots while the bot is at it are no answer.
    return (
      this.#connector
        .taken(conversation.id)
        .slice(before)
        // Nor is a card of before that goes on.
        .filter(({ activity, method }) => activity.type !== 'typing' && method === 'POST')
    );
  }

  /** Says something that is answered with one message. */
  async ask(person: TeamsPerson, conversation: TeamsConversation, text: string): Promise<ConnectorRequest> {
    const answers = await this.say(person, conversation, text);
    assert.equal(answers.length, 1, `${answers.length} answers to ${text}`);
    return answers[0] as ConnectorRequest;
  }

  /** Presses a button that decides something. */
  async click(
    person: TeamsPerson,
    conversation: TeamsConversation,
    message: ConnectorRequest,
    title: string | RegExp,
    inputs: Record<string, unknown> = {},
  ): Promise<ClickAnswer> {
    const { verb, data, type } = button(message, title);
    assert.equal(type, 'Action.Execute');
    const action = { type, title: String(title), verb, data: { ...data, ...inputs } };
    return await this.execute(person, conversation, action, message.activityId);
  }

  /** Any action at all, as a hostile client might send it. */
  async execute(
    person: TeamsPerson,
    conversation: TeamsConversation,
    action: unknown,
    replyToId = 'x',
  ): Promise<ClickAnswer> {
    const own = { type: 'invoke', name: 'adaptiveCard/action', value: { action, trigger: 'manual' }, replyToId };
    const { status, body } = await this.post(this.activity(person, conversation, own));
    const { type, value } = JSON.parse(body || '{}') as { type: string; value: unknown };
    return { status, type, value };
  }

  /** Presses a button that says something in the person's place. */
  async press(
    person: TeamsPerson,
    conversation: TeamsConversation,
    message: ConnectorRequest,
    title: string | RegExp,
  ): Promise<ConnectorRequest[]> {
    const { data } = button(message, title);
    const { msteams, ...value } = data ?? {};
    return await this.say(person, conversation, '', { text: msteams?.text, value, replyToId: message.activityId });
  }
}

/** Titles of a card's buttons. */
export const buttonsOf = ({ activity }: ConnectorRequest) => actionsOf(activity).map(({ title }) => title);

/** With those that a button opens. */
export const everyButtonOf = ({ activity }: ConnectorRequest) =>
  actionsOf(activity)
    .flatMap(withOpened)
    .map(({ title }) => title);

/** Buttons stand within a card and below it. */
const actionsOf = (activity: ConnectorRequest['activity']): CardAction[] => actionsIn(cardOf(activity) ?? {});

function actionsIn({ body = [], items = [], actions = [] }: CardPart): CardAction[] {
  return [...body.flatMap(actionsIn), ...items.flatMap(actionsIn), ...actions];
}

interface CardPart {
  body?: CardPart[];
  items?: CardPart[];
  actions?: CardAction[];
}

/** Those of the part a button opens, and the button itself. */
const withOpened = (action: CardAction): CardAction[] => [
  ...(action.card ? actionsIn(action.card).flatMap(withOpened) : []),
  action,
];

function button({ activity }: ConnectorRequest, title: string | RegExp): CardAction {
  const found = actionsOf(activity)
    .flatMap(withOpened)
    .find((action) => (typeof title === 'string' ? action.title === title : title.test(action.title)));
  assert.ok(found, `The card has no button ${title}: ${JSON.stringify(cardOf(activity))}`);
  return found;
}
