import type { Attachment } from 'botbuilder';
import type { AnyAction } from '../src/actions/action.ts';
import { renderCard } from './card.ts';
import choices from './choices.json' with { type: 'json' };
import help from './help.json' with { type: 'json' };

/** A button that says something in the person's place. */
export interface Choice {
  title: string;
  say: string;
}

/** A question or an answer with what can be said next as buttons. */
export function choicesCard(text: string, hint: string | null, offered: Choice[]): Attachment {
  return renderCard(choices, { text, hint, choices: offered });
}

/** What this person may do, by task, each with an example as a button. */
export function helpCard(actions: readonly AnyAction[], isOperator: boolean, ask: string): Attachment {
  const always = [
    { title: 'See the devices', example: 'devices' },
    { title: 'Have alerts posted in this conversation', example: 'alerts here' },
    { title: 'Stop a question, close your open cards here', example: 'cancel' },
  ];
  const tasks = [...(isOperator ? actions.map(({ title, example }) => ({ title, example })) : []), ...always];
  const rights = isOperator
    ? 'Nothing is sent to a device before you confirm it on a card.'
    : `You may look, not act. To act on devices, ask ${ask}.`;
  return renderCard(help, { tasks, rights, buttons: tasks.slice(0, 3).map(({ example }) => ({ say: example })) });
}
