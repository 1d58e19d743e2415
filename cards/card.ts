import { Template } from 'adaptivecards-templating';
import { type Activity, type Attachment, CardFactory, MessageFactory } from 'botbuilder';
import { rowsOf } from './names.ts';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Teams shows a card of up to 28 KB; a text longer than this is cut, so that no card gets near it. */
const MAX_TEXT = 1_500;

const templates = new WeakMap<object, Template>();

/**
 * Fills a template and escapes what is in it. The templates hold no markdown of their own, so every text is
 * escaped here, in the one place that sends: what a device or a person wrote stays words and never becomes
 * a link, a mention or a format.
 */
export function renderCard(template: object, data: object): Attachment {
  // Reading a template's expressions takes ten times as long as filling it.
  const parsed = templates.get(template) ?? new Template(template);
  templates.set(template, parsed);
  const card = parsed.expand({ $root: data }) as Json;
  return CardFactory.adaptiveCard(inRows(clean(card)) as object);
}

/** Buttons that do not fit beside each other in rows: those of a set as several, those below a card at its end. */
function inRows(node: Json): Json {
  if (Array.isArray(node)) return node.flatMap((each) => (isSet(each) ? setsOf(each) : [inRows(each)]));
  if (node === null || typeof node !== 'object') return node;
  const whole = Object.fromEntries(Object.entries(node).map(([name, each]) => [name, inRows(each)]));
  const sets = node.type === 'AdaptiveCard' ? setsOf({ type: 'ActionSet', actions: node.actions ?? [] }) : [];
  if (sets.length <= 1) return whole;
  const { actions: _, ...rest } = whole;
  return { ...rest, body: [...((rest.body ?? []) as Json[]), ...sets] };
}

type Node = { [key: string]: Json };

const isSet = (node: Json): node is Node => (node as Node | null)?.type === 'ActionSet';

function setsOf(set: Node): Json[] {
  const rows = rowsOf(inRows(set.actions ?? []) as { title: string }[]);
  return rows.map(({ buttons }, n) => ({ ...set, ...(n > 0 ? { spacing: 'Small' } : {}), actions: buttons }));
}

/** A message that is this card; the summary is what a phone's notification says. */
export function cardMessage(card: Attachment): Partial<Activity> {
  const message = MessageFactory.attachment(card);
  const { speak } = card.content as { speak?: string };
  return speak === undefined ? message : { ...message, summary: speak };
}

function clean(node: Json, key = ''): Json {
  if (Array.isArray(node)) return node.map((each) => clean(each, key));
  if (node === null || typeof node !== 'object') return node;
  // Facts know markdown, and so do blocks of text; what can be chosen is shown as it is, and comes back as it is.
  const isMarkdown = node.type === 'TextBlock' || key === 'facts';
  const isChoice = key === 'choices';
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [
      name,
      // Ids and sentences that come back to us with a click are not shown, and must come back as they are.
      name === 'data'
        ? value
        : typeof value !== 'string'
          ? clean(value, name)
          : isChoice && name === 'title'
            ? choiceTitle(value)
            : cleanText(name, value, node, isMarkdown),
    ]),
  );
}

/**
 * Some clients read markdown in what can be chosen and some do not: there it has neither marks nor escapes. An
 * underscore within a name is none. A choice without a title is no choice, and its card no card.
 */
const choiceTitle = (text: string) => withoutMarks(withoutDates(plainText(text))).trim() || 'without a name';

const withoutMarks = (text: string) =>
  text
    .replace(/[[\]<>`*\\~|&\n]/g, ' ')
    .replace(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, ' ')
    .replace(/^[\s#=+-]+/, '')
    .replace(/^(\d+)[.)](?=\s|$)/, '$1');

/** Clients turn {{DATE(...)}} and {{TIME(...)}} into times of their own. */
const withoutDates = (text: string) => text.replace(/\{(?=\{)/g, '{ ');

const SHOWN = new Set(['text', 'title', 'label', 'speak', 'fallbackText', 'errorMessage', 'placeholder']);

function cleanText(name: string, value: string, { type }: { [key: string]: Json }, isMarkdown: boolean): string {
  // A TextRun knows no markdown, and the label of an input is shown as one.
  if (name === 'label' || (name === 'text' && type === 'TextRun')) return withoutDates(plainText(value));
  if (isMarkdown && (name === 'text' || name === 'title' || name === 'value')) return escapeMarkdown(plainText(value));
  return SHOWN.has(name) ? plainText(value) : value;
}

/** Without control characters and without the marks that turn the direction of text; cut to a sane length. */
export function plainText(text: string): string {
  const shown = text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .toWellFormed();
  return shown.length <= MAX_TEXT
    ? shown
    : `${shown.slice(0, MAX_TEXT).toWellFormed()} … (${shown.length - MAX_TEXT} more characters)`;
}

/** CommonMark's backslash escapes, for a TextBlock: it knows emphasis, lists, links and HTML entities. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+!|<>~&]/g, '\\$&')
    .replace(/^(\s*)([-=])/gm, '$1\\$2')
    .replace(/^(\s*\d+)\./gm, '$1\\.');
}

/** Teams shows a card of up to 28 KB. */
export const MAX_BYTES = 27_000;

/** The card with its long texts cut to the largest share of their length with which it is small enough to be shown. */
export function fitted(make: (share: number) => Attachment): Attachment {
  for (let share = 1; ; share /= 2) {
    const card = make(share);
    if (share < 0.05 || isSmall(card)) return card;
  }
}

/** Whether Teams shows the card. */
export const isSmall = ({ content }: Attachment) => Buffer.byteLength(JSON.stringify(content)) <= MAX_BYTES;

/** A text of at most so many characters; what is cut off shows as an ellipsis. */
export const cut = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, Math.max(0, Math.floor(length) - 1))}…` : text;
