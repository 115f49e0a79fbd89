/**
 * Which rows an assessment looks at: those that the claims are about, or without a claim those that are new to the champion; the
 * stable weeks before them; the same calendar window a year earlier. And always the rows that are new to the champion as the data
 * gate: a fault anywhere there would be trained on.
 */
import { iso, shortInstant } from '../instant.js';
import { DAY_MS, durationMs } from '../spec/duration.js';
import type { RunPlan } from '../spec/run-plan.js';
import type { Cause, Instant, Window } from '../types.js';
import { isAlarm } from './decide.js';
import type { Alleged } from './facts.js';

/** Fifty-two weeks: the same weekdays at the same time of the year. */
const YEAR_MS = 364 * DAY_MS;

export interface AssessWindows {
  readonly current: Window;
  readonly reference: Window;
  /** Null: `current` is longer than a year, and would be compared with itself. */
  readonly season: Window | null;
  /** What the run would train on and be judged by, as far as it is news to the champion. */
  readonly news: Window;
  /** Why `current` is not what the claims are about, one sentence; empty otherwise. */
  readonly notMeasured: readonly string[];
}

interface Reasons {
  readonly cause: Cause;
  readonly claims: readonly Alleged[];
  /** End of the champion's training window; null without a champion. */
  readonly trainedThrough: Instant | null;
  /** `triage.reference` of the pipeline. */
  readonly reference: string;
}

const earlier = (a: Instant, b: Instant): Instant => (Date.parse(a) <= Date.parse(b) ? a : b);
const later = (a: Instant, b: Instant): Instant => (Date.parse(a) >= Date.parse(b) ? a : b);
const shift = (instant: Instant, ms: number): Instant => iso(Date.parse(instant) + ms);

const lengthMs = ({ start, end }: Window): number => Math.max(0, Date.parse(end) - Date.parse(start));

/** From the end of what the champion was trained on; the whole training window where that lies past the holdout. */
function newsOf({ training, holdout }: RunPlan, trainedThrough: Instant | null): Window {
  const isPast = trainedThrough === null || Date.parse(trainedThrough) >= Date.parse(holdout.end);
  return { start: isPast ? training.start : later(training.start, trainedThrough), end: holdout.end };
}

function spanOf(claims: readonly Alleged[], inputsAsOf: Instant): Window {
  const windows = claims.map(({ window }) => window);
  const start = windows.map((window) => window.start).reduce(earlier);
  // A claim may speak of more than the run knows.
  return { start, end: earlier(inputsAsOf, windows.map((window) => window.end).reduce(later)) };
}

/** @param plan of the run; nothing after its `inputsAsOf` is looked at */
export function assessWindows(plan: RunPlan, reasons: Reasons): AssessWindows {
  const { cause, claims, trainedThrough } = reasons;
  const news = newsOf(plan, trainedThrough);
  const isClaimed = isAlarm(cause) && trainedThrough !== null && claims.length > 0;
  const span = isClaimed ? spanOf(claims, plan.inputsAsOf) : null;
  const isKnown = span !== null && Date.parse(span.start) < Date.parse(span.end);
  const current = isKnown ? span : news;
  const notMeasured =
    span === null || isKnown
      ? []
      : [
          `The claims are about rows from ${shortInstant(span.start)} on, of which nothing is known as of ${shortInstant(plan.inputsAsOf)}: ` +
            'the rows that are new to the champion were assessed instead.',
        ];
  return { ...around(current, reasons.reference), news, notMeasured };
}

const around = (current: Window, reference: string): Pick<AssessWindows, 'current' | 'reference' | 'season'> => ({
  current,
  reference: { start: shift(current.start, -durationMs(reference)), end: current.start },
  season:
    lengthMs(current) > YEAR_MS ? null : { start: shift(current.start, -YEAR_MS), end: shift(current.end, -YEAR_MS) },
});

/** In fewer days than these there need not be a whole one to look at: the data gate alone judges them. */
const LEAST_BEYOND_MS = 2 * DAY_MS;

/** Days that the claims are about in part are no less new than others; an empty window where none is whole. */
function wholeDays({ start, end }: Window): Window {
  const from = Math.ceil(Date.parse(start) / DAY_MS) * DAY_MS;
  const to = Math.floor(Date.parse(end) / DAY_MS) * DAY_MS;
  return { start: iso(from), end: iso(Math.max(from, to)) };
}

export interface WindowsBeyond {
  readonly windows: AssessWindows;
  /** The whole days that the claims are about, where they lie amid the others: judged by themselves already. */
  readonly judged: readonly Window[];
}

interface BeyondOptions {
  /** `triage.reference` of the pipeline. */
  readonly reference: string;
  /** `quality.maxStaleness` of the pipeline: rows of the last days may be still to come. */
  readonly maxStaleness: string;
}

/**
 * The rows that are new to the champion and that no claim is about. What was concluded of the others would be seen here again,
 * diluted: half of a changed concept looks like a jump of labels.
 * @returns null where those before the claims are fewer than two days, and those after them too, or as few as may be still to come
 */
export function windowsBeyond(windows: AssessWindows, options: BeyondOptions): WindowsBeyond | null {
  const { current, news } = windows;
  const whole = wholeDays(current);
  const judged = { start: later(whole.start, news.start), end: earlier(whole.end, news.end) };
  const looked = (rows: Window, amid: readonly Window[]): WindowsBeyond => ({
    windows: { ...around(rows, options.reference), news, notMeasured: windows.notMeasured },
    judged: amid,
  });
  if (lengthMs(judged) === 0) return looked(news, []);
  const before = { start: news.start, end: judged.start };
  const after = { start: judged.end, end: news.end };
  const isBefore = lengthMs(before) >= LEAST_BEYOND_MS;
  const isAfter = lengthMs(after) >= Math.max(LEAST_BEYOND_MS, durationMs(options.maxStaleness));
  if (isBefore && isAfter) return looked(news, [judged]);
  if (isBefore) return looked(before, []);
  return isAfter ? looked(after, []) : null;
}

/** Of both halves together: two weeks show a week beside another. */
const LEAST_HALVED_MS = 14 * DAY_MS;

/**
 * The later half of the window beside its earlier one, for a source that keeps no rows from before it: what came into use in the
 * meantime is seen, what was there from the start is not.
 * @returns null where the window is shorter than two weeks
 */
export function halvedWindows(windows: AssessWindows): AssessWindows | null {
  const { start, end } = windows.current;
  if (lengthMs(windows.current) < LEAST_HALVED_MS) return null;
  const middle = iso(Math.floor((Date.parse(start) + Date.parse(end)) / 2 / DAY_MS) * DAY_MS);
  return {
    ...windows,
    current: { start: middle, end },
    reference: { start, end: middle },
    season: null,
    notMeasured: [
      ...windows.notMeasured,
      `There are no rows before ${shortInstant(start)}: those from ${shortInstant(middle)} on were compared with those until then.`,
    ],
  };
}

export const isSameWindow = (a: Window, b: Window): boolean =>
  Date.parse(a.start) === Date.parse(b.start) && Date.parse(a.end) === Date.parse(b.end);
