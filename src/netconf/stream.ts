import type { RpcErrorInfo } from './errors.ts';
import { MessageTooLong } from './framing.ts';
import { errorsIn, isError } from './reply.ts';
import { clean, TreeBuilder, type XmlElement } from './xml.ts';

/** What a streamed reply was, beside the text that went to the sink. */
export interface StreamedReply {
  /** The reply without that text. */
  root: XmlElement;
  errors: RpcErrorInfo[];
  warnings: RpcErrorInfo[];
  /** How many bytes the sink got: 0 tells a reply without such an element. */
  bytes: number;
  /** False when the reply ended inside an element: the device broke off, and what the sink got is a part. */
  complete: boolean;
  /** The first thing that is not well-formed XML, or null. The text is kept as it came there. */
  malformed: string | null;
}

/** Takes bytes of the text. */
export type Sink = (bytes: Buffer) => void;

export interface ReplyStreamOptions {
  /** Elements whose text goes to the sink, by local name. */
  elements: readonly string[];
  /** Called once, with the reply's own element: where its text goes, or undefined when it is not to be streamed. */
  sinkFor(root: XmlElement): Sink | undefined;
}

/** All a reply may have outside the streamed elements. */
const MAX_ASIDE = 16 * 1024 * 1024;
/** Longer than any tag of Junos; what goes on beyond it is text with a stray `<`. */
const MAX_TAG = 64 * 1024;

