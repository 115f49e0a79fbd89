/**
 * The gates before training that look at labels: enough of them, no conflicts, no more wrong ones than before, no feature that gives the
 * label away, no choice of who gets a label that training would copy. What triage judges from days (`label-facts.ts`) stands here as
 * warnings, so that nothing is concluded twice.
 */
import { hasChanged } from '../triage/fact-words.js';
import type { WindowLabels } from '../triage/label-measures.js';
import type { LabelCheckInput } from './label-check-input.js';
import { conflictChecks, noiseCheck } from './label-fault-checks.js';
import { identifierChecks, knownTimeChecks, signalChecks } from './leakage-checks.js';
import { isAtLeast, isAtMost, numberOrNull, percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Before the label wait is over, what is missing may still come. */
function enoughLabels({ spec, measures, facts, options }: LabelCheckInput): QualityCheck[] {
  const { minDays, minClassRows } = spec.quality;
  const { labelled, positives } = measures.current.all;
  const negatives = sum(labelled) - sum(positives);
  const least = Math.min(sum(positives), negatives);
  const rarer = sum(positives) <= negatives ? 'positive' : 'negative';
  const severity = options.isAfterLabelWait ? 'error' : 'warn';
  const common = { column: null, severity, fault: null } as const;
  return [
    {
      ...common,
      check: 'label-days',
      passed: isAtLeast(facts.labelledDays, minDays),
      value: facts.labelledDays,
      threshold: minDays,
      text: `Labels of ${facts.labelledDays} days are known; at least ${minDays} days are required.`,
    },
    {
      ...common,
      check: 'label-classes',
      passed: isAtLeast(least, minClassRows),
      value: least,
      threshold: minClassRows,
      text: `${least} labels are ${rarer}, the rarer class; at least ${minClassRows} are required.`,
    },
  ];
}

/** The most of the difference first; faults among them are triage's to name. */
function driftChecks({ facts }: LabelCheckInput): QualityCheck[] {
  const common = { check: 'label-drift', severity: 'warn', threshold: null, fault: null } as const;
  const moved = facts.shifts.filter((shift) => shift.isAbrupt || shift.isInverted || hasChanged(shift));
  if (facts.shifts.length === 0) {
    const text =
      'Shares of positive labels were not compared: too few days with labels of mature rows, here or before.';
    return [{ ...common, column: null, passed: false, value: null, text }];
  }
  if (moved.length === 0) {
    const text = 'The share of positive labels differs from before by no more than days do.';
    return [{ ...common, column: null, passed: true, value: null, text }];
  }
  return moved.map(({ where, column, before, after, onset, isAbrupt, isInverted }) => ({
    ...common,
    column,
    passed: false,
    value: numberOrNull(after - before),
    text:
      `The share of positive labels (${where}) is ${percent(after)}, ${percent(before)} before` +
      `${isInverted ? ', as if exchanged' : isAbrupt ? ', at once' : ''}.`,
    onset,
  }));
}

/** Of the mature rows' labels fewer are there than before, and the positive ones are those that lack. */
function missingPositives({ spec, measures, facts, options }: LabelCheckInput): QualityCheck[] {
  const { current, reference } = measures;
  if (reference === null || facts.positivesKnown === null) return [];
  const threshold = spec.labels.coverage.perClass;
  const knownShare = ({ mature }: WindowLabels): number => mature.labelled / mature.rows;
  const positiveShare = ({ mature }: WindowLabels): number => mature.positives / mature.labelled;
  const isFewer = !isAtLeast(knownShare(current), knownShare(reference) - LESS_KNOWN);
  const isOneSided = current.mature.labelled === 0 || !isAtLeast(positiveShare(current), positiveShare(reference));
  const isMissing = isFewer && isOneSided && !isAtLeast(facts.positivesKnown, threshold);
  const known = percent(facts.positivesKnown);
  const text = isMissing
    ? `${percent(knownShare(current))} of the mature rows have a label, ${percent(knownShare(reference))} before, and positive ones lack: ${known} of those expected are known; at least ${percent(threshold)} is required.`
    : `${known} of the positive labels to be expected are known.`;
  const severity = options.isAfterLabelWait ? 'error' : 'warn';
  const fault = options.isAfterLabelWait ? 'label-fault' : null;
  const common = { check: 'missing-positives', column: null, severity, fault, isExact: false } as const;
  return [{ ...common, passed: !isMissing, value: numberOrNull(facts.positivesKnown), threshold, text }];
}

/** Fewer mature rows with a label than before, by this share of them. */
const LESS_KNOWN = 0.02;

function selectionCheck({ spec, options }: LabelCheckInput): QualityCheck[] {
  if (options.selection === null) return [];
  const { auc, labelled, unlabelled } = options.selection;
  const threshold = spec.quality.maxSelectionAuc;
  const text = `Rows with a label (${labelled}) are told from mature ones without (${unlabelled}) with an AUC of ${auc.toFixed(3)}; at most ${threshold} is allowed.`;
  const common = { check: 'selection', column: null, severity: 'warn', fault: null } as const;
  return [{ ...common, passed: isAtMost(auc, threshold), value: numberOrNull(auc), threshold, text }];
}

function decidedCheck({ spec, facts }: LabelCheckInput): QualityCheck[] {
  const share = facts.decidedByChampion;
  if (share === null) return [];
  const threshold = spec.quality.maxDecidedShare;
  const passed = isAtMost(share, threshold);
  const advice = passed ? '' : ' Keep a share of rows whose label does not hang on a model.';
  const text = `${percent(share)} of the labels exist because the champion decided so; at most ${percent(threshold)} is allowed.${advice}`;
  return [
    {
      check: 'decided-by-champion',
      column: null,
      severity: 'warn',
      fault: null,
      passed,
      value: share,
      threshold,
      text,
    },
  ];
}

/** A check that needs what was not measured says nothing; `facts` and options tell what was not. */
export function labelChecks(input: LabelCheckInput): QualityCheck[] {
  return [
    ...enoughLabels(input),
    ...conflictChecks(input),
    ...missingPositives(input),
    ...noiseCheck(input),
    ...driftChecks(input),
    ...signalChecks(input),
    ...identifierChecks(input),
    ...knownTimeChecks(input),
    ...selectionCheck(input),
    ...decidedCheck(input),
  ];
}
