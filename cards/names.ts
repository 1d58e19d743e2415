/** Lists of names: cut between two of them, never in one, for half a name may be that of another device. */

/** All of the names, in blocks of at most `most` characters with `, ` between them; a longer name is one by itself. */
export function blocksOf(names: readonly string[], most: number): string[][] {
  const blocks: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of names) {
    if (length + name.length + 2 > most) {
      blocks.push([]);
      length = -2;
    }
    blocks.at(-1)?.push(name);
    length += name.length + 2;
  }
  return blocks;
}

/** As many of the names as fit into `most` characters, one at least, and the number of the others. */
export function someOf(names: readonly string[], most: number): string {
  const [shown = []] = blocksOf(names, most);
  const left = names.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}

/** What fits into one row of buttons on a phone: each has a margin, and a squeezed one shows a few letters only. */
const ROW = 30;
const MARGIN = 5;

/** Buttons in rows that a phone shows whole. */
export function rowsOf<Button extends { title: string }>(buttons: readonly Button[]): { buttons: Button[] }[] {
  const rows: { buttons: Button[] }[] = [];
  let width = Number.POSITIVE_INFINITY;
  for (const button of buttons) {
    const own = button.title.length + MARGIN;
    if (width + own > ROW) {
      rows.push({ buttons: [] });
      width = 0;
    }
    rows.at(-1)?.buttons.push(button);
    width += own;
  }
  return rows;
}
