// Label counts of two windows, made of days with a will of their own: what the tests on labels share.
import { createRng } from '#dist/core/rng.js';
import type { LabelCounts, LabelMeasures, LabelSlice, WindowLabels } from '#dist/core/triage/label-measures.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2001-01-01T00:00:00Z');
const dayText = (day: number): string => new Date(START + day * DAY_MS).toISOString().slice(0, 10);
export const instant = (day: number): string => new Date(START + day * DAY_MS).toISOString();

/** Log-odds of a positive label for a part of the rows; `hour` and `origin` count from 0. */
type Odds = (row: { day: number; hour: number; origin: number; whim: number }) => number;

export interface Story {
  readonly referenceDays: number;
  readonly currentDays: number;
  readonly hours: number;
  readonly origins: number;
  readonly rowsACell: number;
  /** Standard deviation of a day's own log-odds. */
  readonly scatter: number;
  readonly seed: number;
  readonly odds: Odds;
}

export const STORY: Story = {
  referenceDays: 28,
  currentDays: 14,
  hours: 10,
  origins: 4,
  rowsACell: 60,
  scatter: 0.4,
  seed: 1,
  odds: ({ hour, origin, whim }) => -2 + 0.15 * hour + 0.1 * origin + whim,
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const noConflicts = { ids: 0, alikeGroups: 0, alikeConflicts: 0, alikeConflictRows: 0 };

export function windowOf(all: LabelCounts, from: number): WindowLabels {
  const days = all.rows.map((_, at) => dayText(from + at));
  const mature = { rows: sum(all.rows), labelled: sum(all.labelled), positives: sum(all.positives) };
  return {
    window: { start: instant(from), end: instant(from + days.length) },
    days,
    isWhole: days.map(() => true),
    all,
    matureDays: all,
    ages: null,
    mature,
    conflicts: noConflicts,
    knownBeforeEvent: 0,
    knownAfterLabel: 0,
    decidedBy: null,
    scoredBy: null,
  };
}

export function measuresOf(change: Partial<Story> = {}): LabelMeasures {
  const story = { ...STORY, ...change };
  const rng = createRng(story.seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
  const days = story.referenceDays + story.currentDays;
  const zeros = (): number[] => new Array<number>(days).fill(0);
  const counts = new Map<string, { rows: number[]; positives: number[] }>();
  const add = (key: string, day: number, positives: number): void => {
    const own = counts.get(key) ?? { rows: zeros(), positives: zeros() };
    counts.set(key, own);
    own.rows[day]! += story.rowsACell;
    own.positives[day]! += positives;
  };
  for (let day = 0; day < days; day += 1) {
    const whim = story.scatter * normal();
    for (let hour = 0; hour < story.hours; hour += 1) {
      for (let origin = 0; origin < story.origins; origin += 1) {
        const p = 1 / (1 + Math.exp(-story.odds({ day, hour, origin, whim })));
        let positives = 0;
        for (let row = 0; row < story.rowsACell; row += 1) if (rng() < p) positives += 1;
        add('all', day, positives);
        add(`hour ${hour}`, day, positives);
        add(`origin ${origin}`, day, positives);
      }
    }
  }
  const cut = (key: string, from: number, to: number): LabelCounts => {
    const own = counts.get(key)!;
    const rows = own.rows.slice(from, to);
    return { rows, labelled: rows, positives: own.positives.slice(from, to) };
  };
  const n = story.referenceDays;
  const slice = (column: string, kind: LabelSlice['kind'], value: number, key: string): LabelSlice => ({
    ...{ column, kind, value: String(value) },
    current: cut(key, n, days),
    reference: cut(key, 0, n),
  });
  const range = (to: number): number[] => Array.from({ length: to }, (_, at) => at);
  return {
    inputsAsOf: instant(days + 5),
    labelsAsOf: instant(days + 5),
    current: windowOf(cut('all', n, days), n),
    reference: windowOf(cut('all', 0, n), 0),
    slices: [
      ...range(story.hours).map((hour) => slice('event_at hour', 'part', hour, `hour ${hour}`)),
      ...range(story.origins).map((origin) => slice('origin', 'category', origin, `origin ${origin}`)),
    ],
    features: [],
    unread: [],
  };
}
