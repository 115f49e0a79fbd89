/**
 * Tables for people: columns aligned by what a terminal shows (wide characters count two), cut to its width, plain text
 * unless colour is wanted. Programs use --json.
 */

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be shortened when the table is wider than the terminal; the others never are. */
  readonly isFlexible?: boolean;
}

export interface TableOptions {
  /** Null: as wide as it gets. */
  readonly width: number | null;
  readonly hasColour: boolean;
}

const GAP = '  ';
/** A flexible column is never cut below this. */
const LEAST_WIDTH = 12;
const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Extended_Pictographic}/u;

const characterWidth = (character: string): number => (WIDE.test(character) ? 2 : 1);

/** Cells that the text takes in a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of segments.segment(text)) width += characterWidth(segment);
  return width;
}

/** Control characters would move the cursor or colour the terminal: names come from data, so they are shown, not obeyed. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    used += characterWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}

function widths(columns: readonly Column[], cells: readonly (readonly string[])[], limit: number | null): number[] {
  const wanted = columns.map((column, i) =>
    Math.max(displayWidth(column.title), ...cells.map((row) => displayWidth(row[i] ?? ''))),
  );
  if (limit === null) return wanted;
  let excess = wanted.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - limit;
  for (let i = columns.length - 1; i >= 0 && excess > 0; i--) {
    if (columns[i]?.isFlexible !== true) continue;
    const given = Math.min(excess, Math.max(0, wanted[i]! - LEAST_WIDTH));
    wanted[i]! -= given;
    excess -= given;
  }
  return wanted;
}

export const bold = (text: string, hasColour: boolean): string => (hasColour ? `\u001b[1m${text}\u001b[22m` : text);

/** Lines without trailing space; the title line alone when there are no rows. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], options: TableOptions): string {
  const cells = rows.map((row) => columns.map((_, i) => plain(row[i] ?? '')));
  const sizes = widths(columns, cells, options.width);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => pad(cut(cell, sizes[i]!), sizes[i]!, columns[i]?.align))
      .join(GAP)
      .trimEnd();
  const head = bold(line(columns.map((column) => column.title)), options.hasColour);
  return [head, ...cells.map(line)].join('\n');
}

/** `name  value` lines with the names aligned; values are wrapped nowhere and never cut. */
export function fields(pairs: readonly (readonly [string, string | null])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, value]) => `${pad(name, width, 'left')}${GAP}${plain(value)}`.trimEnd()).join('\n');
}
