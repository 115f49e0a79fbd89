/** What the built-in monitor's activity needs from the other rooms, as interfaces. `worker.ts` wires the real ones in. */
import type { MonitorKey, MonitorLook } from '../core/monitor/look.js';
import type { MonitorPoint } from '../core/monitor/monitor-point.js';
import type { Accepted, Arrival, Refused } from '../core/signals/arrival.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { ArtifactRef, Digest, Instant, SnapshotRef } from '../core/types.js';
import type { ArtifactStore, ChampionRow, Dataset, TrainerHost } from './deps.js';
import type { baselineOffLoop, measureOffLoop } from './off-loop-monitor.js';

interface MonitorRegistry {
  /** Null before a pipeline was applied. */
  currentSpec(modelId: string): Promise<PipelineSpec | null>;
  specByDigest(digest: Digest): Promise<PipelineSpec>;
  champion(modelId: string): Promise<ChampionRow | null>;
  /** Of the run that made the version. */
  snapshotsOfVersion(modelId: string, version: number): Promise<readonly SnapshotRef[]>;
  monitorBaseline(modelId: string, version: number): Promise<ArtifactRef | null>;
  /** @returns the one that counts: of two the first */
  recordMonitorBaseline(of: { modelId: string; version: number; artifact: ArtifactRef }): Promise<ArtifactRef>;
  pointsOfPeriod(key: MonitorKey): Promise<readonly MonitorPoint[]>;
  /** All or none. @returns those that count: of two attempts the first one's */
  recordPoints(key: MonitorKey, points: readonly MonitorPoint[]): Promise<readonly MonitorPoint[]>;
  /** Idempotent on period, champion and outcome. */
  recordLook(look: MonitorLook & { readonly asOf: Instant }): Promise<void>;
  acceptArrivals(arrivals: readonly Arrival[]): Promise<readonly (Accepted | Refused)[]>;
}

export interface MonitorDeps {
  readonly registry: MonitorRegistry;
  readonly artifacts: ArtifactStore;
  readonly dataset: Pick<Dataset, 'observe' | 'toColumns'>;
  readonly trainer: Pick<TrainerHost, 'predict'>;
  readonly baselineOffLoop: typeof baselineOffLoop;
  readonly measureOffLoop: typeof measureOffLoop;
  readonly now: () => Instant;
  readonly scratchDir: string;
}
