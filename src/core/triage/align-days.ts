/** Two windows' counts of a column brought into the same bins, and the current rows into those of a stored profile. */
import type { ColumnDays, DayCounts, ProfileCounts } from './column-days.js';
import type { ColumnProfile, StoredProfile } from './column-profile.js';
import type {
  CategoricalInputs,
  ColumnInputs,
  CountsPerDay,
  EdgeCounts,
  NumericInputs,
  ValueCounts,
  WindowInputs,
} from './input-measures.js';

interface Aligned {
  readonly reference: CountsPerDay;
  readonly current: CountsPerDay;
  readonly labelled: readonly number[];
}

/** Parts of the calendar itself: two windows that follow each other always differ in them. */
const CALENDAR: ReadonlySet<string> = new Set(['month', 'day-of-year']);

export const isCalendar = (column: ColumnInputs): boolean => column.kind === 'time' && CALENDAR.has(column.part);

/** counts[i] = values in (edges[i − 1], edges[i]]. */
function intoEdges(
  numbers: ValueCounts | EdgeCounts,
  edges: readonly number[],
): { counts: number[][]; labelled: number[] } {
  const from = numbers.kind === 'values' ? numbers.values : [...numbers.edges, Infinity];
  const places: number[] = [];
  let at = 0;
  for (const value of from) {
    while (at < edges.length && edges[at]! < value) at += 1;
    places.push(at);
  }
  const into = (counts: readonly number[]): number[] => {
    const list = new Array<number>(edges.length + 1).fill(0);
    for (const [bin, count] of counts.entries()) list[places[bin]!]! += count;
    return list;
  };
  return { counts: numbers.counts.map(into), labelled: into(numbers.labelled) };
}

function alignNumbers(reference: NumericInputs['numbers'], current: NumericInputs['numbers']): Aligned {
  const edged = [reference, current].find((numbers) => numbers.kind === 'bins');
  // Of values alone every one is a bin of its own; the last bin, above all of them, stays empty.
  const edges =
    edged?.kind === 'bins'
      ? edged.edges
      : [reference, current]
          .flatMap((numbers) => (numbers.kind === 'values' ? numbers.values : []))
          .sort((a, b) => a - b)
          .filter((value, at, all) => at === 0 || value !== all[at - 1]);
  const own = intoEdges(current, edges);
  return { reference: intoEdges(reference, edges).counts, current: own.counts, labelled: own.labelled };
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Categories of both; where the reference does not hold all of its own, those that it does not name are one with the others. */
function alignCategories(reference: CategoricalInputs, current: CategoricalInputs): Aligned {
  const isComplete = sum(reference.others) === 0;
  const levels = isComplete ? [...new Set([...reference.levels, ...current.levels])] : reference.levels;
  const place = new Map(levels.map((level, at) => [level, at]));
  const into = (counts: readonly number[], from: { levels: readonly string[]; others: number }): number[] => {
    const list = new Array<number>(levels.length + 1).fill(0);
    list[levels.length] = from.others;
    for (const [at, count] of counts.entries()) list[place.get(from.levels[at]!) ?? levels.length]! += count;
    return list;
  };
  const of = (column: CategoricalInputs): number[][] =>
    column.counts.map((day, at) => into(day, { levels: column.levels, others: column.others[at]! }));
  const others = sum(current.others);
  const counted = sum(current.counts.map(sum));
  // Which of the others are labelled was not counted: as many as of the rest.
  const known = counted === 0 ? 0 : (others * sum(current.labelled)) / counted;
  return {
    reference: of(reference),
    current: of(current),
    labelled: into(current.labelled, { levels: current.levels, others: known }),
  };
}

function align(reference: ColumnInputs, current: ColumnInputs): Aligned | null {
  if (reference.kind === 'numeric' && current.kind === 'numeric')
    return alignNumbers(reference.numbers, current.numbers);
  if (reference.kind === 'categorical' && current.kind === 'categorical') return alignCategories(reference, current);
  if (reference.kind === 'time' && current.kind === 'time') {
    return { reference: reference.counts, current: current.counts, labelled: current.labelled };
  }
  return null;
}

function numericProfile(
  stored: Extract<ColumnProfile, { kind: 'numeric' }>,
  current: NumericInputs,
): ProfileCounts | null {
  const { histogram } = stored;
  const { numbers } = current;
  const known = numbers.kind === 'bins' ? new Set(numbers.edges) : null;
  if (known !== null && !histogram.edges.every((edge) => known.has(edge))) return null;
  const { counts } = intoEdges(numbers, histogram.edges);
  const inBins = Float64Array.from(counts[0] ?? [], (_, bin) => sum(counts.map((day) => day[bin]!)));
  const exact = new Map<number, number>();
  if (numbers.kind === 'values') {
    for (const [at, value] of numbers.values.entries()) exact.set(value, sum(numbers.counts.map((day) => day[at]!)));
  }
  const atEdge = Float64Array.from(histogram.edges, (edge) => exact.get(edge) ?? 0);
  const rows = sum([...inBins]);
  // What lies on an edge is only known of columns that were counted value by value.
  const isKnown = numbers.kind === 'values';
  return {
    kind: 'numeric',
    stored: { ...histogram, atEdge: isKnown ? histogram.atEdge : null },
    current: { counts: inBins, atEdge, rows, nulls: sum(current.nulls) },
  };
}

/** Stands for categories that were not counted by name; no name of the user's is that long. */
const OTHERS = '\u0000'.repeat(201);

function profileCounts(stored: ColumnProfile | undefined, current: ColumnInputs): ProfileCounts | null {
  if (stored === undefined) return null;
  if (stored.kind === 'numeric' && current.kind === 'numeric') return numericProfile(stored, current);
  if (stored.kind !== 'categorical' || current.kind !== 'categorical') return null;
  const counts = new Map<string, number>();
  for (const [at, level] of current.levels.entries()) {
    const rows = sum(current.counts.map((day) => day[at]!));
    if (rows > 0) counts.set(level, rows);
  }
  const others = sum(current.others);
  if (others > 0) counts.set(OTHERS, others);
  const { kind: _kind, ...top } = stored;
  return { kind: 'categorical', stored: top, current: counts };
}

const dayCounts = (days: readonly string[], counts: CountsPerDay): DayCounts => ({
  days,
  counts: counts.map((day) => Float64Array.from(day)),
});

/** Columns that both windows could read, without those that only follow the calendar. */
export function alignWindows(
  reference: WindowInputs,
  current: WindowInputs,
  profile: StoredProfile | null,
): ColumnDays[] {
  return current.columns.flatMap((column, at): ColumnDays[] => {
    const before = reference.columns[at];
    if (before === undefined || !before.isMeasured || !column.isMeasured || isCalendar(column)) return [];
    const aligned = align(before, column);
    if (aligned === null) return [];
    return [
      {
        column: column.column,
        method: column.kind === 'categorical' ? 'chi-square' : 'ks',
        reference: dayCounts(reference.days, aligned.reference),
        current: dayCounts(current.days, aligned.current),
        labelledInCurrent: Float64Array.from(aligned.labelled),
        profile: profileCounts(profile?.[column.feature], column),
      },
    ];
  });
}
