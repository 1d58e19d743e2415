import type { Attachment } from 'botbuilder';
import { cut, fitted, isSmall, MAX_BYTES, renderCard } from './card.ts';
import choices from './choices.json' with { type: 'json' };
import help from './help.json' with { type: 'json' };
import list from './list.json' with { type: 'json' };
import { rowsOf, someOf } from './names.ts';
import question from './question.json' with { type: 'json' };
import welcome from './welcome.json' with { type: 'json' };

/** A button that says something in the person's place. */
export interface Choice {
  title: string;
  say: string;
}

export interface Question {
  question: string;
  hint: string;
  suggested: Choice[];
  /** Everything that can be chosen, in a list with a search. */
  all: { title: string; value: string }[];
}

/** More are not read. */
const MOST_SUGGESTED = 4;
const MOST_BUTTONS = 5;
const LONGEST = 300;
const LONGEST_LINE = 600;
/** A button with a longer title is not read. */
const LONGEST_TITLE = 60;

/** A question or an answer with what can be said next as buttons. */
export function choicesCard(text: string, hint: string | null, offered: Choice[]): Attachment {
  return renderCard(choices, { text, hint, rows: rowsOf(offered) });
}

/** Which device? The likely ones as buttons, all of them in a list with a search; the answer is `device`. */
export function deviceQuestionCard(asked: Question): Attachment {
  return questionCard('device', 'All devices', asked);
}

/** Which process? The answer is `process`. */
export function processQuestionCard(asked: Question): Attachment {
  return questionCard('process', 'All processes', asked);
}

/** When? The readings as buttons, soonest first, or a day and a time; the answer is `date` and `time`. */
export function timeQuestionCard({
  question,
  why,
  choices,
}: {
  question: string;
  why: string;
  choices: Choice[];
}): Attachment {
  return questionCard('time', '', {
    question,
    why,
    hint: 'Or write it, such as "in 45 minutes" or "tomorrow at 02:00". "cancel" ends this.',
    suggested: choices,
    all: [],
  });
}

function questionCard(
  ask: 'device' | 'process' | 'time',
  label: string,
  { question: text, why = null, hint, suggested, all }: Question & { why?: string | null },
): Attachment {
  const make = (offered: Question['all'], reason: string | null) =>
    renderCard(question, {
      ask,
      label,
      question: cut(text, LONGEST),
      why: reason === null ? null : cut(reason, LONGEST),
      // With nothing to choose from, there is no "or".
      hint: offered.length + suggested.length === 0 && ask !== 'time' ? hint.replace(/^Or w/, 'W') : hint,
      rows: rowsOf(
        suggested.slice(0, MOST_SUGGESTED).map(({ title, say }) => ({ title: cut(title, LONGEST_TITLE), say })),
      ),
      all: offered,
      choose: ask === 'time' ? 'Take this time' : 'Choose',
    });
  // A list that cannot fit is not even rendered: that takes long.
  if (Buffer.byteLength(JSON.stringify(all)) < MAX_BYTES) {
    const card = make(all, why);
    if (isSmall(card)) return card;
  }
  const tooMany = `There are ${all.length}, too many for a list here.`;
  return make([], why === null ? tooMany : `${why} ${tooMany}`);
}

/** Tasks that belong together, each with a sentence that does it. */
export interface Tab {
  title: string;
  tasks: { title: string; example: string }[];
}

/** What this person may do, by task, each with an example as a button; what fills several tabs is folded behind them. */
export function helpCard({ tabs, rights }: { tabs: Tab[]; rights: string }): Attachment {
  const filled = tabs.filter(({ tasks }) => tasks.length > 0);
  const isFolded = filled.length > 1;
  return fitted((share) => {
    const shown = filled.map(({ title, tasks }) => ({
      name: cut(title, LONGEST_TITLE),
      tasks: tasks.map((task) => ({
        title: cut(task.title, LONGEST * share),
        // What a button says in the person's place stays whole.
        say: task.example,
        example: cut(task.example, LONGEST_TITLE),
      })),
    }));
    return renderCard(help, {
      hint: isFolded ? 'Write it in your own words, or open the examples.' : 'Write it in your own words.',
      tabs: isFolded ? shown : [],
      tasks: isFolded ? [] : shown.flatMap(({ tasks }) => tasks),
      rights: cut(rights, LONGEST),
    });
  });
}

