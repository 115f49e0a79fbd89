/**
 * Single values that many rows of a column of many values have, counted by day: what bins cannot tell from their neighbours. The sample
 * says which they may be, so that no value of its own is counted for every row; the counts are of all rows.
 */
import type { FrequentValues } from '../core/triage/input-measures.js';
import type { Duck } from './duck.js';
import { vectorItems } from './vectors.js';

/** Of the rows with a finite number. */
const LEAST_SHARE = 0.001;
/** A value with that share of all rows is found among the sample's with this part of it. */
const SAMPLED_PART = 0.5;
const FEWEST_SAMPLED = 2;

function candidatesOf(sampled: readonly Float64Array[]): number[] {
  const found = new Map<number, number>();
  let rows = 0;
  for (const day of sampled) {
    rows += day.length;
    for (let from = 0, to = 0; from < day.length; from = to) {
      while (to < day.length && day[to] === day[from]) to += 1;
      found.set(day[from]!, (found.get(day[from]!) ?? 0) + to - from);
    }
  }
  const fewest = Math.max(FEWEST_SAMPLED, SAMPLED_PART * LEAST_SHARE * rows);
  return [...found].flatMap(([value, count]) => (count >= fewest ? [value] : []));
}

/**
 * @param of.sampled the column's sampled values by day, each ascending
 * @param of.rows finite numbers of the column in the window
 */
export async function frequentNumbers(
  duck: Duck,
  key: string,
  of: { readonly sampled: readonly Float64Array[]; readonly rows: number },
): Promise<FrequentValues> {
  const candidates = candidatesOf(of.sampled);
  if (candidates.length === 0) return { values: [], counts: of.sampled.map(() => []) };
  const byValue = new Map<number, number[]>();
  const list = candidates.map((value) => `'${value}'::DOUBLE`).join(', ');
  // Minus zero is zero.
  for await (const chunk of duck.chunks(
    `SELECT day_at::INTEGER, (${key} + 0.0)::DOUBLE AS value, count(*)::DOUBLE FROM input_rows ` +
      `WHERE day_at IS NOT NULL AND ${key} IN (${list}) GROUP BY day_at, value`,
  )) {
    const day = vectorItems(chunk, 0, Int32Array);
    const [value, count] = [vectorItems(chunk, 1, Float64Array), vectorItems(chunk, 2, Float64Array)];
    for (let at = 0; at < chunk.rowCount; at += 1) {
      const counts = byValue.get(value[at]!) ?? of.sampled.map(() => 0);
      counts[day[at]!]! += count[at]!;
      byValue.set(value[at]!, counts);
    }
  }
  const frequent = [...byValue]
    .filter(([, counts]) => counts.reduce((sum, count) => sum + count, 0) >= LEAST_SHARE * of.rows)
    .sort(([a], [b]) => a - b);
  return {
    values: frequent.map(([value]) => value),
    counts: of.sampled.map((_, day) => frequent.map(([, counts]) => counts[day]!)),
  };
}
