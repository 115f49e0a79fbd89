// Window assessment: each check fails on the fault it is for, and the verdict follows.
import { describe, expect, it } from 'vitest';
import { assessWindow } from '#dist/core/quality/assess-window.js';
import type { ColumnFacts, WindowFacts } from '#dist/core/quality/facts.js';
import { specSchema } from '#dist/core/spec/schema.js';

const DAY_MS = 86_400_000;
const column = (name: string, change: Partial<ColumnFacts> = {}): ColumnFacts => ({
  name,
  role: 'feature',
  expected: 'numeric',
  type: 'DOUBLE',
  isCompatible: true,
  nulls: 0,
  nonFinite: 0,
  min: 0,
  max: 9,
  distinct: 10,
  outOfRange: 0,
  ...change,
});

/** `days` whole days from `start`, Mondays to Fridays 1,000 rows, else 100. */
function facts(start: string, days: number, change: Partial<WindowFacts> = {}): WindowFacts {
  const first = Date.parse(start);
  const rowsPerDay = Array.from({ length: days }, (_, at) => {
    const time = first + at * DAY_MS;
    const isWeekend = [0, 6].includes(new Date(time).getUTCDay());
    return { day: new Date(time).toISOString().slice(0, 10), rows: isWeekend ? 100 : 1000 };
  });
  const end = new Date(first + days * DAY_MS).toISOString();
  return {
    window: { start: new Date(first).toISOString(), end },
    asOf: end,
    rows: rowsPerDay.reduce((sum, day) => sum + day.rows, 0),
    duplicateIds: 0,
    newestEventAt: new Date(Date.parse(end) - 60_000).toISOString(),
    rowsPerDay,
    columns: [
      column('id', { role: 'id', expected: 'any', type: 'BIGINT' }),
      column('event_at', { role: 'event-at', expected: 'time', type: 'TIMESTAMP' }),
      column('label', { role: 'label', expected: 'any', type: 'INTEGER', distinct: null }),
      column('x'),
      column('cat', { expected: 'categorical', type: 'VARCHAR' }),
    ],
    isAsOfGuaranteed: { rows: true, labels: true },
    ...change,
  };
}

const spec = specSchema.parse({
  model: 'm',
  source: { kind: 'parquet', path: 'x.parquet', columns: { label: 'label' } },
  features: [
    { kind: 'numeric', name: 'x' },
    { kind: 'categorical', name: 'cat' },
  ],
  window: { expanding: '2001-01-01' },
  gates: [{ metric: 'auc', min: 0.5 }],
});

// Two weeks from a Monday, after four weeks of reference.
const reference = facts('2001-01-01', 28);
const window = (change: Partial<WindowFacts> = {}): WindowFacts => facts('2001-01-29', 14, change);
const assess = (change: Partial<WindowFacts> = {}, before: WindowFacts | null = reference) =>
  assessWindow({ spec, facts: window(change), reference: before });
const withX = (change: Partial<ColumnFacts>): Partial<WindowFacts> => ({
  columns: window().columns.map((own) => (own.name === 'x' ? { ...own, ...change } : own)),
});
const failed = (result: ReturnType<typeof assess>) => result.checks.filter((check) => !check.passed);

describe('a window', () => {
  it('like the weeks before is clear, with every check shown and none failed', () => {
    const result = assess();
    expect(result.verdict).toBe('clear');
    expect(failed(result)).toEqual([]);
    expect(result.reasons).toEqual([]);
    expect(new Set(result.checks.map((check) => check.check))).toEqual(
      new Set([
        'schema',
        'row-count',
        'row-share',
        'freshness',
        'duplicate-ids',
        'null-share',
        'non-finite',
        'range',
        'constant',
      ]),
    );
    expect(result.checks.find((check) => check.check === 'row-share')?.value).toBe(1);
  });

  it('without rows is a broken feed', () => {
    const empty = window().rowsPerDay.map((day) => ({ ...day, rows: 0 }));
    const result = assess({ rows: 0, rowsPerDay: empty, newestEventAt: null });
    expect(result.verdict).toBe('broken-feed');
    expect(failed(result).map((check) => check.check)).toEqual(['row-count', 'row-share', 'empty-days', 'freshness']);
  });

  it('without a reference is clear, and says that rows were not compared', () => {
    const result = assess({}, null);
    expect(result.verdict).toBe('clear');
    expect(result.reasons).toEqual([expect.stringContaining('not compared')]);
  });

  it('whose facts are NaN passes no comparison', () => {
    const result = assess({ rows: Number.NaN });
    expect(result.verdict).toBe('broken-feed');
    const names = failed(result).map((check) => check.check);
    for (const check of ['row-count', 'null-share', 'range']) expect(names).toContain(check);
  });
});

describe('schema', () => {
  it('fails as a broken feed where a column is missing, even a label', () => {
    const result = assess(withX({ type: null, isCompatible: false }));
    expect(result.verdict).toBe('broken-feed');
    expect(result.reasons[0]).toContain('"x" is missing');
    const columns = window().columns.map((own) =>
      own.role === 'label' ? { ...own, type: null, isCompatible: false } : own,
    );
    expect(assess({ columns }).verdict).toBe('broken-feed');
  });

  it('fails as a logging change where only a type changed', () => {
    const result = assess(withX({ type: 'VARCHAR', isCompatible: false }));
    expect(result.verdict).toBe('logging-change');
    expect(failed(result)).toMatchObject([{ check: 'schema-type', column: 'x', severity: 'error' }]);
  });

  it('fails as a broken feed where a type changed and rows are gone as well', () => {
    expect(assess({ ...withX({ type: 'VARCHAR', isCompatible: false }), rows: 10 }).verdict).toBe('broken-feed');
  });
});

