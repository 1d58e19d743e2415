import { SaxesParser } from 'saxes';
import { AssistantError } from '../errors.ts';

/** One element. Names carry no prefix: Junos writes `nc:rpc-reply` or `rpc-reply` depending on its configuration. */
export interface XmlElement {
  readonly name: string;
  /** The prefix as written, empty without one: only it tells `xnm:error` from a counter called `error`. */
  readonly prefix: string;
  /** By local name (`junos:seconds` is `seconds`); namespace declarations other than the default one are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's own text, untrimmed; Junos pads with newlines, so read it through `text()`. */
  readonly text: string;
}

/** The text is not the XML of one element. `raw` keeps it: what a device said matters even when it said it badly. */
export class XmlError extends AssistantError {
  readonly raw: string;

  constructor(sentence: string, raw: string) {
    super('malformed-xml', sentence);
    this.name = 'XmlError';
    this.raw = raw;
  }
}

interface Draft extends XmlElement {
  children: XmlElement[];
  text: string;
}

/** Deeper than any Junos reply; a limit keeps walks over the tree safe. */
const MAX_DEPTH = 200;
/** Elements and attributes of one reply. An empty element takes fifty times its four bytes once it is in the tree. */
const MAX_NODES = 1_000_000;

/**
 * Reads one element. Comments and XML declarations are accepted anywhere, forbidden control characters dropped (both
 * are real in replies); a DOCTYPE is refused, because no device sends one and entities are an attack. Throws `XmlError`.
 */
export function parseXml(raw: string): XmlElement {
  try {
    const builder = new TreeBuilder((what) => {
      throw new XmlError(what, raw);
    });
    return builder.write(clean(raw).trim()).end();
  } catch (error) {
    throw error instanceof XmlError ? new XmlError(error.message, raw) : error;
  }
}

/** Builds the tree of one element from text that comes in pieces. */
export class TreeBuilder {
  readonly #parser = new SaxesParser({ position: false, xmlns: false });
  readonly #open: Draft[] = [];
  #root: Draft | undefined;
  #nodes = 0;

  /** `onError` hears what is not well-formed; when it does not throw, reading goes on. The limits always throw. */
  constructor(onError: (what: string) => void) {
    const append = (text: string) => {
      const current = this.#open.at(-1);
      if (current) current.text += text;
    };
    this.#parser.on('error', (error) => onError(error.message));
    this.#parser.on('doctype', () => {
      throw new XmlError('A DOCTYPE is not accepted.', '');
    });
    this.#parser.on('text', append);
    this.#parser.on('cdata', append);
    this.#parser.on('opentag', (tag) => this.#begin(tag.name, tag.attributes));
    this.#parser.on('closetag', () => {
      this.#open.pop();
    });
  }

  /** The elements that are open, the root first. */
  get open(): readonly XmlElement[] {
    return this.#open;
  }

  get root(): XmlElement | undefined {
    return this.#root;
  }

  /** Takes the next piece, cleaned. */
  write(piece: string): this {
    this.#parser.write(piece);
    return this;
  }

  end(): XmlElement {
    this.#parser.close();
    if (!this.#root) throw new XmlError('There is no element.', '');
    return this.#root;
  }

  #begin(fullName: string, attributes: Record<string, string>): void {
    if (this.#open.length === MAX_DEPTH) throw new XmlError(`More than ${MAX_DEPTH} elements inside each other.`, '');
    this.#nodes += 1 + Object.keys(attributes).length;
    if (this.#nodes > MAX_NODES) throw new XmlError(`More than ${MAX_NODES} elements and attributes.`, '');
    const [prefix, name] = splitName(fullName);
    const element: Draft = { name, prefix, attributes: localAttributes(attributes), children: [], text: '' };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }
}

function splitName(name: string): [prefix: string, local: string] {
  const colon = name.indexOf(':');
  return colon === -1 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

function localAttributes(attributes: Record<string, string>): Record<string, string> {
  // No prototype: the names come from the wire.
  const local: Record<string, string> = Object.create(null);
  for (const [fullName, value] of Object.entries(attributes)) {
    const [prefix, name] = splitName(fullName);
    if (prefix === 'xmlns' || (prefix !== '' && name in attributes)) continue;
    local[name] = value;
  }
  return local;
}

/** What XML 1.0 section 2.2 forbids, except the surrogates, which a decoded buffer never holds alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const FORBIDDEN_CHARACTERS = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const FORBIDDEN_REFERENCES = /&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));/gi;
/** `[^<>]` keeps a search over hostile text linear. */
const DECLARATIONS = /<\?xml\s[^<>]*\?>/g;

/** Alone between tags, where text would be an error: a mark at the start of a file that was pasted behind something. */
const BYTE_ORDER_MARKS = /(^|>)\uFEFF+(?=\s*<)/g;

/** Takes out what makes a reply of a device malformed although its meaning is plain. */
export function clean(raw: string): string {
  return raw
    .replace(FORBIDDEN_CHARACTERS, '')
    .replace(FORBIDDEN_REFERENCES, '')
    .replace(DECLARATIONS, '')
    .replace(BYTE_ORDER_MARKS, '$1');
}

/** The element and everything below it, in document order. */
export function* walk(element: XmlElement): Generator<XmlElement> {
  const stack = [element];
  for (let next = stack.pop(); next; next = stack.pop()) {
    yield next;
    // Not spread into one call: a reply can have more children than a call takes arguments.
    for (const below of next.children.toReversed()) stack.push(below);
  }
}

/** The first element of that name at or below `element`, in document order. */
export function find(element: XmlElement, name: string): XmlElement | undefined {
  for (const candidate of walk(element)) if (candidate.name === name) return candidate;
  return undefined;
}

/** Every element of that name at or below `element`, in document order. */
export function findAll(element: XmlElement, name: string): XmlElement[] {
  return [...walk(element)].filter((candidate) => candidate.name === name);
}

/** The child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.name === name);
}

/** The element's own text, trimmed; empty when there is no element. */
export function text(element: XmlElement | undefined): string {
  return element ? element.text.trim() : '';
}

/** The text of malformed XML, tags and comments removed: better than nothing when a person has to decide. */
export function looseText(raw: string): string {
  return raw
    .replace(/<[^<>]*>/g, ' ')
    .replace(FORBIDDEN_CHARACTERS, '')
    .trim();
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Makes any text safe between tags and inside quoted attribute values. The only place that escapes XML. */
export function escapeXml(value: string): string {
  return value.replace(FORBIDDEN_CHARACTERS, '').replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
