/** The digest that an approval is bound to: it changes with anything that could have changed the verdict. */
import { canonicalDigest } from '../canonical-json.js';
import type { Digest, GateResult } from '../types.js';

export interface Evidence {
  readonly modelId: string;
  readonly runNo: number;
  readonly specDigest: Digest;
  readonly candidateVersion: number;
  /** Digest of the candidate's artifact. */
  readonly candidateArtifact: Digest;
  readonly championVersion: number | null;
  readonly championEpoch: number;
  /** Content digest of the holdout. */
  readonly holdoutDigest: Digest;
  /** In the order of the evaluation, the mode's own gates included. */
  readonly gates: readonly GateResult[];
}

/** Sentences are left out: rewording one must not void an approval. Numbers that are not finite count as null. */
export function evidenceDigest(evidence: Evidence): Digest {
  return canonicalDigest({
    modelId: evidence.modelId,
    runNo: evidence.runNo,
    specDigest: evidence.specDigest,
    candidateVersion: evidence.candidateVersion,
    candidateArtifact: evidence.candidateArtifact,
    championVersion: evidence.championVersion,
    championEpoch: evidence.championEpoch,
    holdoutDigest: evidence.holdoutDigest,
    gates: evidence.gates.map(({ gate, metric, slice, required, value, interval, threshold, passed }) => ({
      gate,
      metric,
      slice,
      required,
      value: finite(value),
      interval:
        interval === null
          ? null
          : { lower: finite(interval.lower), upper: finite(interval.upper), confidence: finite(interval.confidence) },
      threshold: finite(threshold),
      passed,
    })),
  });
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
