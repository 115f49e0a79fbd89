/** From counts about labels to the facts that triage concludes from. */
import { kaplanMeierOfCounts, type SurvivalCurve } from '../stats/kaplan-meier.js';
import type { LabelFacts } from './facts.js';
import { LEAST_A_DAY } from './label-days.js';
import type { LabelAges, LabelFactsOptions, LabelMeasures, WindowLabels } from './label-measures.js';
import { labelShifts, shiftSince } from './label-shifts.js';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

interface Usual {
  /** Share of the rows that would be known at the ages that they have. */
  readonly known: number;
  /** Share of positives among those that would not be known yet. */
  readonly positivesAmongWaiting: number;
}

/** Share of the rows still waiting at each of these ages (ascending), and at the last one. */
function waitingAt(curve: SurvivalCurve, hours: readonly number[]): number[] {
  let [at, share] = [0, 1];
  return hours.map((age) => {
    while (at < curve.time.length && curve.time[at]! <= age) {
      share = curve.survival[at]!;
      at += 1;
    }
    return share;
  });
}

/** Rows that wait may be of either class: each gets the share that mature labels had. */
function curvesOf(ages: LabelAges, positiveShare: number): { positive: SurvivalCurve; negative: SurvivalCurve } {
  const curve = (events: readonly number[], share: number): SurvivalCurve =>
    kaplanMeierOfCounts({ time: ages.hours, events, censored: ages.waiting.map((rows) => rows * share) });
  return { positive: curve(ages.positives, positiveShare), negative: curve(ages.negatives, 1 - positiveShare) };
}

/** How old the rows are: of known ones only how long they took is counted, so whole days stand for them. */
function usualOf(measures: LabelMeasures, positiveShare: number): Usual | null {
  const { current, reference, labelsAsOf } = measures;
  if (reference?.ages == null) return null;
  const { positive, negative } = curvesOf(reference.ages, positiveShare);
  const rowAges = current.days
    .map((day, at) => ({
      hours: Math.max(0, (Date.parse(labelsAsOf) - Date.parse(`${day}T12:00:00.000Z`)) / 3_600_000),
      rows: current.all.rows[at] ?? 0,
    }))
    .sort((a, b) => a.hours - b.hours);
  const hours = rowAges.map((one) => one.hours);
  const [waitingPositive, waitingNegative] = [waitingAt(positive, hours), waitingAt(negative, hours)];
  const rows = sum(rowAges.map((one) => one.rows));
  const over = (waiting: readonly number[]): number => sum(rowAges.map((one, at) => one.rows * waiting[at]!)) / rows;
  const [positives, negatives] = [positiveShare * over(waitingPositive), (1 - positiveShare) * over(waitingNegative)];
  const waiting = positives + negatives;
  return {
    known: 1 - waiting,
    positivesAmongWaiting: waiting > 0 ? positives / waiting : positiveShare,
  };
}

/** Share of the labels of mature rows that are positive; NaN without any. */
const maturePositives = ({ mature }: WindowLabels): number => mature.positives / mature.labelled;

/** Share of mature rows whose label is known; null without mature rows. */
const matureKnown = ({ mature }: WindowLabels): number | null =>
  mature.rows === 0 ? null : mature.labelled / mature.rows;

/**
 * Known positives over those expected. Rows that usually wait at their age hold their usual share; more waiting rows than usual may
 * all be positives, as many as the reference's share asks for: where every label is there, all positives are, whatever their share.
 */
function positivesKnown(measures: LabelMeasures, usual: Usual | null): number | null {
  const { current, reference } = measures;
  if (reference === null) return null;
  const share = maturePositives(reference);
  const [rows, labelled, positives] = [sum(current.all.rows), sum(current.all.labelled), sum(current.all.positives)];
  if (!Number.isFinite(share) || rows === 0) return null;
  const usuallyKnown = usual?.known ?? matureKnown(reference) ?? 1;
  const waiting = rows - labelled;
  const waitingUsually = Math.min(waiting, rows * (1 - usuallyKnown));
  const least = positives + waitingUsually * (usual?.positivesAmongWaiting ?? share);
  const expected = Math.min(Math.max(rows * share, least), least + (waiting - waitingUsually));
  return expected > 0 ? positives / expected : null;
}

/** `known` of a window without rows is 0. */
export function labelFacts(measures: LabelMeasures, options: LabelFactsOptions): LabelFacts {
  const { current, reference } = measures;
  const rows = sum(current.all.rows);
  const labelled = sum(current.all.labelled);
  const share = reference === null ? Number.NaN : maturePositives(reference);
  const usual = Number.isFinite(share) && rows > 0 ? usualOf(measures, share) : null;
  const { noise } = options;
  return {
    known: rows === 0 ? 0 : labelled / rows,
    knownUsually: usual?.known ?? (reference === null ? null : matureKnown(reference)),
    positivesKnown: positivesKnown(measures, usual),
    labelledRows: labelled,
    labelledDays: current.all.labelled.filter((count) => count >= LEAST_A_DAY).length,
    matureKnown: matureKnown(current),
    shifts: labelShifts(measures),
    announced: options.announced.map((at) => ({ at, shift: shiftSince(measures, at) })),
    noise: noise?.current.share ?? null,
    referenceNoise: noise?.reference?.share ?? null,
    decidedByChampion: decidedByChampion(current, options.championVersion),
  };
}

/** Null without the column, without a champion, and without labels. */
function decidedByChampion({ decidedBy }: WindowLabels, champion: number | null): number | null {
  if (decidedBy === null || champion === null) return null;
  const all = sum(decidedBy.map(({ labels }) => labels));
  const names = [String(champion), `v${champion}`];
  const own = decidedBy.filter(({ version }) => version !== null && names.includes(version));
  return all === 0 ? null : sum(own.map(({ labels }) => labels)) / all;
}
