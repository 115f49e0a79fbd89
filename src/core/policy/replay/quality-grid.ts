/**
 * Realised quality as a replay needs it: what a model trained through each cutoff would have scored on every later day. Made
 * beforehand by whoever has the data (examples/flights/make-quality-grid.mjs), since training is what a replay must not do.
 */
import { z } from 'zod';
import { PipelineError } from '../../errors.js';
import { DAY_MS } from '../../spec/duration.js';

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

const schema = z.object({
  /** For people, e.g. `within-day AUC`. */
  metric: z.string().min(1),
  higherIsBetter: z.boolean().default(true),
  /** First instants of UTC days, ascending and without a gap. */
  days: z.array(instant).min(2),
  /** Scored rows a day. */
  rows: z.array(z.int().min(0)),
  cutoffs: z
    .array(
      z.object({
        /** Its training data end here, labels known by then included. */
        trainedThrough: instant,
        trainingMinutes: z.number().min(0),
        /** A score a day; null before the cutoff, and for a day that could not be scored. */
        scoresByDay: z.array(z.number().nullable()),
      }),
    )
    .min(1),
});

export type QualityGrid = z.output<typeof schema>;

const refuse = (message: string): never => {
  throw new PipelineError('SIGNAL_INVALID', `The quality grid cannot be used: ${message}`);
};

function checkDays({ days, rows, cutoffs }: QualityGrid): void {
  days.forEach((day, at) => {
    const ms = Date.parse(day);
    if (ms % DAY_MS !== 0) refuse(`days[${at}] (${day}) is not the beginning of a UTC day.`);
    if (at > 0 && ms - Date.parse(days[at - 1]!) !== DAY_MS)
      refuse(`days[${at}] (${day}) is not the day after the one before it.`);
  });
  if (rows.length !== days.length) refuse(`it has ${days.length} days and rows for ${rows.length}.`);
  cutoffs.forEach(({ trainedThrough, scoresByDay }, at) => {
    const name = `cutoffs[${at}] (${trainedThrough})`;
    if (scoresByDay.length !== days.length)
      refuse(`${name} has scores for ${scoresByDay.length} of ${days.length} days.`);
    if (at > 0 && trainedThrough <= cutoffs[at - 1]!.trainedThrough)
      refuse(`${name} is not later than the one before it.`);
    const early = scoresByDay.findIndex((score, day) => score !== null && days[day]! < trainedThrough);
    if (early >= 0) refuse(`${name} is scored on ${days[early]}, which it was trained on.`);
  });
  if (cutoffs[0]!.trainedThrough > days[0]!)
    refuse(`nothing serves on its first day: the first cutoff is ${cutoffs[0]!.trainedThrough}.`);
}

/** @throws SIGNAL_INVALID naming what is wrong */
export function parseQualityGrid(raw: unknown): QualityGrid {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`${issue?.path.join('.') || 'the whole file'}: ${issue?.message ?? 'malformed'}.`);
  }
  checkDays(parsed.data);
  return parsed.data;
}

export const firstMs = (grid: QualityGrid): number => Date.parse(grid.days[0]!);
export const endMs = (grid: QualityGrid): number => firstMs(grid) + grid.days.length * DAY_MS;

/** The newest cutoff that a run at this instant could train through; the first one for anything earlier. */
export function cutoffAt(grid: QualityGrid, ms: number): number {
  let found = 0;
  grid.cutoffs.forEach(({ trainedThrough }, at) => {
    if (Date.parse(trainedThrough) <= ms) found = at;
  });
  return found;
}

/** The cutoff whose model serves on the first day: the newest at or before it. */
export const startOf = (grid: QualityGrid): number => cutoffAt(grid, firstMs(grid));

/** Index of the first whole day from this instant on. */
export const dayFrom = (grid: QualityGrid, ms: number): number => Math.max(0, Math.ceil((ms - firstMs(grid)) / DAY_MS));
