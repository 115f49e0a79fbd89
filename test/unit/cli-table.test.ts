/** Tables, numbers and names as the command line shows and reads them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant, interval, NOTHING, number, share, windowText } from '#dist/cli/format.js';
import { parseInstant, parseModelId, parseRunRef } from '#dist/cli/run-ref.js';
import { displayWidth, fields, plain, table } from '#dist/cli/table.js';
import { shortInstant } from '#dist/core/instant.js';

const free = { width: null, hasColour: false };

describe('a table', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' as const }, { title: 'WHY', isFlexible: true }];

  it('aligns its columns and leaves no space at line ends', () => {
    expect(
      table(
        columns,
        [
          ['a', '1', 'short'],
          ['long name', '100', ''],
        ],
        free,
      ),
    ).toBe(['NAME         N  WHY', 'a            1  short', 'long name  100'].join('\n'));
  });

  it('cuts only flexible columns, and says so with an ellipsis', () => {
    const why = 'a long reason that does not fit on the line';
    const lines = table(columns, [['name', '1', why]], { width: 30, hasColour: false }).split('\n');
    expect(lines[1]).toBe('name  1  a long reason that d…'.slice(0, 29).concat('…'));
    expect(table(columns, [['name', '1', why]], free)).toContain(why);
  });

  it('counts wide characters as two and keeps them whole', () => {
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('é')).toBe(1);
    const text = table([{ title: 'A', isFlexible: true }, { title: 'B' }], [['日本語日本語日本語', 'x']], {
      width: 16,
      hasColour: false,
    });
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(16);
  });

  it('shows control characters of names as space and never obeys them', () => {
    expect(plain('a\u001b[31mb\nc')).toBe('a [31mb c');
    expect(table([{ title: 'A' }], [['x\u001b[2J']], free)).toBe('A\nx [2J');
  });

  it('has no escape sequence unless colour is wanted', () => {
    expect(table(columns, [], free)).toBe('NAME  N  WHY');
    expect(table(columns, [], { width: null, hasColour: true })).toBe('\u001b[1mNAME  N  WHY\u001b[22m');
  });

  it('is never wider than the terminal when its flexible columns can give way', () => {
    const word = fc.string({ maxLength: 12, unit: 'grapheme-ascii' });
    const text = fc.string({ maxLength: 200, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, text), { maxLength: 5 }),
        fc.integer({ min: 30, max: 120 }),
        (rows, width) => {
          const shown = table([{ title: 'A' }, { title: 'B', isFlexible: true }], rows, { width, hasColour: false });
          const lines = shown.split('\n');
          expect(lines).toHaveLength(rows.length + 1);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
      { seed: 5 },
    );
  });

  it('leaves out fields that have nothing to say', () => {
    expect(
      fields([
        ['a', '1'],
        ['long', null],
        ['bcd', '2'],
      ]),
    ).toBe('a    1\nbcd  2');
  });
});

describe('numbers and instants', () => {
  it('shows what is no number as a dash', () => {
    expect([number(null), number(Number.NaN), number(Number.POSITIVE_INFINITY), share(Number.NaN)]).toEqual(
      Array(4).fill(NOTHING),
    );
    expect(interval(null)).toBe(NOTHING);
  });

  it('signs differences and writes zero without a sign', () => {
    expect(number(0.01234, { isSigned: true })).toBe('+0.0123');
    expect(number(-0.01234)).toBe('-0.0123');
    expect(number(-0.000001, { isSigned: true })).toBe('0.0000');
    expect(interval({ lower: -0.03, upper: 0.0021, confidence: 0.975 })).toBe('[-0.0300, +0.0021] at 97.5 %');
    expect(interval({ lower: 0, upper: 1, confidence: 1 - 2 * (0.025 / 6) })).toContain('at 99.167 %');
  });

  it('rounds shares down and shortens midnights', () => {
    expect(share(0.89999)).toBe('89.9 %');
    expect(share(1)).toBe('100.0 %');
    expect(instant('2001-03-01T00:00:00.000Z')).toBe('2001-03-01');
    expect(instant('2001-03-01T06:05:00.000Z')).toBe('2001-03-01 06:05:00Z');
    expect(instant('2001-03-01T06:05:07.000Z')).toBe('2001-03-01 06:05:07Z');
    expect(windowText({ start: '2001-03-01T00:00:00.000Z', end: '2001-04-01T00:00:00.000Z' })).toBe(
      '[2001-03-01, 2001-04-01)',
    );
  });
});

describe('names as they are typed', () => {
  it('reads a run by either of its names', () => {
    expect(parseRunRef('flights/3')).toEqual({ modelId: 'flights', runNo: 3 });
    expect(parseRunRef('retrain/flights/12')).toEqual({ modelId: 'flights', runNo: 12 });
  });

  it.each(['flights', 'flights/0', 'flights/x', 'Flights/1', 'model/flights/1', 'a/b/1', '/1'])(
    'refuses %j',
    (text) => {
      expect(() => parseRunRef(text)).toThrow(/names no run/);
    },
  );

  it('reads days and instants, and refuses days that do not exist', () => {
    expect(parseInstant('2001-04-01')).toBe('2001-04-01T00:00:00.000Z');
    expect(parseInstant('2001-04-01T06:00+02:00')).toBe('2001-04-01T04:00:00.000Z');
    for (const text of ['2001-02-30', '2001-13-01', '04/01/2001', '2001', 'now', '2001-04-01T06:00']) {
      expect(() => parseInstant(text)).toThrow(/is no instant/);
    }
    expect(() => parseModelId('A b')).toThrow(/is no model id/);
  });
});

describe('an instant in a sentence', () => {
  it('is a midnight as its day alone, else with its minutes, and seconds where it has some', () => {
    expect(shortInstant('2001-04-01T00:00:00.000Z')).toBe('2001-04-01');
    expect(shortInstant('2001-04-01T06:05:00.000Z')).toBe('2001-04-01 06:05Z');
    expect(shortInstant('2001-04-01T06:05:09.120Z')).toBe('2001-04-01 06:05:09Z');
    expect(shortInstant('some day')).toBe('some day');
  });
});
