import { createRequire } from 'node:module';
import type * as AdaptiveCards from 'adaptivecards';

/** Microsoft's own renderer: its bare import does not load in Node, its bundle does. */
const library = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js') as typeof AdaptiveCards;

type Node = { [key: string]: unknown };

/** What Microsoft's library says against a card: nothing when it is one. */
export function complaints(card: object): string[] {
  const parsed = new library.AdaptiveCard();
  const context = new library.SerializationContext();
  parsed.parse(card, context);
  const events = Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index)?.message ?? '');
  return [...events, ...parsed.validateProperties().validationEvents.map(({ message }) => message)];
}

/** Every object in a card, outermost first. */
export function* nodes(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodes(item);
  else if (value !== null && typeof value === 'object') {
    yield value as Node;
    for (const inner of Object.values(value)) yield* nodes(inner);
  }
}

export const ofType = (card: unknown, type: string) => [...nodes(card)].filter((node) => node.type === type);

/** The texts a client takes for markdown: TextBlocks, and titles and values of facts. */
export function markdownTexts(card: unknown): string[] {
  return [...nodes(card)].flatMap((node) => {
    if (node.type === 'TextBlock') return [String(node.text)];
    return Array.isArray(node.facts)
      ? (node.facts as Node[]).flatMap(({ title, value }) => [`${title}`, `${value}`])
      : [];
  });
}

/** The texts a client shows as they are. */
export const plainTexts = (card: unknown) => ofType(card, 'TextRun').map(({ text }) => String(text));

/** Characters that would mean something to CommonMark and stand there without a backslash. */
export function liveMarkdown(text: string): string[] {
  const rest = text.replace(/\\[!-/:-@[-`{-~]/g, '');
  return [
    ...(rest.match(/[\\`*_{}[\]()#+!|<>~&]/g) ?? []),
    ...(text.match(/^ *[-=]/gm) ?? []),
    ...(text.match(/^ *\d+\./gm) ?? []),
  ];
}

/** What CommonMark shows of a text without live markdown: its words. */
export const words = (text: string) => text.replace(/\\([!-/:-@[-`{-~])/g, '$1');
