/** What a replayed policy was worth: its retrains one by one, its answers to the true shifts, and the quality it served. */
import { iso } from '../../instant.js';
import { DAY_MS } from '../../spec/duration.js';
import { mean } from '../../stats/mean.js';
import type { Instant } from '../../types.js';
import type { Span } from './contender.js';
import { type DayScores, type Gain, gainAfter, gainOf } from './gain.js';
import { dayFrom, type QualityGrid, startOf } from './quality-grid.js';
import type { Replay } from './replay.js';
import type { TrueShift } from './true-shifts.js';
import type { ReplayedRun } from './world.js';

/** `useful`: the gain's interval lies above 0; `useless`: it does not; `unjudged`: fewer than 14 days follow. */
type Usefulness = 'useful' | 'useless' | 'unjudged';

interface JudgedRun {
  readonly runNo: number;
  readonly openedAt: Instant;
  readonly cause: ReplayedRun['cause'];
  readonly reason: string;
  readonly triggers: number;
  readonly trainedThrough: Instant;
  readonly trainingMinutes: number;
  readonly gain: Gain;
  readonly usefulness: Usefulness;
}

interface ShiftAnswer {
  readonly shiftAt: Instant;
  /** Null: missed, no model trained through it went live before the next shift or the end. */
  readonly delayDays: number | null;
}

export interface Verdict {
  readonly name: string;
  readonly runs: readonly JudgedRun[];
  readonly trainingMinutes: number;
  readonly answers: readonly ShiftAnswer[];
  readonly missed: number;
  readonly useless: number;
  readonly unjudged: number;
  /** Mean over the days of the model that served at their beginning; null without a scored day. */
  readonly quality: number | null;
  readonly fates: Replay['fates'];
}

function judgeRun(grid: QualityGrid, run: ReplayedRun): JudgedRun {
  const { runNo, cause, reason, triggers, trained, trainingMinutes } = run;
  const gain = gainAfter(grid, { newer: trained, older: run.replaced, from: dayFrom(grid, run.endedMs) });
  const usefulness = gain.interval === null ? 'unjudged' : gain.interval.lower > 0 ? 'useful' : 'useless';
  const { trainedThrough } = grid.cutoffs[trained]!;
  return {
    runNo,
    openedAt: iso(run.openedMs),
    cause,
    reason,
    triggers,
    trainedThrough,
    trainingMinutes,
    gain,
    usefulness,
  };
}

function answersOf(
  grid: QualityGrid,
  runs: readonly ReplayedRun[],
  { shifts, span }: { shifts: readonly TrueShift[]; span: Span },
): ShiftAnswer[] {
  return shifts.map(({ at }, index) => {
    const untilMs = Math.min(span.toMs, Date.parse(shifts[index + 1]?.at ?? iso(span.toMs)));
    const answer = runs.find(
      ({ trained, endedMs }) => grid.cutoffs[trained]!.trainedThrough >= at && endedMs < untilMs,
    );
    const delayDays = answer === undefined ? null : Math.max(0, answer.endedMs - Date.parse(at)) / DAY_MS;
    return { shiftAt: at, delayDays };
  });
}

/** The score of whichever model served at the beginning of each day. */
function servedScores(grid: QualityGrid, runs: readonly ReplayedRun[]): DayScores {
  const first = startOf(grid);
  return grid.days.map((day, index) => {
    const startMs = Date.parse(day);
    const serving = runs.findLast(({ endedMs }) => endedMs <= startMs)?.trained ?? first;
    return grid.cutoffs[serving]!.scoresByDay[index] ?? null;
  });
}

export function verdictOn(
  { name, runs, fates }: Replay,
  { grid, shifts, span }: { grid: QualityGrid; shifts: readonly TrueShift[]; span: Span },
): Verdict {
  const judged = runs.map((run) => judgeRun(grid, run));
  const answers = answersOf(grid, runs, { shifts, span });
  const scores = servedScores(grid, runs).filter((score) => score !== null);
  const count = (usefulness: Usefulness): number => judged.filter((run) => run.usefulness === usefulness).length;
  return {
    name,
    runs: judged,
    trainingMinutes: runs.reduce((sum, run) => sum + run.trainingMinutes, 0),
    answers,
    missed: answers.filter(({ delayDays }) => delayDays === null).length,
    useless: count('useless'),
    unjudged: count('unjudged'),
    quality: scores.length === 0 ? null : mean(scores),
    fates,
  };
}

/** Of one replay's served days over another's. */
export function gainOver(grid: QualityGrid, { better, base }: { better: Replay; base: Replay }): Gain {
  const range = { from: 0, to: grid.days.length, higherIsBetter: grid.higherIsBetter };
  return gainOf({ better: servedScores(grid, better.runs), base: servedScores(grid, base.runs) }, range);
}
