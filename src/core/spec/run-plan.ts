/**
 * The part of a spec that a workflow needs to steer a run: small enough to travel in a payload, with every duration in
 * milliseconds. Built in an activity from the stored spec, so that it stands in the history.
 */
import type { Digest, Instant, Mode, Promotion, Window } from '../types.js';
import { durationMs } from './duration.js';
import type { PipelineSpec } from './schema.js';
import { resolveWindows } from './windows.js';

export interface RunPlan {
  readonly specDigest: Digest;
  /** Why this recipe may not be trained now (a rollback blocked it), for a person; null when it may. */
  readonly blocked: string | null;
  readonly inputsAsOf: Instant;
  readonly training: Window;
  readonly holdout: Window;
  readonly validationStart: Instant;
  readonly metric: string;
  readonly mode: Mode;
  readonly labels: { readonly deadlineAt: Instant; readonly pollMs: number };
  /** Absent in plans of earlier builds: by policy. */
  readonly promotion?: Promotion;
  readonly approval: { readonly policy: PipelineSpec['approval']['policy']; readonly expiryMs: number };
  readonly trainTimeoutMs: number;
  /** False: the server does not know our search attributes and the run must not write them. */
  readonly hasSearchAttributes: boolean;
}

/** @param now the run's present: wall time or the replayed clock; inputs are frozen as of it */
export function planRun(
  spec: PipelineSpec,
  context: {
    specDigest: Digest;
    now: Instant;
    blocked: string | null;
    promotion: Promotion;
    hasSearchAttributes: boolean;
  },
): RunPlan {
  const windows = resolveWindows(spec, context.now);
  return {
    specDigest: context.specDigest,
    blocked: context.blocked,
    inputsAsOf: context.now,
    training: windows.training,
    holdout: windows.holdout,
    validationStart: windows.validationStart,
    metric: spec.metric,
    mode: spec.mode,
    labels: {
      deadlineAt: new Date(Date.parse(context.now) + durationMs(spec.labels.deadline)).toISOString(),
      pollMs: durationMs(spec.labels.poll),
    },
    promotion: context.promotion,
    approval: { policy: spec.approval.policy, expiryMs: durationMs(spec.approval.expiry) },
    trainTimeoutMs: durationMs(spec.trainer.limits.timeout),
    hasSearchAttributes: context.hasSearchAttributes,
  };
}
