/**
 * Are the labels in? The rule behind the durable wait: judged from two measured coverages, the policy and the deadline,
 * so that the workflow only acts on the answer.
 */
import type { PipelineSpec } from '../spec/schema.js';
import type { Coverage, Instant } from '../types.js';

export interface CoverageQuestion {
  readonly policy: PipelineSpec['labels'];
  readonly training: Coverage;
  readonly holdout: Coverage;
  readonly deadlineAt: Instant;
  readonly now: Instant;
}

export type CoverageAnswer =
  | { readonly kind: 'enough'; readonly notes: readonly string[] }
  | { readonly kind: 'wait'; readonly missing: readonly string[]; readonly notes: readonly string[] }
  | {
      readonly kind: 'deadline';
      readonly outcome: 'proceed' | 'shrink' | 'abort' | 'ask';
      readonly missing: readonly string[];
      readonly notes: readonly string[];
    };

/** Rounded down: 0.8996 of 0.90 must not read as 90 %. */
const percent = (share: number): string => `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;

function shortfalls(label: string, coverage: Coverage, policy: PipelineSpec['labels']): string[] {
  const span = `[${coverage.window.start.slice(0, 10)}, ${coverage.window.end.slice(0, 10)})`;
  if (coverage.rows === 0) return [`The ${label} window ${span} has no row yet.`];
  const missing: string[] = [];
  // Written as "not at least", so that NaN counts as missing.
  if (!(coverage.overall >= policy.coverage.overall)) {
    missing.push(
      `The ${label} window ${span} has ${percent(coverage.overall)} of its labels ` +
        `(${coverage.labelled} of ${coverage.rows} rows); ${percent(policy.coverage.overall)} are wanted.`,
    );
  }
  for (const [name, share] of Object.entries(coverage.perClass ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (share >= policy.coverage.perClass) continue;
    missing.push(
      `Class ${name} of the ${label} window has ${percent(share)} of the labels expected for it; ` +
        `${percent(policy.coverage.perClass)} are wanted.`,
    );
  }
  return missing;
}

function notesOn(question: CoverageQuestion): string[] {
  return (['training', 'holdout'] as const)
    .filter((label) => question[label].perClass === null)
    .map(
      (label) =>
        `Per class nothing can be said of the ${label} window, since no row is older than the label delay: the overall share decides.`,
    );
}

/**
 * Enough labels win over a passed deadline. At the deadline the policy's outcome stands, with one exception: `shrink` moves
 * only the training end, so a holdout that is short then gives `abort`.
 * NaN shares count as missing. `missing` holds sentences for a person and is never empty.
 */
export function judgeCoverage(question: CoverageQuestion): CoverageAnswer {
  const { policy, training, holdout } = question;
  const notes = notesOn(question);
  const holdoutMissing = shortfalls('holdout', holdout, policy);
  const missing = [...shortfalls('training', training, policy), ...holdoutMissing];
  if (missing.length === 0) return { kind: 'enough', notes };
  if (Date.parse(question.now) < Date.parse(question.deadlineAt)) return { kind: 'wait', missing, notes };
  if (policy.onDeadline === 'shrink' && holdoutMissing.length > 0) {
    const because =
      'The holdout never shrinks: its shortfall aborts or asks, whatever the outcome chosen for training.';
    return { kind: 'deadline', outcome: 'abort', missing, notes: [...notes, because] };
  }
  return { kind: 'deadline', outcome: policy.onDeadline, missing, notes };
}
