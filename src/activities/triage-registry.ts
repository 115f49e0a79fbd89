/** What triage asks of the registry and tells it: the part of `Registry` (deps.ts) that assessments need. */
import type { Assessment } from '../core/triage/assessment.js';
import type { Alleged, VersionRecord } from '../core/triage/facts.js';
import type { Instant, SnapshotRef } from '../core/types.js';

export interface RunKey {
  readonly modelId: string;
  readonly runNo: number;
}

export interface TriageRegistry {
  /**
   * With a fault verdict it opens an incident, or is a further sighting of the open one: its number, the same for a repeat. Null: no
   * fault; one that a closed incident answers, which has seen that window; or a run whose promotion is off, which moves nothing.
   * An assessment that excludes the fault of an open incident over a newer window closes that.
   */
  recordAssessment(key: RunKey, assessment: Assessment): Promise<{ readonly incidentId: number | null }>;
  /** Claims of monitors that the run has to answer, the one that started it first. */
  claimsOfRun(key: RunKey): Promise<readonly Alleged[]>;
  /** Changes that were announced and took effect from `from` to before `to`, oldest first. */
  versionRecords(modelId: string, span: { from: Instant; to: Instant }): Promise<readonly VersionRecord[]>;
  /** What the champion was trained on; null without a champion. */
  championTraining(modelId: string): Promise<SnapshotRef | null>;
}
