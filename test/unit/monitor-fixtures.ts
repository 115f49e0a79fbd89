// Simulated days for the built-in monitor: a feature, a category, scores that are right as probabilities, labels drawn from them.
import type { ColumnTable } from '#dist/core/column-table.js';
import { type MonitorBaseline, makeBaseline } from '#dist/core/monitor/baseline.js';
import type { FeedFacts } from '#dist/core/monitor/feed-points.js';
import { measurePeriod } from '#dist/core/monitor/measure-period.js';
import type { MonitorPoint } from '#dist/core/monitor/monitor-point.js';
import { createRng, type Rng } from '#dist/core/rng.js';
import { monitor as monitorSchema } from '#dist/core/spec/monitor-schema.js';

const DAY_MS = 86_400_000;
export const FIRST_DAY = Date.parse('2001-01-01') / DAY_MS;
const LEVELS = ['ATL', 'BOS', 'DFW', 'ORD'];
const iso = (day: number): string => new Date(day * DAY_MS).toISOString();
const windowOf = (from: number, days: number) => ({ start: iso(from), end: iso(from + days) });

export interface Simulated {
  readonly table: ColumnTable;
  readonly scores: Float32Array;
}

interface Simulation {
  readonly from: number;
  readonly days: number;
  readonly rowsPerDay: number;
  readonly seed: number;
  /** How much a day of its own moves its rows. */
  readonly dayEffect?: number;
  readonly scale?: number;
  /** Labels do not follow the scores. */
  readonly isRandom?: boolean;
}

function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
}

export function simulate({ from, days, rowsPerDay, seed, dayEffect = 0, scale = 1, isRandom }: Simulation): Simulated {
  const rng = createRng(seed, from, days);
  const rows = days * rowsPerDay;
  const values = new Float64Array(rows);
  const codes = new Int32Array(rows);
  const label = new Uint8Array(rows);
  const day = new Int32Array(rows);
  const scores = new Float32Array(rows);
  for (let d = 0, row = 0; d < days; d += 1) {
    const whim = dayEffect * normal(rng);
    for (let k = 0; k < rowsPerDay; k += 1, row += 1) {
      const x = normal(rng) + whim;
      values[row] = (500 + 100 * x) * scale;
      codes[row] = Math.floor(rng() ** (1 + Math.abs(whim)) * LEVELS.length);
      scores[row] = 1 / (1 + Math.exp(-(x - 1)));
      label[row] = rng() < (isRandom === true ? 0.3 : scores[row]!) ? 1 : 0;
      day[row] = from + d;
    }
  }
  const features = [
    { kind: 'numeric', name: 'distance', values },
    { kind: 'categorical', name: 'origin', codes, levels: LEVELS },
  ] as const;
  return { table: { rows, features, sliceColumns: [], label, day }, scores };
}

export function baselineOf(training: Simulated, holdout: Simulated): MonitorBaseline {
  const rowsOf = ({ table }: Simulated) => {
    const first = table.day[0]!;
    const window = windowOf(first, table.day.at(-1)! - first + 1);
    return { table, contentDigest: 'c'.repeat(64), window, rows: table.rows };
  };
  return makeBaseline({
    training: rowsOf(training),
    holdout: rowsOf(holdout),
    features: ['distance', 'origin'].map((name) => ({ name, column: name, profile: null })),
    scores: holdout.scores,
  });
}

export function measured(
  baseline: MonitorBaseline,
  current: Simulated,
  change: { alert?: object; feed?: Partial<FeedFacts>; seed?: number } = {},
): Map<string, MonitorPoint> {
  const { table, scores } = current;
  const window = windowOf(table.day[0]!, 7);
  const feed: FeedFacts = {
    window,
    mature: window,
    rows: table.rows,
    days: 7,
    ofMature: { rows: table.rows, labelled: table.rows, days: 7 },
    nulls: [],
    training: baseline.training,
    quality: { minRowShare: 0.5, maxNullShare: 0.05 },
    coverage: 0.9,
    ...change.feed,
  };
  const monitor = monitorSchema.parse({ alert: change.alert ?? {} });
  const { seed = 1 } = change;
  const points = measurePeriod({ baseline, table, scores, window, mature: window, feed, monitor, metric: 'auc', seed });
  return new Map(points.map((point) => [point.series, point]));
}
