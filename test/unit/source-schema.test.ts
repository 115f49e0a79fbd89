// Schemas of a source: what is inferred from rows that were fine, what differs, and how a later window is held against one.
import { describe, expect, it } from 'vitest';
import { diffSchemas } from '#dist/core/quality/diff-schemas.js';
import type { ColumnFacts, WindowFacts } from '#dist/core/quality/facts.js';
import { checkReleasable } from '#dist/core/quality/release.js';
import { checkReviewedSchema } from '#dist/core/quality/reviewed-schema-check.js';
import { inferSchema, listedIn } from '#dist/core/quality/source-schema.js';
import { specSchema } from '#dist/core/spec/schema.js';

const column = (given: Partial<ColumnFacts>): ColumnFacts => ({
  name: 'distance',
  role: 'feature',
  expected: 'numeric',
  type: 'DOUBLE',
  isCompatible: true,
  nulls: 0,
  nonFinite: 0,
  min: 100,
  max: 1100,
  distinct: 50,
  outOfRange: 0,
  ...given,
});
const origin = (given: Partial<ColumnFacts> = {}): ColumnFacts =>
  column({ name: 'origin', expected: 'categorical', type: 'VARCHAR', min: null, max: null, ...given });
const late = column({ name: 'late', role: 'label', expected: 'any', type: 'INTEGER', min: null, max: null });
const CATEGORIES = { origin: ['ATL', 'ORD'] };
const infer = (columns: ColumnFacts[], rows = 1000) => inferSchema({ rows, columns, categories: CATEGORIES });

describe('a schema that is inferred', () => {
  it('has each column with its type, span and categories, by name', () => {
    const { columns } = infer([origin(), column({}), late]);
    expect(columns.map(({ name }) => name)).toEqual(['distance', 'late', 'origin']);
    expect(columns[0]).toMatchObject({
      type: 'DOUBLE',
      maxNullShare: 0,
      range: { min: 0, max: 1200 },
      categories: null,
    });
    expect(columns[2]).toMatchObject({ type: 'VARCHAR', range: null, categories: ['ATL', 'ORD'] });
  });

  it('says nothing of labels but that they are there: most may not be known yet', () => {
    expect(infer([late]).columns[0]).toMatchObject({ maxNullShare: null, range: null, categories: null });
  });

  it('leaves out columns that the source does not have', () =>
    expect(infer([column({ type: null })]).columns).toEqual([]));

  it('allows twice the nulls that were seen, and none where there were none', () => {
    expect(infer([column({ nulls: 30 })]).columns[0]?.maxNullShare).toBe(0.06);
    expect(infer([column({ nulls: 900 })]).columns[0]?.maxNullShare).toBe(1);
  });

  it('spans no negative numbers where none were seen', () => {
    expect(infer([column({ min: 5, max: 1005 })]).columns[0]?.range).toEqual({ min: 0, max: 1105 });
    expect(infer([column({ min: -50, max: 50 })]).columns[0]?.range).toEqual({ min: -60, max: 60 });
  });
});

describe('the difference of two schemas', () => {
  const before = infer([column({}), origin(), late]);

  it('is nothing for the same rows', () =>
    expect(diffSchemas(before, infer([late, origin(), column({})]))).toEqual([]));

  it('tells spans at seven digits', () => {
    const [first, ...others] = before.columns;
    const range = { min: 0, max: 204.20100000000002 };
    const [told] = diffSchemas(before, { ...before, columns: [{ ...first!, range }, ...others] });
    expect(told?.text).toMatch(/, now 0 to 204\.201$/);
  });

  it('is everything without an earlier one', () => {
    expect(diffSchemas(null, before).map(({ what }) => what)).toEqual(['added', 'added', 'added']);
  });

  it('tells columns, types, nulls, spans and categories, a line each', () => {
    const after = inferSchema({
      rows: 1000,
      columns: [column({ type: 'FLOAT', nulls: 100, max: 2100 }), origin(), column({ name: 'hour' })],
      categories: { origin: ['ATL', 'LAX'] },
    });
    const told = diffSchemas(before, after).map((one) => `${one.column} ${one.what}: ${one.text}`);
    expect(told).toEqual([
      'distance type: DOUBLE is now FLOAT',
      'distance nulls: empty in at most 0 %, now 20 %',
      'distance range: 0 to 1200, now 0 to 2300',
      'hour added: DOUBLE',
      'origin categories: new: LAX; gone: ORD',
      'late removed: INTEGER',
    ]);
  });
});

describe('a window under a reviewed schema', () => {
  const spec = specSchema.parse({
    model: 'flights',
    source: { kind: 'csv', path: '/rows.csv' },
    features: [{ kind: 'numeric', name: 'distance' }],
    window: { sliding: 'P30D' },
    gates: [{ metric: 'auc', min: 0.5 }],
  });
  const schema = { version: 3, schema: infer([column({}), origin(), late]) };
  const check = (...columns: ColumnFacts[]) => {
    const facts = { rows: 1000, columns } as unknown as WindowFacts;
    return checkReviewedSchema({ spec, facts, reference: null, schema });
  };

  it('passes as it is, and is not looked at without a schema', () => {
    expect(check(column({}), origin({ unlisted: 0 }), late)).toMatchObject([
      { check: 'reviewed-schema', passed: true },
    ]);
    const facts = { rows: 1000, columns: [] } as unknown as WindowFacts;
    expect(checkReviewedSchema({ spec, facts, reference: null })).toEqual([]);
  });

  it.each([
    ['reviewed-type', column({ type: 'FLOAT' })],
    ['reviewed-nulls', column({ nulls: 1 })],
    ['reviewed-range', column({ max: 1201 })],
    ['reviewed-range', column({ min: -1 })],
    ['reviewed-categories', origin({ unlisted: 11 })],
  ] as const)('fails %s, as a warning that names the version', (name, changed) => {
    expect(check(changed)).toMatchObject([{ check: name, severity: 'warn', passed: false }]);
    expect(check(changed)[0]?.text).toContain('schema version 3');
  });

  it('counts rows of categories that the schema does not list, where it lists any', () => {
    expect(listedIn(schema.schema)).toEqual({ origin: ['ATL', 'ORD'] });
    expect(listedIn(null)).toEqual({});
  });
});

describe('a release from quarantine', () => {
  const qualityWith = (ranges: Record<string, { min?: number }>) => specSchema.shape.quality.parse({ ranges });
  const quality = qualityWith({ distance: { min: 0 }, delay: {} });

  it('is for values outside their range', () =>
    expect(() => checkReleasable('out-of-range:distance', quality)).not.toThrow());

  it('is refused for a range that the pipeline does not declare, with those it does', () => {
    const known = /no check "out-of-range:nope".*there are: out-of-range:distance\.$/;
    expect(() => checkReleasable('out-of-range:nope', quality)).toThrow(known);
    expect(() => checkReleasable('out-of-range:delay', quality)).toThrow(/there are: out-of-range:distance\.$/);
    expect(() => checkReleasable('out-of-range:delay', qualityWith({}))).toThrow(/it declares no range/);
  });

  it.each([
    ['duplicate-id', 'only one of the rows'],
    ['label-conflict', 'which of the two labels'],
    ['id-missing', 'cannot be placed'],
    ['non-finite:distance', 'no number'],
    ['weather', 'no reason of a quarantine'],
  ])('is refused for %s, with why', (reason, why) => expect(() => checkReleasable(reason, quality)).toThrow(why));
});