/** The first card where the bot was added: what to know there, and what can be said at once. */
export function welcomeCard({ name, lines, say }: { name: string; lines: string[]; say: string[] }): Attachment {
  return renderCard(welcome, {
    name: cut(name, LONGEST_TITLE),
    lines: lines.map((text) => ({ text: cut(text, LONGEST_LINE) })),
    rows: rowsOf(say.map((each) => ({ title: cut(each, LONGEST_TITLE), say: each }))),
  });
}

/** The devices by site. Of a site with many some are named: the list is for reading, not for scrolling. */
export function devicesCard(sites: { site: string; devices: string[] }[]): Attachment {
  const count = sites.reduce((sum, { devices }) => sum + devices.length, 0);
  const lines = sites.slice(0, 30).map(({ site, devices }) => ({
    head: `${site} (${devices.length})`,
    text: devices.length === 0 ? 'no devices' : devices,
  }));
  return listCard({
    title: count === 0 ? 'There is no device here that you may see' : `${count} ${count === 1 ? 'device' : 'devices'}`,
    lines,
    rest: sites.length > 30 ? `And ${sites.length - 30} more sites.` : null,
    buttons: [],
  });
}

/** The latest events, newest first. */
export function eventsCard({
  title,
  events,
}: {
  title: string;
  events: { event: string; device: string; message: string; time: string; word: string }[];
}): Attachment {
  const lines = events.map(({ event, device, message, time, word }) => ({
    head: `${time} · ${device} · ${word}`,
    text: message.startsWith(event) ? message : `${event}: ${message}`,
  }));
  return listCard({ title, lines, rest: null, buttons: [] });
}

/** What is muted, a line each, with a button to end it. */
export function mutedCard(lines: { name: string; text: string; say: string }[]): Attachment {
  const title = lines.length === 0 ? 'Nothing is muted' : 'Muted';
  const buttons = lines
    .slice(0, MOST_BUTTONS)
    .map(({ name, say }) => ({ title: cut(`Unmute ${name}`, LONGEST_TITLE), say }));
  return listCard({ title, lines: lines.map(({ name, text }) => ({ head: name, text })), rest: null, buttons });
}

/** The line of a device that has nothing scheduled. */
export const NOTHING_SCHEDULED = 'nothing scheduled';

/** What is scheduled, a line for each device. */
export function rebootsCard({
  lines,
  left,
  cancel,
}: {
  lines: { device: string; text: string }[];
  left: number;
  cancel: Choice[];
}): Attachment {
  return listCard({
    title:
      lines.length === 0
        ? 'There is no device here that you may ask about'
        : lines.some(({ text }) => text !== NOTHING_SCHEDULED)
          ? 'Scheduled reboots'
          : 'No reboot is scheduled',
    lines: lines.map(({ device, text }) => ({ head: device, text })),
    rest: left > 0 ? `${left} more devices were not asked. Name one to ask it.` : null,
    buttons: cancel.slice(0, MOST_BUTTONS),
  });
}

/** For words that nobody understood: the nearest commands as buttons. */
export function unknownCard({ examples }: { examples: string[] }): Attachment {
  const hint =
    'Name an action and a device, such as: reboot hq-fw01 at 03:00. What happened on a device: events hq-fw01.';
  return choicesCard(
    'I did not understand that, and did nothing.',
    hint,
    examples.map((say) => ({ title: cut(say, LONGEST_TITLE), say })),
  );
}

function listCard(of: {
  title: string;
  /** Names are cut between two of them, words anywhere. */
  lines: { head: string; text: string | string[] }[];
  rest: string | null;
  buttons: Choice[];
}): Attachment {
  return fitted((share) =>
    renderCard(list, {
      title: cut(of.title, LONGEST),
      rest: of.rest,
      rows: rowsOf(of.buttons),
      lines: of.lines.map(({ head, text }) => ({
        head: cut(head, LONGEST * share),
        text: typeof text === 'string' ? cut(text, LONGEST_LINE * share) : someOf(text, LONGEST_LINE * share),
      })),
    }),
  );
}