describe('a column that only the champion reads', () => {
  it('warns where the pipeline’s own would stop the run', () => {
    const input = { spec, facts: window(withX({ type: null, isCompatible: false })), reference };
    expect(assessWindow(input).verdict).toBe('broken-feed');
    const lenient = assessWindow({ ...input, lenient: new Set(['x']) });
    expect(lenient.verdict).toBe('clear');
    expect(lenient.reasons.join()).toContain('"x" is missing');
  });
});

describe('rows', () => {
  it('below the required number fail', () => {
    const result = assess({ rows: 999 });
    expect(result.verdict).toBe('broken-feed');
    expect(failed(result)).toMatchObject([{ check: 'row-count', value: 999, threshold: 1000 }]);
  });

  it('are compared with the same weekdays: a weekend is no fault, half a week is', () => {
    const weekend = facts('2001-02-03', 2, { rows: 1200 });
    expect(assessWindow({ spec, facts: weekend, reference }).verdict).toBe('clear');
    const thin = window().rowsPerDay.map((day) => ({ ...day, rows: day.rows * 0.4 }));
    const result = assess({ rowsPerDay: thin });
    expect(result.verdict).toBe('broken-feed');
    expect(failed(result)).toMatchObject([{ check: 'row-share', threshold: 0.5 }]);
    expect(failed(result)[0]?.value).toBeCloseTo(0.4, 12);
  });

  it('are compared over whole days only', () => {
    const cut = window();
    const half = { ...cut, window: { ...cut.window, start: '2001-01-29T12:00:00.000Z' } };
    const rowsPerDay = half.rowsPerDay.map((day, at) => (at === 0 ? { ...day, rows: 3 } : day));
    const share = assessWindow({ spec, facts: { ...half, rowsPerDay }, reference }).checks.find(
      (c) => c.check === 'row-share',
    );
    expect(share?.value).toBe(1);
  });

  it('missing on some days are a warning', () => {
    const rowsPerDay = window().rowsPerDay.map((day, at) => (at === 3 ? { ...day, rows: 0 } : day));
    const result = assess({ rowsPerDay });
    expect(result.verdict).toBe('clear');
    expect(failed(result)).toMatchObject([{ check: 'empty-days', value: 1, severity: 'warn' }]);
  });

  it('that end too early fail, measured to the as-of where that comes first', () => {
    const result = assess({ newestEventAt: '2001-02-09T12:00:00.000Z' });
    expect(result.verdict).toBe('broken-feed');
    expect(failed(result)).toMatchObject([{ check: 'freshness', value: 60, threshold: 48 }]);
    expect(assess({ newestEventAt: '2001-02-09T12:00:00.000Z', asOf: '2001-02-10T00:00:00.000Z' }).verdict).toBe(
      'clear',
    );
  });

  it('that repeat ids beyond the usual fail, a few are a warning', () => {
    const { rows } = window();
    expect(assess({ duplicateIds: 3 }).verdict).toBe('clear');
    expect(failed(assess({ duplicateIds: 3 }))).toMatchObject([{ check: 'duplicate-ids', severity: 'warn' }]);
    expect(assess({ duplicateIds: rows * 0.05 }).verdict).toBe('broken-feed');
    const usual = { ...reference, duplicateIds: reference.rows * 0.05 };
    expect(assess({ duplicateIds: rows * 0.05 }, usual).verdict).toBe('clear');
  });
});

describe('values', () => {
  const { rows } = window();

  it('that are missing too often fail, and name the column', () => {
    expect(assess(withX({ nulls: rows * 0.05 })).verdict).toBe('clear');
    const result = assess(withX({ nulls: rows * 0.06 }));
    expect(result.verdict).toBe('broken-feed');
    expect(failed(result)).toMatchObject([{ check: 'null-share', column: 'x', threshold: 0.05 }]);
    expect(failed(result)[0]?.value).toBeCloseTo(0.06, 12);
  });

  it('outside their range too often fail', () => {
    expect(assess(withX({ outOfRange: rows * 0.01 })).verdict).toBe('clear');
    expect(failed(assess(withX({ outOfRange: rows * 0.02 })))).toMatchObject([{ check: 'range', column: 'x' }]);
  });

  it('that are not finite warn when few and fail when many', () => {
    const few = assess(withX({ nonFinite: 1 }));
    expect(few.verdict).toBe('clear');
    expect(failed(few)).toMatchObject([{ check: 'non-finite', severity: 'warn' }]);
    expect(assess(withX({ nonFinite: rows * 0.02 })).verdict).toBe('broken-feed');
  });

  it('that never change are a warning', () => {
    const result = assess(withX({ distinct: 1 }));
    expect(result.verdict).toBe('clear');
    expect(failed(result)).toMatchObject([{ check: 'constant', column: 'x', severity: 'warn' }]);
  });
});
