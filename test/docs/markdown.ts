import { globSync, readFileSync } from 'node:fs';

/** A fenced block of a page. */
export interface Block {
  /** Where its first line of text is, from 1. */
  line: number;
  /** First word of the info string, which GitHub reads; and what comes after it, which it does not. */
  language: string;
  marker: string;
  text: string;
}

export interface Page {
  /** Relative to the project: `docs/devices.md`. */
  path: string;
  blocks: Block[];
  /** Code in the running text. */
  spans: { line: number; text: string }[];
  links: { line: number; target: string }[];
  /** What a link to this page may have behind `#`. */
  anchors: ReadonlySet<string>;
}

const FENCE = /^( *)(`{3,})(.*)$/;

/** Every page of the project that people read. */
export function allPages(root: string): Page[] {
  const paths = globSync(['*.md', 'agent/*.md', 'deploy/*.md', 'docs/**/*.md'], { cwd: root });
  return paths.sort().map((path) => readPage(path, readFileSync(`${root}/${path}`, 'utf8')));
}

/** Reads what the tests look at; fences, headings, code spans and links as this project writes them. */
export function readPage(path: string, text: string): Page {
  const page = { path, blocks: [] as Block[], spans: [] as Page['spans'], links: [] as Page['links'] };
  const anchors = new Set<string>();
  let open: { fence: string; indent: number; block: Block } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence = '', info = ''] = FENCE.exec(line) ?? [];
    if (open) {
      if (fence === open.fence && info.trim() === '') {
        page.blocks.push(open.block);
        open = undefined;
      } else open.block.text += `${line.slice(Math.min(open.indent, line.search(/\S|$/)))}\n`;
    } else if (fence !== '') {
      const [language = '', ...marker] = info.trim().split(/\s+/);
      const block = { line: index + 2, language, marker: marker.join(' '), text: '' };
      open = { fence, indent: indent.length, block };
    } else {
      const heading = /^#{1,6} +(.*?) *$/.exec(line)?.[1];
      if (heading !== undefined) anchors.add(anchorOf(heading, anchors));
      readLine(line, index + 1);
    }
  }
  if (open) throw new Error(`${path}: the fence at line ${open.block.line - 1} is not closed.`);
  return { ...page, anchors };

  function readLine(line: string, at: number): void {
    for (const [, , code = ''] of line.matchAll(/(`+)(.+?)\1/g)) page.spans.push({ line: at, text: code });
    const bare = line.replace(/(`+).+?\1/g, '');
    for (const [, target = ''] of bare.matchAll(/\]\(([^)\s]+)\)/g)) page.links.push({ line: at, target });
  }
}

/** As GitHub makes them: lower case, without punctuation, a dash for each blank, a number behind the second of a kind. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
  const anchor = plain
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  for (let n = 0; ; n += 1) {
    const each = n === 0 ? anchor : `${anchor}-${n}`;
    if (!taken.has(each)) return each;
  }
}
