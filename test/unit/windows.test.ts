/** Training, validation tail and holdout as exact windows. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '#dist/core/spec/duration.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import { resolveWindows, shrinkTraining } from '#dist/core/spec/windows.js';

function spec(window: object, holdout: object = { span: 'last-month' }, validationTail = 'P3D'): PipelineSpec {
  return specSchema.parse({
    model: 'm',
    source: { kind: 'csv', path: 'a.csv', columns: { label: 'y' } },
    features: [{ kind: 'numeric', name: 'x' }],
    gates: [{ metric: 'auc', min: 0.5 }],
    window,
    holdout,
    trainer: { validationTail },
  });
}

const day = (text: string) => `2001-${text}T00:00:00.000Z`;

describe('windows of the reference story', () => {
  it('last month, decided on the first of April: March is the holdout, training ends one day before it', () => {
    expect(resolveWindows(spec({ sliding: 'P31D' }), '2001-04-01T06:00:00.000Z')).toEqual({
      holdout: { start: day('03-01'), end: day('04-01') },
      training: { start: day('01-28'), end: day('02-28') },
      validationStart: day('02-25'),
      excluding: [],
      last: null,
    });
  });

  it('all the past begins where it is told, last week ten days before its end', () => {
    const now = '2001-04-01T00:00:00.000Z';
    expect(resolveWindows(spec({ expanding: '2001-01-01' }), now).training.start).toBe(day('01-01'));
    expect(resolveWindows(spec({ sliding: 'P10D' }), now).training.start).toBe(day('02-18'));
  });

  it('the first champion is January when the decision is on the first of March', () => {
    const found = resolveWindows(spec({ expanding: '2001-01-01' }), '2001-03-01T00:00:00.000Z');
    expect(found.training).toEqual({ start: day('01-01'), end: day('01-31') });
    expect(found.holdout).toEqual({ start: day('02-01'), end: day('03-01') });
  });
});

describe('window rules', () => {
  it('a month is a calendar month, across a year and in a leap year', () => {
    const holdout = (now: string) => resolveWindows(spec({ sliding: 'P31D' }), now).holdout;
    expect(holdout('2001-01-31T23:59:59.999Z')).toEqual({
      start: '2000-12-01T00:00:00.000Z',
      end: '2001-01-01T00:00:00.000Z',
    });
    expect(holdout('2004-03-31T00:00:00.000Z').start).toBe('2004-02-01T00:00:00.000Z');
    expect(holdout('2001-03-31T23:30:00-05:00').start).toBe(day('03-01'));
  });

  it('a span ends at the midnight that opens the day of the decision', () => {
    const found = resolveWindows(
      spec({ sliding: 'P10D' }, { span: 'P28D', embargo: 'P2D' }),
      '2001-04-01T17:00:00.000Z',
    );
    expect(found.holdout).toEqual({ start: day('03-04'), end: day('04-01') });
    expect(found.training).toEqual({ start: day('02-20'), end: day('03-02') });
  });

  it('keeps what is excluded, clipped to the training window and in order', () => {
    const excluding = [
      { start: '2001-02-20', end: '2001-03-20' },
      { start: '2000-01-01', end: '2001-01-30' },
      { start: '2001-03-05', end: '2001-03-06' },
    ];
    const run = () => resolveWindows(spec({ sliding: 'P31D', excluding, last: 5 }), '2001-04-01T00:00:00.000Z');
    expect(run).toThrow(/Nothing is left/); // the whole validation tail is excluded
    excluding[0]!.end = '2001-02-26';
    expect(run().excluding).toEqual([
      { start: day('01-28'), end: day('01-30') },
      { start: day('02-20'), end: day('02-26') },
    ]);
    expect(run().last).toBe(5);
  });

  it('says that nothing is left when an expanding window has not begun', () => {
    expect(() => resolveWindows(spec({ expanding: '2001-02-26' }), '2001-04-01T00:00:00.000Z')).toThrow(
      /Nothing is left/,
    );
    expect(() => resolveWindows(spec({ expanding: '2002-01-01' }), '2001-04-01T00:00:00.000Z')).toThrow(
      expect.objectContaining({ code: 'DATA_WINDOW_EMPTY' }),
    );
    expect(() => resolveWindows(spec({ sliding: 'P31D' }), 'soon')).toThrow(/is no instant/);
  });

  it('always orders training start < validation start < training end, one embargo before the holdout', () => {
    const days = (min: number, max: number) => fc.integer({ min, max });
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1999-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        fc.record({ sliding: days(5, 400), tail: days(1, 4), embargo: days(1, 30), span: fc.option(days(1, 90)) }),
        (now, { sliding, tail, embargo, span }) => {
          const holdout = { span: span === null ? 'last-month' : `P${span}D`, embargo: `P${embargo}D` };
          const found = resolveWindows(spec({ sliding: `P${sliding}D` }, holdout, `P${tail}D`), now.toISOString());
          const at = (text: string) => Date.parse(text);
          expect(at(found.holdout.end)).toBeLessThanOrEqual(now.getTime());
          expect(at(found.holdout.start) - at(found.training.end)).toBe(embargo * DAY_MS);
          expect(at(found.training.end) - at(found.validationStart)).toBe(tail * DAY_MS);
          expect(at(found.training.end) - at(found.training.start)).toBe(sliding * DAY_MS);
        },
      ),
      { seed: 7 },
    );
  });
});

describe('shrinking', () => {
  const pipeline = spec({ sliding: 'P31D' });
  const windows = resolveWindows(pipeline, '2001-04-01T00:00:00.000Z');

  it('moves the training end and its tail back, and nothing else', () => {
    const shrunk = shrinkTraining(windows, pipeline, day('02-20'));
    expect(shrunk.training).toEqual({ start: day('01-28'), end: day('02-20') });
    expect(shrunk.validationStart).toBe(day('02-17'));
    expect(shrunk.holdout).toEqual(windows.holdout);
  });

  it('never moves the end forward and never leaves an empty window', () => {
    expect(shrinkTraining(windows, pipeline, day('03-15'))).toEqual(windows);
    expect(() => shrinkTraining(windows, pipeline, day('01-31'))).toThrow(/Nothing is left/);
  });
});
