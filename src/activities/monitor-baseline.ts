/**
 * A champion's baseline: read where it was made already, else made from the snapshots that its run froze. The one time that
 * rows of the past are read, and only those in the artifact store.
 */

import { join } from 'node:path';
import { PipelineError } from '../core/errors.js';
import type { MonitorBaseline, MonitoredFeature, StoredProfile } from '../core/monitor/baseline.js';
import type { PipelineSpec, SpecFeature } from '../core/spec/schema.js';
import { sourceColumn } from '../core/spec/source-column.js';
import type { SnapshotRef } from '../core/types.js';
import type { ChampionRow } from './deps.js';
import type { MonitorDeps } from './monitor-deps.js';
import { withScratch } from './scratch.js';

/** What is read back of a manifest; `freeze.ts` writes it, and its digest was checked. */
interface ProfileManifest {
  readonly schema: readonly {
    readonly parquet: string;
    readonly name: string;
    readonly role: string;
    readonly source: string | null;
  }[];
  readonly profile: Readonly<Record<string, { readonly kind: string }>>;
}

export interface Champion {
  readonly modelId: string;
  readonly row: ChampionRow;
  /** Its own pipeline: whose features it reads. */
  readonly spec: PipelineSpec;
  readonly maxRows: number;
}

/** Parts of an instant other than the hour move with the calendar: that is no drift. */
const isComparable = (feature: SpecFeature): boolean => feature.kind !== 'time' || feature.part === 'hour';

const isProfile = (profile: { readonly kind: string } | undefined): profile is StoredProfile =>
  profile?.kind === 'numeric' || profile?.kind === 'categorical';

async function monitoredFeatures(
  deps: Pick<MonitorDeps, 'artifacts'>,
  spec: PipelineSpec,
  training: SnapshotRef,
): Promise<MonitoredFeature[]> {
  const manifest = JSON.parse((await deps.artifacts.read(training.manifest)).toString('utf8')) as ProfileManifest;
  return spec.features.filter(isComparable).map((feature) => {
    const stored = manifest.schema.find(({ role, name }) => role === 'feature' && name === feature.name);
    const profile = stored === undefined ? undefined : manifest.profile[stored.parquet];
    const column = sourceColumn(spec.source.columns, feature);
    return { name: feature.name, column, profile: isProfile(profile) ? profile : null };
  });
}

async function make(deps: MonitorDeps, champion: Champion, signal: AbortSignal): Promise<MonitorBaseline> {
  const { modelId, row, spec, maxRows } = champion;
  const snapshots = await deps.registry.snapshotsOfVersion(modelId, row.version);
  const [training, holdout] = ['training', 'holdout'].map((kind) => snapshots.find((one) => one.kind === kind));
  if (training === undefined || holdout === undefined) {
    throw new PipelineError(
      'INVARIANT_BROKEN',
      `Version ${row.version} of ${modelId} has no snapshots to compare with.`,
    );
  }
  return withScratch(deps.scratchDir, async (dir) => {
    const columnsOf = async (snapshot: SnapshotRef) => {
      const target = { snapshot, path: join(dir, `${snapshot.kind}.columns`), boundaryAt: null, maxRows };
      const { path } = await deps.dataset.toColumns(spec, target, { signal });
      const { contentDigest, window, rows } = snapshot;
      return { columnsPath: path, contentDigest, window, rows: rows.used };
    };
    const [own, unseen] = [await columnsOf(training), await columnsOf(holdout)];
    const { scores } = await deps.trainer.predict(
      { columnsPath: unseen.columnsPath, artifacts: [row.artifact], workDir: dir, trainer: spec.trainer },
      { signal },
    );
    const features = await monitoredFeatures(deps, spec, training);
    return deps.baselineOffLoop({ training: own, holdout: unseen, features, scores: scores[0]! }, signal);
  });
}

export async function baselineOf(deps: MonitorDeps, champion: Champion, signal: AbortSignal): Promise<MonitorBaseline> {
  const { modelId, row } = champion;
  let artifact = await deps.registry.monitorBaseline(modelId, row.version);
  if (artifact === null) {
    const made = new TextEncoder().encode(JSON.stringify(await make(deps, champion, signal)));
    const put = await deps.artifacts.putBytes(made);
    artifact = await deps.registry.recordMonitorBaseline({ modelId, version: row.version, artifact: put });
  }
  return JSON.parse((await deps.artifacts.read(artifact)).toString('utf8')) as MonitorBaseline;
}
