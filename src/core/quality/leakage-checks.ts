/** Features that know what they cannot: nearly the label, the name of the row, or known only once the label is. */
import type { FeatureSignal } from '../triage/label-measures.js';
import type { LabelCheckInput } from './label-check-input.js';
import { isAtMost, numberOrNull, percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** Either direction: shares by value of the other half rank high what is positive, unless something is wrong. */
const strength = ({ auc }: FeatureSignal): number => (auc === null ? 0.5 : Math.max(auc, 1 - auc));

/** A feature that alone predicts the label beyond the limit nearly is the label. */
export function signalChecks({ spec, measures }: LabelCheckInput): QualityCheck[] {
  const threshold = spec.quality.maxFeatureAuc;
  const common = {
    check: 'leakage',
    severity: 'error',
    threshold,
    fault: 'code-or-feature-bug',
    isExact: false,
  } as const;
  const failed = measures.features.filter((signal) => !isAtMost(strength(signal), threshold));
  if (failed.length > 0) {
    return failed.map((signal) => ({
      ...common,
      column: signal.column,
      passed: false,
      value: numberOrNull(strength(signal)),
      text: `Feature "${signal.feature}" alone predicts the label with an AUC of ${strength(signal).toFixed(3)}; beyond ${threshold} it is taken for the label itself. Is it known before the label is?`,
    }));
  }
  const most = measures.features.reduce((best, signal) => Math.max(best, strength(signal)), 0.5);
  const text = `No feature alone predicts the label beyond an AUC of ${threshold}; the most is ${most.toFixed(3)}.`;
  return [{ ...common, column: null, passed: true, value: most, text }];
}

/** Fewer rows say nothing about how often values repeat. */
const LEAST_ROWS = 100;

/** Measurements rarely repeat either: of numbers only whole ones can be names. */
const canNameRows = ({ kind, isWhole, rows }: FeatureSignal): boolean =>
  rows >= LEAST_ROWS && (kind === 'categorical' || (kind === 'numeric' && isWhole));

export function identifierChecks({ spec, measures }: LabelCheckInput): QualityCheck[] {
  const threshold = spec.quality.maxDistinctShare;
  const common = { check: 'identifier', severity: 'warn', threshold, fault: null } as const;
  const shares = measures.features
    .filter(canNameRows)
    .map((signal) => ({ signal, share: signal.distinct / signal.rows }));
  const failed = shares.filter(({ share }) => !isAtMost(share, threshold));
  if (failed.length > 0) {
    return failed.map(({ signal, share }) => ({
      ...common,
      column: signal.column,
      passed: false,
      value: numberOrNull(share),
      text: `Feature "${signal.feature}" has a value of its own in ${percent(share)} of the rows: it names rows and teaches nothing about others.`,
    }));
  }
  const most = shares.reduce((best, { share }) => Math.max(best, share), 0);
  return [{ ...common, column: null, passed: true, value: most, text: 'No feature names its row.' }];
}

/** Instants that contradict the order of things: the row, then its event, then its label. */
export function knownTimeChecks({ spec, measures }: LabelCheckInput): QualityCheck[] {
  const { current } = measures;
  const labelled = current.all.labelled.reduce((sum, rows) => sum + rows, 0);
  const threshold = spec.quality.maxOutOfRangeShare;
  const common = { column: null, severity: 'warn', threshold, fault: null } as const;
  const checks: QualityCheck[] = [];
  const { labelKnownAt, rowKnownAt } = spec.source.columns;
  const add = (check: string, count: number, text: (share: string) => string): void => {
    const share = labelled === 0 ? 0 : count / labelled;
    checks.push({ ...common, check, passed: isAtMost(share, threshold), value: share, text: text(percent(share)) });
  };
  if (labelKnownAt !== undefined || spec.source.labels?.columns.knownAt !== undefined) {
    add(
      'label-before-event',
      current.knownBeforeEvent,
      (share) => `${share} of the labels were known before their event.`,
    );
    if (rowKnownAt !== undefined) {
      add(
        'known-after-label',
        current.knownAfterLabel,
        (share) => `${share} of the rows became known only after their label: features may have been made with it.`,
      );
    }
  }
  return checks;
}
