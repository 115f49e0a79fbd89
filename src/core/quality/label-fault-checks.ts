/** Labels that contradict each other, or that a model which did not see them finds wrong. */
import type { NoiseEstimate, WindowLabels } from '../triage/label-measures.js';
import type { LabelCheckInput } from './label-check-input.js';
import { isAtMost, numberOrNull, percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** A rate up to this many times the reference's is usual. */
const USUAL_FACTOR = 2;
/** Standard errors (days as units) that a rise of the noise has to stand clear of zero. */
const CLEAR_ERRORS = 3;

const labelledRows = (window: WindowLabels): number => window.all.labelled.reduce((sum, rows) => sum + rows, 0);

/** Two labels of one id at one instant: a fact, however many; too many of them stop the run. */
function sameIds({ spec, measures }: LabelCheckInput): QualityCheck {
  const { ids } = measures.current.conflicts;
  const threshold = spec.quality.maxLabelConflictShare;
  const share = ids / labelledRows(measures.current);
  const isTooMany = ids > 0 && !isAtMost(share, threshold);
  const text =
    ids === 0
      ? 'No id has two labels that became known at the same instant.'
      : `${ids} ids (${percent(share)}) have two labels that became known at the same instant; their rows are quarantined.`;
  return {
    check: 'label-conflicts',
    column: null,
    severity: isTooMany ? 'error' : 'warn',
    passed: ids === 0,
    value: numberOrNull(share),
    threshold,
    text,
    fault: isTooMany ? 'label-fault' : null,
    isExact: isTooMany,
  };
}

/** Rows alike in every feature differ in their label now and then: what counts is that they do so more often than before. */
function alikeRows({ spec, measures }: LabelCheckInput): QualityCheck {
  const { current, reference } = measures;
  const threshold = spec.quality.maxLabelConflictShare;
  const share = labelledRows(current) === 0 ? 0 : current.conflicts.alikeConflictRows / labelledRows(current);
  const rate = ({ conflicts }: WindowLabels): number =>
    conflicts.alikeGroups === 0 ? 0 : conflicts.alikeConflicts / conflicts.alikeGroups;
  const isOften = !isAtMost(share, threshold);
  const isUnusual = isOften && (reference === null || !isAtMost(rate(current), USUAL_FACTOR * rate(reference)));
  const isError = isUnusual && reference !== null;
  const before = reference === null ? '' : `, ${percent(rate(reference))} before`;
  const text = `Of rows alike in every feature and minute, ${percent(rate(current))} of the groups have both labels${before}: ${percent(share)} of the labelled rows.`;
  return {
    check: 'label-contradictions',
    column: null,
    severity: isError ? 'error' : 'warn',
    passed: !isUnusual,
    value: numberOrNull(share),
    threshold,
    text,
    fault: isError ? 'label-fault' : null,
    isExact: false,
  };
}

export const conflictChecks = (input: LabelCheckInput): QualityCheck[] => [sameIds(input), alikeRows(input)];

/** Without a reference the estimate says how well classes part, not how many labels are wrong: a warning beyond nothing. */
export function noiseCheck({ spec, options }: LabelCheckInput): QualityCheck[] {
  if (options.noise === null) return [];
  const { current, reference } = options.noise;
  const threshold = spec.quality.maxLabelNoiseRise;
  const common = { check: 'label-noise', column: null, threshold, isExact: false } as const;
  if (reference === null) {
    const text = `${percent(current.share)} of the labels look wrong to a model that did not see them; there is nothing earlier to compare with.`;
    return [{ ...common, severity: 'warn', fault: null, passed: false, value: null, text }];
  }
  const rise = current.share - reference.share;
  const passed = isAtMost(rise, threshold) || !isClear(rise, current, reference);
  const text = `${percent(current.share)} of the labels look wrong to a model that did not see them, ${percent(reference.share)} before; a rise of at most ${percent(threshold)} is allowed.`;
  return [{ ...common, severity: 'error', fault: 'label-fault', passed, value: numberOrNull(rise), text }];
}

/** NaN is never a pass: an estimate without an error of its own counts as clear. */
function isClear(rise: number, current: NoiseEstimate, reference: NoiseEstimate): boolean {
  if (current.standardError === null || reference.standardError === null) return true;
  const error = Math.hypot(current.standardError, reference.standardError);
  return !isAtMost(rise, CLEAR_ERRORS * error);
}