/** Where a text must not be cut: inside a reference, a line end of two bytes, or U+FFFE, which is three. */
const CUT = /(?:&[^;&<\s]{0,11}|\xef\xbf?|\r)$/;
const CUT_IN_CDATA = /(?:\xef\xbf?|\r)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const SPECIAL = /&(#?[^;&<\s]{1,11});|\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same without references, for CDATA.
const SPECIAL_IN_CDATA = /\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what needs more than the five names.
const ODD = /[\x00-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]|&(?!(?:lt|gt|amp|quot|apos);)/;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

type Mode = 'aside' | 'text' | 'tag' | 'comment' | 'cdata';

/**
 * Reads one reply as it arrives: the text of the wanted elements goes on at once, in the bytes it came in, and all
 * the rest becomes a small tree. An XML parser alone would collect the text of 100 MB until its end tag.
 * Text is handled as latin1, one character for one byte, so a character cut in two by the network stays whole.
 * XML that is not well-formed is read on, because half an hour of output is worth more than its one stray `<`.
 */
export class ReplyStream {
  readonly #options: ReplyStreamOptions;
  readonly #builder = new TreeBuilder((what) => this.#note(what));
  #sink: Sink | undefined;
  #mode: Mode = 'aside';
  #scan = new MarkupScan();
  /** Begun and not yet complete, in latin1: markup, or the end of a text that must not be cut. */
  #pending = '';
  #asideBytes = 0;
  #bytes = 0;
  #malformed: string | null = null;
  /** False until the reply's own element is there; then whether it is to be streamed. */
  decided: 'not yet' | 'streamed' | 'not streamed' = 'not yet';

  constructor(options: ReplyStreamOptions) {
    this.#options = options;
  }

  /** Takes the next bytes of the reply. Throws `MessageTooLong`, and `XmlError` for what is refused. */
  write(bytes: Buffer): void {
    const piece = bytes.toString('latin1');
    let at = 0;
    while (at < piece.length && this.decided !== 'not streamed') {
      switch (this.#mode) {
        case 'aside':
          at = this.#aside(piece, at);
          break;
        case 'text':
          at = this.#text(piece, at);
          break;
        case 'tag':
          at = this.#tag(piece, at);
          break;
        case 'comment':
          at = this.#until('-->', piece, at, () => {});
          break;
        case 'cdata':
          at = this.#until(']]>', piece, at, (text) => this.#hand(text, SPECIAL_IN_CDATA));
          break;
      }
    }
  }

  /** The reply has ended. Throws `XmlError` when there was no element in it. */
  end(): StreamedReply {
    if (this.#mode === 'text') this.#flush();
    if (this.#mode === 'aside') this.#feed(this.#pending);
    else this.#note('The reply ends inside an element.');
    const complete = this.#builder.open.length === 0;
    const root = this.#builder.end();
    return { root, ...errorsIn(root), bytes: this.#bytes, complete, malformed: this.#malformed };
  }

  #note(what: string): void {
    this.#malformed ??= what;
  }

  /** Outside the wanted elements: everything goes to the tree, up to the next `>`, which may open one of them. */
  #aside(piece: string, at: number): number {
    const close = piece.indexOf('>', at);
    const end = close === -1 ? piece.length : close + 1;
    this.#asideBytes += end - at;
    if (this.#asideBytes > MAX_ASIDE) throw new MessageTooLong(`A reply has more than ${MAX_ASIDE} bytes of markup.`);
    this.#pending += piece.slice(at, end);
    if (close !== -1) this.#feed(this.#pending);
    return end;
  }

  /** Gives markup to the tree and looks where that leads. */
  #feed(markup: string): void {
    this.#pending = '';
    this.#builder.write(clean(Buffer.from(markup, 'latin1').toString('utf8')));
    const { root, open } = this.#builder;
    if (root && this.decided === 'not yet') {
      this.#sink = this.#options.sinkFor(root);
      this.decided = this.#sink ? 'streamed' : 'not streamed';
    }
    const wanted = open.some((element) => this.#options.elements.includes(element.name));
    this.#mode = wanted && !open.some(isError) ? 'text' : 'aside';
  }

  #text(piece: string, at: number): number {
    const next = piece.indexOf('<', at);
    const end = next === -1 ? piece.length : next;
    let text = this.#pending + piece.slice(at, end);
    this.#pending = '';
    if (next === -1) {
      const tail = text.slice(-12);
      const cut = CUT.exec(tail);
      if (cut) {
        this.#pending = tail.slice(cut.index);
        text = text.slice(0, text.length - this.#pending.length);
      }
    } else {
      this.#mode = 'tag';
    }
    this.#hand(text, SPECIAL);
    return end;
  }

  /** From a `<` inside a wanted element to what it turns out to be. Looks at every character once. */
  #tag(piece: string, start: number): number {
    let from = start;
    for (let at = start; at < piece.length; at++) {
      const character = piece[at] ?? '';
      // No tag can contain one, so the earlier one was text.
      if (character === '<' && this.#scan.length > 0) {
        this.#pending += piece.slice(from, at);
        this.#literal();
        this.#mode = 'tag';
        from = at;
      }
      const state = this.#scan.next(character);
      if (state === 'open') continue;
      this.#pending += piece.slice(from, at + 1);
      this.#scan = new MarkupScan();
      if (state === 'text') this.#literal();
      else if (state === 'tag') this.#complete(this.#pending);
      else {
        this.#pending = '';
        // A processing instruction says nothing here.
        this.#mode = state === 'instruction' ? 'text' : state;
      }
      return at + 1;
    }
    this.#pending += piece.slice(from);
    return piece.length;
  }

  #complete(tag: string): void {
    const closing = /^<\/([^\s>]*)/.exec(tag)?.[1];
    const isOpen = ({ prefix, name }: XmlElement) => (prefix === '' ? name : `${prefix}:${name}`) === closing;
    if (closing !== undefined && !this.#builder.open.some(isOpen)) this.#literal();
    else this.#feed(tag);
  }

  /** What looked like markup is text. */
  #literal(): void {
    this.#note('A < begins no tag.');
    this.#scan = new MarkupScan();
    const text = this.#pending;
    this.#pending = '';
    this.#mode = 'text';
    this.#hand(text, SPECIAL);
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    this.#hand(text, SPECIAL);
  }

  #until(mark: string, piece: string, at: number, use: (text: string) => void): number {
    const text = this.#pending + piece.slice(at);
    const found = text.indexOf(mark);
    if (found === -1) {
      // Two bytes may begin the mark.
      let end = Math.max(0, text.length - mark.length + 1);
      end -= CUT_IN_CDATA.exec(text.slice(Math.max(0, end - 2), end))?.[0].length ?? 0;
      use(text.slice(0, end));
      this.#pending = text.slice(end);
      return piece.length;
    }
    const used = found + mark.length - this.#pending.length;
    use(text.slice(0, found));
    this.#pending = '';
    this.#mode = 'text';
    return at + used;
  }

  #hand(text: string, special: RegExp): void {
    if (text === '') return;
    // Almost all text has nothing to change, or only `&lt;` and its like.
    const plain = ODD.test(text)
      ? text.replace(special, (found, reference?: string) => this.#meaning(found, reference))
      : special === SPECIAL && text.includes('&')
        ? withNamed(text)
        : text;
    const bytes = Buffer.from(plain, 'latin1');
    this.#bytes += bytes.length;
    if (bytes.length > 0) this.#sink?.(bytes);
  }

  /** A reference decoded, a line end made plain, and nothing for what XML forbids; in latin1. */
  #meaning(found: string, reference: string | undefined): string {
    if (reference === undefined || !found.startsWith('&')) return found.startsWith('\r') ? '\n' : '';
    if (Object.hasOwn(NAMED, reference)) return NAMED[reference] ?? '';
    const digits = /^#(?:x([0-9a-f]+)|([0-9]+))$/i.exec(reference);
    const code = digits?.[1] ? Number.parseInt(digits[1], 16) : Number(digits?.[2]);
    if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) {
      this.#note(`${found} is not a reference.`);
      return found;
    }
    const allowed = clean(String.fromCodePoint(code));
    return Buffer.from(allowed, 'utf8').toString('latin1');
  }
}

/** The five references of XML itself, and no others; `&amp;` last, because what it gives begins none. */
function withNamed(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

/** Tells, character by character from the `<` on, what a piece of markup is. */
class MarkupScan {
  length = 0;
  #head = '';
  #last = '';
  #quote = '';

  next(character: string): 'open' | 'text' | 'tag' | 'comment' | 'cdata' | 'instruction' {
    const before = this.#last;
    this.#last = character;
    this.length++;
    if (this.length <= 9) this.#head += character;
    if (this.#quote !== '') this.#quote = character === this.#quote ? '' : this.#quote;
    else if (character === '"' || character === "'") this.#quote = character;
    const second = this.#head[1];
    if (second === undefined) return 'open';
    if (second === '!') {
      if (this.#head === '<!--') return 'comment';
      if (this.#head === '<![CDATA[') return 'cdata';
      return '<!--'.startsWith(this.#head) || '<![CDATA['.startsWith(this.#head) ? 'open' : 'text';
    }
    if (this.length > MAX_TAG) return 'text';
    if (second === '?') return before === '?' && character === '>' && this.length > 3 ? 'instruction' : 'open';
    if (!/[\w:/\x80-\xff]/.test(second)) return 'text';
    return character === '>' && this.#quote === '' ? 'tag' : 'open';
  }
}
