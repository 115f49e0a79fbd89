/** Which models an artifact belongs to: a model file, a snapshot or its manifest, the report of an evaluation. */
import type { ArtifactRef, Digest } from '../core/types.js';
import { type Db, query } from './database.js';

export interface ArtifactOwner extends ArtifactRef {
  readonly modelId: string;
  readonly kind: 'model' | 'rows' | 'manifest' | 'report';
}

/** Empty for a digest that no model has: a checkpoint on its way, or nothing at all. */
export async function artifactOwners(db: Db, digest: Digest): Promise<ArtifactOwner[]> {
  const rows = await query<{ model_id: string; kind: ArtifactOwner['kind']; bytes: string }>(
    db,
    `select model_id, 'model' as kind, artifact_bytes as bytes from perennial.versions where artifact_digest = $1
     union
     select model_id, 'rows', parquet_bytes from perennial.snapshots where parquet_digest = $1
     union
     select model_id, 'manifest', manifest_bytes from perennial.snapshots where manifest_digest = $1
     union
     select e.model_id, 'report', (r.summary -> 'report' ->> 'bytes')::bigint
     from perennial.evaluation_results r join perennial.evaluations e using (evaluation_id)
     where r.summary -> 'report' ->> 'digest' = $1`,
    [digest],
  );
  return rows.map((row) => ({ modelId: row.model_id, kind: row.kind, digest, bytes: Number(row.bytes) }));
}
