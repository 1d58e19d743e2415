import assert from 'node:assert/strict';
import type { Assistant } from '../fakes/assistant.ts';
import { type ConnectorRequest, wordsOf } from '../fakes/connector.ts';
import { buttonsOf, newPerson, personalChat, type TeamsConversation, type TeamsPerson } from '../fakes/teams.ts';

/** What a click on a card is answered with. */
export const CARD = 'application/vnd.microsoft.card.adaptive';
export const WORDS = 'application/vnd.microsoft.activity.message';

export const words = ({ activity }: ConnectorRequest) => wordsOf(activity);

interface Where {
  person?: TeamsPerson;
  chat?: TeamsConversation;
}

/** Somebody in a chat, with what people do there. */
export function someone(assistant: () => Assistant, { person = newPerson('Adele Vance'), chat }: Where = {}) {
  const here = chat ?? personalChat(person);
  const say = (text: string, more: object = {}) => assistant().teams.say(person, here, text, more);
  const ask = (text: string) => assistant().teams.ask(person, here, text);
  const only = ([answer, ...others]: ConnectorRequest[]) => {
    assert.ok(answer && others.length === 0, `${others.length + (answer ? 1 : 0)} answers`);
    return answer;
  };
  const click = (card: ConnectorRequest, title: string | RegExp, inputs: Record<string, unknown> = {}) =>
    assistant().teams.click(person, here, card, title, inputs);
  const ended = (card: ConnectorRequest) => shown(assistant(), card, /\bEnded /);
  return {
    person,
    chat: here,
    say,
    ask,
    /** Presses a button that says something. */
    press: async (card: ConnectorRequest, title: string | RegExp) =>
      only(await assistant().teams.press(person, here, card, title)),
    /** Sends a question's form. */
    fill: async (value: object) => only(await say('', { text: undefined, value })),
    click,
    /** The words of the card at its end. */
    ended,
    /** Asks, presses the button that does it, and waits for the end. */
    through: async (text: string, inputs: Record<string, unknown> = {}) => {
      const card = await ask(text);
      const answer = await click(card, doing(card), inputs);
      assert.equal(answer.type, CARD, String(answer.value));
      return { card, answer, words: await ended(card) };
    },
    open: () =>
      assistant().folder.rows("SELECT id FROM confirmations WHERE conversation_id = ? AND status = 'pending'", here.id)
        .length,
  };
}

/** The words of a card once they say this. */
export async function shown(assistant: Assistant, card: ConnectorRequest, ...patterns: RegExp[]): Promise<string> {
  const found = await assistant.connector.waitFor(
    (message) =>
      message.method === 'PUT' &&
      message.activityId === card.activityId &&
      patterns.every((pattern) => pattern.test(words(message))),
  );
  return words(found);
}

/** The button that does what the card asks about: its first. */
export const doing = (card: ConnectorRequest) => buttonsOf(card)[0] ?? assert.fail('a card without buttons');
