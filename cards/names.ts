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

/** What fits beside each other on a phone of 320 pixels: room in the card, a letter, a button's frame and its gap. */
const ROOM = 296;
const LETTER = 8;
const FRAME = 26;
const GAP = 8;
/** Teams makes no button smaller. */
const SMALLEST = 96;

/** Buttons in rows that a phone shows whole: where they do not fit, some clients squeeze them to a few letters. */
export function rowsOf<Button extends { title: string }>(buttons: readonly Button[]): { buttons: Button[] }[] {
  const rows: { buttons: Button[] }[] = [];
  let width = Number.POSITIVE_INFINITY;
  for (const button of buttons) {
    const own = Math.max(SMALLEST, button.title.length * LETTER + FRAME);
    if (width + GAP + own > ROOM) {
      rows.push({ buttons: [] });
      width = -GAP;
    }
    rows.at(-1)?.buttons.push(button);
    width += GAP + own;
  }
  return rows;
}
