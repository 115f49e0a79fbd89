// Preprocessing: fitted on training rows alone, applied by name, a defined place for everything unseen.

import { describe, expect, it } from 'vitest';
import { encodeTable } from '#dist/trainer/encode.js';
import { fitPreprocessing } from '#dist/trainer/preprocessing.js';
import {
  categorical,
  categoricalFeature,
  numeric,
  numericFeature,
  tableOf,
  withReversedLevels,
} from './trainer-fixtures.js';

const labels = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row % 2);

describe('preprocessing', () => {
  it('standardises by the mean and population deviation of the training rows', () => {
    const table = tableOf([numeric('x', [2, 4, 4, 4, 5, 5, 7, 9, 1e9])], labels(9));
    const fitted = fitPreprocessing(table, 8, [numericFeature('x')]);
    expect(fitted).toEqual([{ kind: 'numeric', name: 'x', mean: 5, sd: 2, hasMissingInput: false }]);
    expect([...encodeTable(table, fitted).numeric[0]!].slice(0, 8)).toEqual([-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2]);
  });

  it('is not moved by any change of a validation row', () => {
    const values = [1, 2, 3, 4, 5, 6];
    const names = ['a', 'a', 'b', 'b', 'a', 'b'];
    const before = tableOf([numeric('x', values), categorical('c', names)], labels(6));
    const changed = tableOf(
      [numeric('x', [1, 2, 3, 4, Number.NaN, 1e30]), categorical('c', ['a', 'a', 'b', 'b', null, 'new'])],
      labels(6),
    );
    const features = [numericFeature('x'), categoricalFeature('c')];
    expect(fitPreprocessing(changed, 4, features)).toEqual(fitPreprocessing(before, 4, features));
  });

  it('adds a missing input when nulls occur in training, and only then', () => {
    const table = tableOf(
      [numeric('x', [1, Number.NaN, 3, Number.NaN]), numeric('y', [1, 2, 3, Number.NaN])],
      labels(4),
    );
    const fitted = fitPreprocessing(table, 3, [numericFeature('x'), numericFeature('y')]);
    expect(fitted.map((feature) => feature.kind === 'numeric' && feature.hasMissingInput)).toEqual([true, false]);
    const encoded = encodeTable(table, fitted).numeric.map((values) => [...values]);
    expect(encoded).toEqual([
      [-1, 0, 1, 0],
      [0, 1, 0, 1],
      [expect.closeTo(-1.2247), 0, expect.closeTo(1.2247), 0],
    ]);
  });

  it('gives a column of nulls alone a mean of 0 and an input that says so', () => {
    const table = tableOf([numeric('x', [Number.NaN, Number.NaN])], labels(2));
    const fitted = fitPreprocessing(table, 2, [numericFeature('x')]);
    expect(fitted).toEqual([{ kind: 'numeric', name: 'x', mean: 0, sd: 1, hasMissingInput: true }]);
    expect(encodeTable(table, fitted).numeric.map((values) => [...values])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('encodes a constant column as 0, even one whose mean cannot be summed exactly', () => {
    const table = tableOf([numeric('x', [0.1, 0.1, 0.1, 0.2])], labels(4));
    const fitted = fitPreprocessing(table, 3, [numericFeature('x')]);
    expect([...encodeTable(table, fitted).numeric[0]!].slice(0, 3)).toEqual([0, 0, 0]);
  });

  it('cuts extreme and infinite values to ten deviations and lets infinity touch no mean', () => {
    const table = tableOf([numeric('x', [-1, 1, Number.POSITIVE_INFINITY, -1e300])], labels(4));
    const fitted = fitPreprocessing(table, 3, [numericFeature('x')]);
    expect(fitted[0]).toMatchObject({ mean: 0, sd: 1 });
    expect([...encodeTable(table, fitted).numeric[0]!]).toEqual([-1, 1, 10, -10]);
  });

  it('puts rare levels into one row, nulls into another, and orders the others by frequency, then name', () => {
    const names = ['b', 'c', 'a', 'rare', 'b', 'c', 'a', 'b', null];
    const table = tableOf([categorical('c', names)], labels(9));
    const fitted = fitPreprocessing(table, 9, [categoricalFeature('c', { minCount: 2, embedding: 3 })]);
    expect(fitted).toEqual([
      { kind: 'categorical', name: 'c', levels: ['b', 'a', 'c'], width: 3, counts: [1, 1, 3, 2, 2] },
    ]);
    expect([...encodeTable(table, fitted).categorical[0]!]).toEqual([2, 4, 3, 1, 2, 4, 3, 2, 0]);
  });

  it('knows levels by name, whatever their codes are in another file, and sends unseen ones to the other row', () => {
    const column = categorical('c', ['a', 'b', 'b', null, 'c']);
    const fitted = fitPreprocessing(tableOf([column], labels(5)), 4, [categoricalFeature('c')]);
    const forwards = encodeTable(tableOf([column], labels(5)), fitted).categorical[0]!;
    const backwards = encodeTable(tableOf([withReversedLevels(column)], labels(5)), fitted).categorical[0]!;
    expect([...forwards]).toEqual([3, 2, 2, 0, 1]);
    expect([...backwards]).toEqual([...forwards]);
  });

  it('keeps every part of an instant that occurs, however rarely', () => {
    const table = tableOf([categorical('hour', ['3', '23', '3'])], labels(3));
    const fitted = fitPreprocessing(table, 3, [{ kind: 'time', name: 'hour', part: 'hour', embedding: 2 }]);
    expect(fitted[0]).toMatchObject({ levels: ['3', '23'], width: 2 });
  });

  it('names the feature that a table lacks or has in another kind', () => {
    const table = tableOf([numeric('x', [1, 2])], labels(2));
    for (const feature of [numericFeature('y'), categoricalFeature('x')]) {
      expect(() => fitPreprocessing(table, 2, [feature])).toThrowError(
        expect.objectContaining({
          code: 'DATA_SCHEMA_VIOLATION',
          details: expect.objectContaining({ feature: feature.name }),
        }),
      );
    }
  });
});
