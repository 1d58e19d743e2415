/** What is another one each time, by how it looks. */
const VARYING = [
  String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`,
  'SHA256:[A-Za-z0-9+/]{43}',
  'AAAA[A-Za-z0-9+/]{30,}={0,2}',
  '[0-9a-f]{64}',
  '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
];

/**
 * Whether a program printed what a page shows. `…` stands for anything within a line, and alone in a line for any
 * lines; times, ids, keys and checksums are another one each time.
 */
export function matches(shown: string, printed: string): boolean {
  const lines = shown.replace(/\n$/, '').split('\n');
  const source = lines.map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${pattern(line)}\n`)).join('');
  return new RegExp(`^${source}$`).test(printed.endsWith('\n') || printed === '' ? printed : `${printed}\n`);
}

function pattern(line: string): string {
  const any = new RegExp(`…|${VARYING.join('|')}`, 'g');
  let source = '';
  let end = 0;
  for (const { 0: found, index } of line.matchAll(any)) {
    source += escaped(line.slice(end, index));
    source += found === '…' ? '.*' : VARYING.find((each) => new RegExp(`^(?:${each})$`).test(found));
    end = index + found.length;
  }
  return source + escaped(line.slice(end));
}

const escaped = (text: string) => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
