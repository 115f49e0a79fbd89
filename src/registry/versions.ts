/** Versions: immutable, one a run, numbered per model from the model's locked row. */
import type { Pool } from 'pg';
import type { NewVersion, RunKey } from '../activities/deps.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import type { ArtifactRef, Digest, Instant, Window } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, query, queryOne, toInstant, toWindow } from './database.js';
import { lockModel } from './models.js';
import { withRun } from './runs.js';
import { storedJson } from './stored-text.js';

export interface VersionRow {
  readonly version: number;
  readonly runNo: number;
  readonly attempt: number;
  readonly artifact: ArtifactRef;
  readonly recipeDigest: Digest;
  readonly trainingContentDigest: Digest;
  readonly trainingWindow: Window;
  readonly training: NewVersion['training'];
  readonly registeredAt: Instant;
}

interface DbVersion {
  version: number;
  run_no: number;
  attempt: number;
  artifact_digest: string;
  artifact_bytes: string;
  recipe_digest: string;
  training_content_digest: string;
  training_window_start: Date;
  training_window_end: Date;
  training: NewVersion['training'];
  registered_at: Date;
}

function toVersionRow(row: DbVersion): VersionRow {
  return {
    version: row.version,
    runNo: row.run_no,
    attempt: row.attempt,
    artifact: { digest: row.artifact_digest, bytes: Number(row.artifact_bytes) },
    recipeDigest: row.recipe_digest,
    trainingContentDigest: row.training_content_digest,
    trainingWindow: toWindow(row.training_window_start, row.training_window_end),
    training: row.training,
    registeredAt: toInstant(row.registered_at),
  };
}

/** Null when the run made none. */
export async function versionOfRun(db: Db, key: RunKey): Promise<VersionRow | null> {
  const row = await queryOne<DbVersion>(db, 'select * from perennial.versions where model_id = $1 and run_no = $2', [
    key.modelId,
    key.runNo,
  ]);
  return row === undefined ? null : toVersionRow(row);
}

/** @throws ARTIFACT_MISSING when the model has no such version */
export async function versionByNumber(db: Db, modelId: string, version: number): Promise<VersionRow> {
  const row = await queryOne<DbVersion>(db, 'select * from perennial.versions where model_id = $1 and version = $2', [
    modelId,
    version,
  ]);
  if (row !== undefined) return toVersionRow(row);
  throw new PipelineError('ARTIFACT_MISSING', `Model ${JSON.stringify(modelId)} has no version ${version}.`, {
    details: { modelId, version },
  });
}

/** A second call returns what the first one registered. @throws INVARIANT_BROKEN when the run was closed without a version */
export async function registerVersion(
  pool: Pool,
  candidate: NewVersion,
): Promise<{ version: number; artifact: ArtifactRef }> {
  const { modelId, runNo, attempt, artifact, recipeDigest, trainingContentDigest, trainingWindow } = candidate;
  const training = storedJson('training', candidate.training);
  return withRun(pool, candidate, async (client, present) => {
    const known = await versionOfRun(client, candidate);
    if (known !== null) return { version: known.version, artifact: known.artifact };
    assertInvariant(present.closedAt === null, `Run ${runNo} of ${modelId} is closed: too late for a version.`);
    const version = (await lockModel(client, modelId)).lastVersion + 1;
    await query(client, 'update perennial.models set last_version = $2 where model_id = $1', [modelId, version]);
    await query(
      client,
      `insert into perennial.versions (model_id, version, run_no, attempt, artifact_digest, artifact_bytes,
         recipe_digest, training_content_digest, training_window_start, training_window_end, training)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        modelId,
        version,
        runNo,
        attempt,
        artifact.digest,
        artifact.bytes,
        recipeDigest,
        trainingContentDigest,
        trainingWindow.start,
        trainingWindow.end,
        training,
      ],
    );
    await appendAudit(client, {
      modelId,
      kind: 'version-registered',
      body: { artifactDigest: artifact.digest, recipeDigest, runNo, trainingContentDigest, version },
    });
    return { version, artifact };
  });
}
