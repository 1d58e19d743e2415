import { folded } from './reply.ts';
import type { XmlElement } from './xml.ts';

/** What is machinery, not speech: the CLI's question and prompt, and an rpc-error's codes. */
const SILENT = new Set(['rpc', 'cli', 'error-type', 'error-tag', 'error-severity', 'error-path', 'error-info']);
/** Longer than any answer to a command, short enough for a card or a log line. */
const MAX_TEXT = 500;

/** What the device said, in document order, as one line: engine names included, machinery left out. */
export function spokenText(element: XmlElement): string {
  return folded(textOf(element));
}

function textOf(element: XmlElement): string {
  if (SILENT.has(element.name)) return '';
  return [element.text, ...element.children.map(textOf)].join(' ');
}

/** White space folded, and no longer than a card or a log line should carry. */
export function capped(value: string): string {
  const line = folded(value);
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}
