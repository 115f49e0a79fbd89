/** The CSV reader against csv-parse, which follows the same RFC 4180. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '#dist/core/signals/csv.js';
import { FILE_ROWS, readMonitorFile } from './signals-fixtures.js';

const oracle = (text: string): string[][] => parse(text, { skip_empty_lines: true, record_delimiter: ['\n', '\r\n'] });
const outcome = (read: (text: string) => string[][], text: string): unknown => {
  try {
    return read(text);
  } catch {
    // Which of several faults is named first may differ; that there is one may not.
    return 'refused';
  }
};

describe('readCsv', () => {
  it('reads the files of monitors like csv-parse', () => {
    const files = FILE_ROWS.filter(({ path }) => path.endsWith('.csv'));
    expect(files.length).toBeGreaterThan(50);
    for (const { path } of files) {
      const text = readMonitorFile(path).toString();
      expect(readCsv(text)).toEqual(oracle(text));
    }
  });

  it('agrees with csv-parse on any table, quoted as it needs', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é'), maxLength: 6 });
    const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const tableOf = (width: number) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 });
    const rows = fc.integer({ min: 2, max: 5 }).chain(tableOf);
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), (given, end) => {
        const text = given.map((row) => row.map(quoted).join(',')).join(end);
        expect(readCsv(text)).toEqual(given);
        expect(oracle(text)).toEqual(given);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });

  it('refuses what csv-parse refuses', () => {
    const soup = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n'), maxLength: 14 });
    fc.assert(
      fc.property(soup, (text) => {
        expect(outcome(readCsv, text)).toEqual(outcome(oracle, text));
      }),
      { seed: 7, numRuns: 3_000 },
    );
  });

  it('says where a table is broken', () => {
    expect(() => readCsv('a,b\n1,2\n3\n')).toThrow('line 3: 1 cells where the first row has 2');
    expect(() => readCsv('a,"b\n')).toThrow('line 1: a quote is not closed');
  });
});
