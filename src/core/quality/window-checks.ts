/**
 * The checks of a window, one function each: pure, from facts to findings. A missing fact is never a pass, and NaN never
 * passes a comparison (each bound is written as "not within").
 */
import { DAY_MS, durationMs } from '../spec/duration.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { QualityCheck, QualitySeverity } from '../types.js';
import type { ColumnFacts, WindowFacts } from './facts.js';

export interface QualityInput {
  readonly spec: PipelineSpec;
  readonly facts: WindowFacts;
  /** The same facts of the time before; null when there is none to compare with. */
  readonly reference: WindowFacts | null;
}

interface Finding {
  readonly severity?: QualitySeverity;
  readonly column?: string;
  readonly passed: boolean;
  readonly value?: number | null;
  readonly threshold?: number | null;
  readonly text: string;
}

const found = (check: string, finding: Finding): QualityCheck => ({
  check,
  column: finding.column ?? null,
  severity: finding.severity ?? 'error',
  passed: finding.passed,
  value: finding.value ?? null,
  threshold: finding.threshold ?? null,
  text: finding.text,
});

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const share = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);
const present = (facts: WindowFacts): readonly ColumnFacts[] => facts.columns.filter((column) => column.type !== null);

export function checkSchema({ facts }: QualityInput): QualityCheck[] {
  return facts.columns.map((column) =>
    found('schema', {
      column: column.name,
      passed: column.type !== null && column.isCompatible,
      text:
        column.type === null
          ? `Column ${column.name} is gone from the source.`
          : `Column ${column.name} has type ${column.type}, read as ${column.expected}.`,
    }),
  );
}

export function checkRows({ spec, facts }: QualityInput): QualityCheck[] {
  const { minRows } = spec.quality;
  const text = `The window has ${facts.rows} rows; at least ${minRows} are wanted.`;
  return [found('row-count', { passed: facts.rows >= minRows, value: facts.rows, threshold: minRows, text })];
}

const weekday = (day: string): number => new Date(Date.parse(`${day}T00:00:00Z`)).getUTCDay();

/** Rows that the same weekdays of the reference would have given, summed over the window's whole days. */
function expectedRows(facts: WindowFacts, reference: WindowFacts): number {
  const sums = Array.from({ length: 7 }, () => ({ rows: 0, days: 0 }));
  for (const { day, rows } of reference.rowsPerDay) {
    const sum = sums[weekday(day)]!;
    sum.rows += rows;
    sum.days += 1;
  }
  return facts.rowsPerDay.reduce((total, { day }) => {
    const sum = sums[weekday(day)]!;
    return total + (sum.days === 0 ? Number.NaN : sum.rows / sum.days);
  }, 0);
}

export function checkRowShare(input: QualityInput): QualityCheck[] {
  const { spec, facts, reference } = input;
  const expected = reference === null ? Number.NaN : expectedRows(facts, reference);
  if (!(expected > 0)) return [];
  const { minRowShare } = spec.quality;
  const value = facts.rows / expected;
  const text = `The window has ${percent(value)} of the rows that the same weekdays before it had; at least ${percent(minRowShare)} are wanted.`;
  return [found('row-share', { passed: value >= minRowShare, value, threshold: minRowShare, text })];
}

/** Days in the window without a single row, where the reference has rows on every such weekday. */
export function checkEmptyDays({ facts, reference }: QualityInput): QualityCheck[] {
  if (reference === null) return [];
  const quiet = new Set(reference.rowsPerDay.filter(({ rows }) => rows === 0).map(({ day }) => weekday(day)));
  const empty = facts.rowsPerDay.filter(({ day, rows }) => rows === 0 && !quiet.has(weekday(day)));
  const days = empty.map(({ day }) => day);
  const named = days.length > 3 ? `${days.slice(0, 3).join(', ')} and ${days.length - 3} more` : days.join(', ');
  const text =
    days.length === 0 ? 'No day is without rows.' : `No row on ${named}, though those weekdays had rows before.`;
  return [found('empty-days', { passed: days.length === 0, value: days.length, threshold: 0, text })];
}

