/**
 * Earlier scores of one series (monitor, scope, column, method), for the thresholds that compare with them. A score counts
 * by the end of the window that it speaks of, so that a late or replayed claim is compared with what lay before it.
 */
import type { Finding } from '../../signals/drift-claim.js';
import type { ScoreHistory } from './facts.js';

interface Series {
  readonly at: readonly number[];
  readonly scores: readonly number[];
  /** Answers for windows that end together, as those of one storm do. */
  readonly cache: Map<string, SeriesPart>;
}

export interface SeriesPart {
  readonly n: number;
  /** NaN without scores. */
  readonly mean: number;
  /** Ascending. */
  readonly sorted: readonly number[];
}

const NONE: SeriesPart = { n: 0, mean: Number.NaN, sorted: [] };

const keyOf = (monitor: string, of: Pick<Finding, 'scope' | 'column' | 'method'>): string =>
  JSON.stringify([monitor, of.scope, of.column, of.method]);

/** Index of the first entry that is at least `ms`. */
function firstFrom(at: readonly number[], ms: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function seriesOf({ scores }: ScoreHistory): Series {
  const points = scores
    .map(({ at, score }) => ({ at: Date.parse(at), score }))
    .filter(({ at, score }) => Number.isFinite(at) && Number.isFinite(score))
    .sort((a, b) => a.at - b.at);
  return { at: points.map(({ at }) => at), scores: points.map(({ score }) => score), cache: new Map() };
}

/** A series is read once it is asked for: most judgements end before any threshold. */
export class ScoreSeries {
  readonly #histories: readonly ScoreHistory[];
  readonly #byKey = new Map<string, Series>();
  #unread: Map<string, ScoreHistory> | null = null;

  constructor(histories: readonly ScoreHistory[]) {
    this.#histories = histories;
  }

  #series(key: string): Series | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    this.#unread ??= new Map(this.#histories.map((history) => [keyOf(history.monitor, history), history]));
    const history = this.#unread.get(key);
    if (history === undefined) return undefined;
    const series = seriesOf(history);
    this.#byKey.set(key, series);
    return series;
  }

  /** The scores of `[endMs - spanMs, endMs)`: the finding's own is none of them. */
  before(of: {
    monitor: string;
    finding: Pick<Finding, 'scope' | 'column' | 'method'>;
    endMs: number;
    spanMs: number;
  }): SeriesPart {
    const series = this.#series(keyOf(of.monitor, of.finding));
    if (series === undefined) return NONE;
    const key = `${of.endMs}/${of.spanMs}`;
    const known = series.cache.get(key);
    if (known !== undefined) return known;
    const scores = series.scores.slice(firstFrom(series.at, of.endMs - of.spanMs), firstFrom(series.at, of.endMs));
    const part: SeriesPart = {
      n: scores.length,
      mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
      sorted: [...scores].sort((a, b) => a - b),
    };
    series.cache.set(key, part);
    return part;
  }
}

/** Linear between order statistics (Hyndman and Fan's type 7, numpy's default); NaN for an empty list. */
export function quantileOf(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const below = sorted[low];
  if (below === undefined) return Number.NaN;
  return below + ((sorted[low + 1] ?? below) - below) * (at - low);
}
