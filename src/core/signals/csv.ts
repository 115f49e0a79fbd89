/**
 * CSV by RFC 4180, as pandas writes it. Of its own because it runs where requests are answered: a megabyte takes some ten
 * milliseconds here, and seconds in the general readers of the packages (csv-parse is the oracle of its tests).
 */
import { PipelineError } from '../errors.js';

const fault = (line: number, problem: string): PipelineError =>
  new PipelineError('SIGNAL_INVALID', `line ${line}: ${problem}`, { details: { line } });

/** The cell that a quote opens at `from`, and the index after its closing quote. */
function quotedCell(text: string, from: number, line: number): { cell: string; next: number } {
  let end = text.indexOf('"', from + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) throw fault(line, 'a quote is not closed');
  return { cell: text.slice(from + 1, end).replaceAll('""', '"'), next: end + 1 };
}

/** A row with quotes in it, which may run over several lines. */
function quotedRow(text: string, from: number, line: number): { cells: string[]; next: number } {
  const cells: string[] = [];
  for (let at = from; ; ) {
    if (text[at] === '"') {
      const { cell, next } = quotedCell(text, at, line);
      cells.push(cell);
      at = next;
    } else {
      const start = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') {
        if (text[at] === '"') throw fault(line, 'a quote stands inside a cell');
        at += 1;
      }
      cells.push(text.slice(start, at));
    }
    if (text[at] === ',') at += 1;
    else if (at >= text.length) return { cells, next: at };
    else if (text[at] === '\n') return { cells, next: at + 1 };
    else if (text[at] === '\r' && text[at + 1] === '\n') return { cells, next: at + 2 };
    else throw fault(line, 'text follows a closed quote');
  }
}

/**
 * Rows of cells, header included; empty lines are left out.
 * @throws SIGNAL_INVALID for quotes that do not match and for rows of different lengths, naming the row
 */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length; ) {
    const lineFeed = text.indexOf('\n', at);
    const end = lineFeed < 0 ? text.length : lineFeed;
    const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    if (line.includes('"')) {
      const { cells, next } = quotedRow(text, at, rows.length + 1);
      rows.push(cells);
      at = next;
    } else {
      if (line !== '') rows.push(line.split(','));
      at = end + 1;
    }
    const [width, own] = [rows[0]?.length, rows.at(-1)?.length];
    if (width !== own) throw fault(rows.length, `${own} cells where the first row has ${width}`);
  }
  return rows;
}