export function checkFreshness({ spec, facts }: QualityInput): QualityCheck[] {
  const allowedMs = durationMs(spec.quality.maxStaleness);
  const ageMs =
    facts.newestEventAt === null ? Number.NaN : Date.parse(facts.window.end) - Date.parse(facts.newestEventAt);
  const text =
    facts.newestEventAt === null
      ? 'The window has no row at all.'
      : `The newest row is of ${facts.newestEventAt}, ${(ageMs / DAY_MS).toFixed(1)} days before the window's end; at most ${(allowedMs / DAY_MS).toFixed(1)} are allowed.`;
  return [
    found('freshness', {
      passed: ageMs <= allowedMs,
      value: Number.isNaN(ageMs) ? null : ageMs / DAY_MS,
      threshold: allowedMs / DAY_MS,
      text,
    }),
  ];
}

export function checkNulls({ spec, facts }: QualityInput): QualityCheck[] {
  const { maxNullShare } = spec.quality;
  return present(facts)
    .filter((column) => column.role !== 'label')
    .map((column) => {
      const value = share(column.nulls, facts.rows);
      return found('null-share', {
        column: column.name,
        passed: value <= maxNullShare,
        value: Number.isNaN(value) ? null : value,
        threshold: maxNullShare,
        text: `${percent(value)} of ${column.name} is missing; at most ${percent(maxNullShare)} is allowed.`,
      });
    });
}

export function checkRanges({ spec, facts }: QualityInput): QualityCheck[] {
  const { maxOutOfRangeShare, ranges } = spec.quality;
  return present(facts)
    .filter((column) => ranges[column.name] !== undefined)
    .map((column) => {
      const value = share(column.outOfRange, facts.rows);
      return found('range', {
        column: column.name,
        passed: value <= maxOutOfRangeShare,
        value: Number.isNaN(value) ? null : value,
        threshold: maxOutOfRangeShare,
        text: `${percent(value)} of ${column.name} lies outside its declared range; at most ${percent(maxOutOfRangeShare)} may.`,
      });
    });
}

export function checkFinite({ facts, spec }: QualityInput): QualityCheck[] {
  const { maxOutOfRangeShare } = spec.quality;
  return present(facts)
    .filter((column) => column.expected === 'numeric')
    .map((column) => {
      const value = share(column.nonFinite, facts.rows);
      return found('finite', {
        column: column.name,
        passed: value <= maxOutOfRangeShare,
        value: Number.isNaN(value) ? null : value,
        threshold: maxOutOfRangeShare,
        text: `${percent(value)} of ${column.name} is NaN or infinite (those rows are quarantined).`,
      });
    });
}

export function checkDuplicates({ facts, reference }: QualityInput): QualityCheck[] {
  const value = share(facts.duplicateIds, facts.rows);
  const usual = reference === null ? 0 : share(reference.duplicateIds, reference.rows);
  // A duplicated row is quarantined anyway; more than a hundredth beyond the usual rate says that the feed repeats itself.
  const threshold = (Number.isNaN(usual) ? 0 : usual) + 0.01;
  const text = `${percent(value)} of the rows repeat an id; ${percent(threshold)} would be usual.`;
  return [
    found('duplicate-ids', {
      passed: value <= threshold,
      value: Number.isNaN(value) ? null : value,
      threshold,
      text,
    }),
  ];
}

export function checkConstant({ facts }: QualityInput): QualityCheck[] {
  return present(facts)
    .filter((column) => column.role === 'feature' && column.distinct !== null && facts.rows > 1)
    .map((column) =>
      found('constant', {
        severity: 'warn',
        column: column.name,
        passed: (column.distinct ?? 0) > 1,
        value: column.distinct,
        threshold: 2,
        text: `${column.name} has ${column.distinct} different value${column.distinct === 1 ? '' : 's'} in the window.`,
      }),
    );
}
