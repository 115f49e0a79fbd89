/** What the champion was trained on, as the manifest of that snapshot keeps it: its columns' distributions without the rows. */
import { PipelineError } from '../../core/errors.js';
import type { ColumnProfile, StoredProfile } from '../../core/triage/column-profile.js';
import type { ActivityDeps } from '../deps.js';

/** What is read back of a manifest; dataset/freeze.ts writes it, and its digest is checked by the store. */
interface Manifest {
  readonly schema: readonly { readonly parquet: string; readonly name: string; readonly role: string }[];
  readonly profile: Readonly<
    Record<
      string,
      | {
          readonly kind: 'numeric';
          readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
        }
      | {
          readonly kind: 'categorical';
          readonly count: number;
          readonly distinct: number;
          readonly top: readonly (readonly [string, number])[];
        }
      | { readonly kind: 'time' }
    >
  >;
}

/** By feature. @returns null without a champion, or where its snapshot's manifest is gone */
export async function trainingProfile(
  { registry, artifacts }: Pick<ActivityDeps, 'registry' | 'artifacts'>,
  modelId: string,
): Promise<StoredProfile | null> {
  const snapshot = await registry.championTraining(modelId);
  if (snapshot === null) return null;
  try {
    const { schema, profile } = JSON.parse((await artifacts.read(snapshot.manifest)).toString('utf8')) as Manifest;
    const features = schema.filter(({ role }) => role === 'feature');
    const found: Record<string, ColumnProfile> = {};
    for (const { parquet, name } of features) {
      const stored = profile[parquet];
      if (stored?.kind === 'categorical') found[name] = stored;
      // The manifest does not say what lies on an edge: the test then allows for all of the bin.
      if (stored?.kind === 'numeric') found[name] = { ...stored, histogram: { ...stored.histogram, atEdge: null } };
    }
    return found;
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'ARTIFACT_MISSING') return null;
    throw error;
  }
}
