/**
 * Rows that come again: with an id that was there, with the same content under another id, or a whole day that is the day before once
 * more. Some repeats are usual (two flights of a minute), so each is judged by the reference's own rate.
 */
import type { WindowInputs } from '../triage/input-measures.js';
import { type ComparedWindows, feedFailure, passed, startOf, sumOf } from './input-check.js';
import { percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** What is allowed above the usual share of repeats: of the window, of one day. */
const MORE_IN_WINDOW = 0.01;
const MORE_IN_DAY = 0.05;
/** Fewer repeats than this are an accident of few rows. */
const FEWEST = 10;
/** A day of which this share repeats the day before, where the usual share is small. */
const LEAST_OF_DAY = 0.5;
const FEWEST_OF_DAY = 20;

/** Three times the usual is unusual, and so is a tenth of what is usually no repeat. */
const unusualFrom = (usual: number, least: number): number =>
  Math.max(usual + least, Math.min(3 * usual, usual + (1 - usual) / 10));

const shares = (counts: readonly number[], { rows }: WindowInputs): number[] =>
  counts.map((count, day) => (rows[day]! < FEWEST_OF_DAY ? 0 : count / rows[day]!));

interface Kind {
  readonly counts: (window: WindowInputs) => readonly number[];
  readonly what: string;
}

const KINDS: readonly Kind[] = [
  { counts: ({ duplicateIds }) => duplicateIds, what: 'repeat an id' },
  { counts: ({ duplicateRows }) => duplicateRows, what: 'equal another row in event time and all features' },
];

function failure(kind: Kind, { current, reference }: ComparedWindows): QualityCheck | null {
  const counts = kind.counts(current);
  const past = kind.counts(reference);
  const usual = sumOf(past) / Math.max(1, sumOf(reference.rows));
  const share = sumOf(counts) / Math.max(1, sumOf(current.rows));
  const threshold = unusualFrom(usual, MORE_IN_WINDOW);
  const onDay = unusualFrom(Math.max(0, ...shares(past, reference)), MORE_IN_DAY);
  const daily = shares(counts, current);
  const isUnusual = (day: number): boolean => daily[day]! > onDay && counts[day]! >= FEWEST;
  const days = current.days.filter((_, day) => isUnusual(day));
  if (days.length === 0 && !(share > threshold && sumOf(counts) >= FEWEST)) return null;
  const worst = days.length === 0 ? '' : `, most on ${days.slice(0, 3).join(', ')}`;
  return feedFailure({
    check: 'repeated-rows',
    column: null,
    value: share,
    threshold,
    isExact: true,
    onset: startOf(days[0]),
    text: `${sumOf(counts)} rows (${percent(share)}) ${kind.what}${worst}; ${percent(usual)} is usual.`,
  });
}

function repeatedDays({ current, reference }: ComparedWindows): QualityCheck | null {
  const usual = Math.max(0, ...shares(reference.repeatedRows, reference));
  const threshold = Math.max(LEAST_OF_DAY, usual + (1 - usual) / 2);
  const daily = shares(current.repeatedRows, current);
  const days = current.days.filter((_, day) => daily[day]! > threshold);
  if (days.length === 0) return null;
  const most = Math.max(...daily);
  return feedFailure({
    check: 'repeated-day',
    column: null,
    value: most,
    threshold,
    isExact: true,
    onset: startOf(days[0]),
    text: `${percent(most)} of the rows of ${days.slice(0, 3).join(', ')} are, but for the date, rows of the day before; at most ${percent(usual)} is usual.`,
  });
}

export function checkRepeats(windows: ComparedWindows): QualityCheck[] {
  const failed = [...KINDS.map((kind) => failure(kind, windows)), repeatedDays(windows)].filter((one) => one !== null);
  // A row that repeats an id mostly repeats the rest too: one delivery, told once.
  const [first] = failed;
  if (first !== undefined) return [first];
  return [
    passed({ check: 'repeated-rows', value: null, threshold: null, text: 'Rows repeat no more often than usual.' }),
  ];
}
