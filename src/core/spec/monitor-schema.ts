/**
 * The part of a pipeline that asks for the built-in monitor: how often it looks, at how much, and what is worth an alarm.
 * No part of the recipe: editing it changes no artifact.
 */
import { z } from 'zod';
import { isDuration } from './duration.js';

const duration = z
  .string()
  .refine(isDuration, 'write a duration as ISO 8601, e.g. PT1H, P3D, P1DT12H (at most P36525D)');

const alert = z.strictObject({
  /** Chance of any false alarm in a period, over all series that are tested. */
  alpha: z.number().gt(0).max(0.2).default(0.01),
  /** A column or the scores have to move this far: KS D of numbers, corrected Jensen–Shannon distance (base e) of categories. */
  effect: z.number().gt(0).max(1).default(0.05),
  /** The primary metric has to fall this far (AUC), or rise (log loss, Brier score). */
  fall: z.number().gt(0).default(0.01),
});

export const monitor = z.strictObject({
  every: duration.default('P1D'),
  /** Instead of `every`; in UTC, as the periods are. */
  cron: z.string().optional(),
  /** How late a missed look is still made up for. */
  catchUp: duration.default('P1D'),
  paused: z.boolean().default(false),
  /** Whole UTC days up to the midnight before a look; whole weeks compare like weekdays. */
  window: duration.default('P7D'),
  /** Labels count once their event is this old; `labels.delay` when left out. */
  labelDelay: duration.optional(),
  /** Features whose columns are compared. */
  features: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]).default('all'),
  /** Rows that are compared and scored at most: an even sample of more. */
  maxRows: z.int().min(1000).max(1_000_000).default(100_000),
  alert: alert.prefault({}),
});

export type MonitorSpec = z.output<typeof monitor>;
