/** The limits that triage judges by; `triage` of the pipeline file sets them. */
import { DAY_MS, durationMs } from '../spec/duration.js';
import type { TriageSpec } from '../spec/triage-schema.js';
import { DEFAULT_RETEST_RULE, type RetestRule } from './retest.js';

export interface TriageRule {
  readonly retest: RetestRule;
  /** Days that a window needs before anything can be said of its performance. */
  readonly minDays: number;
  /** Rows that a window needs before its re-test can end in anything but `unclear`. */
  readonly minRows: number;
  /** A version in use this long before the onset, or a third of it after, is near it. */
  readonly versionWithinMs: number;
  /** Share of the rows in the region that moved that has to be labelled. */
  readonly minLabelledShare: number;
  /** Share of rows, mapped back, from which on a map of a column is exact. */
  readonly exactShare: number;
  /** Share of rows whose logged and recomputed values may differ. */
  readonly maxDiffering: number;
  /** Rise of the estimated share of wrong labels from which on it counts. */
  readonly noiseRise: number;
  /** A change of the share of positive labels by less than this part of it is none that a claim about the target could mean. */
  readonly maxShareShift: number;
  /** Labels are missing where fewer than this share of those usual at their age is known. */
  readonly minOfUsual: number;
}

export const DEFAULT_TRIAGE_RULE: TriageRule = {
  retest: DEFAULT_RETEST_RULE,
  minDays: 7,
  minRows: 500,
  versionWithinMs: 3 * DAY_MS,
  minLabelledShare: 0.5,
  exactShare: 0.99,
  maxDiffering: 0.01,
  noiseRise: 0.05,
  maxShareShift: 0.25,
  minOfUsual: 0.8,
};

/** What the pipeline sets, over what is the same for every pipeline. */
export const triageRuleOf = (spec: TriageSpec): TriageRule => ({
  ...DEFAULT_TRIAGE_RULE,
  retest: {
    alpha: spec.alpha,
    floors: { ks: spec.minEffect.numeric, 'chi-square': spec.minEffect.categorical },
    seenFrom: { ks: spec.seenFrom.numeric, 'chi-square': spec.seenFrom.categorical },
  },
  minRows: spec.minRows,
  minDays: spec.minDays,
  versionWithinMs: durationMs(spec.versionWithin),
  minLabelledShare: spec.minLabelledShare,
});
