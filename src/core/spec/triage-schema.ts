/**
 * The part of a pipeline that says when an alarm counts as a reason to retrain. No part of the recipe: editing it changes no
 * artifact. `core/triage/triage-rule.ts` makes a rule of it.
 */
import { z } from 'zod';
import { DAY_MS, durationMs, isDuration } from './duration.js';

const fraction = z.number().min(0).max(1);
const duration = z
  .string()
  .refine(isDuration, 'write a duration as ISO 8601, e.g. PT1H, P3D, P1DT12H (at most P36525D)');

export const triage = z.strictObject({
  /** Chance of calling anything moved when nothing changed. */
  alpha: z.number().gt(0).lt(1).default(0.05),
  /** Smaller effects are no reason to retrain: KS D of numbers, bias-corrected Jensen–Shannon distance of categories. */
  minEffect: z.strictObject({ numeric: fraction.default(0.02), categorical: fraction.default(0.02) }).prefault({}),
  /** "Unchanged" is said only where an effect of this size would have been seen. */
  seenFrom: z.strictObject({ numeric: fraction.default(0.1), categorical: fraction.default(0.1) }).prefault({}),
  minRows: z.int().min(1).default(500),
  /** Days with labels that performance and label shares need. */
  minDays: z.int().min(2).default(7),
  /** Of the stable window before the one in question. */
  reference: duration
    .refine(
      (text) => !isDuration(text) || durationMs(text) >= 7 * DAY_MS,
      'write at least P7D: fewer days show no week, and nothing could be compared with them',
    )
    .default('P28D'),
  /** A version in use this long before an onset, or a third of it after, is near it. */
  versionWithin: duration.default('P3D'),
  /** Share of the rows in the region that moved that must have labels. */
  minLabelledShare: fraction.default(0.5),
});

export type TriageSpec = z.output<typeof triage>;
