/** What a snapshot left out, from its manifest into the registry, where people find it. */
import type { SnapshotRef } from '../core/types.js';
import type { ActivityDeps, RunKey } from './deps.js';

/** What is read back of a manifest; dataset/freeze.ts writes it, and its digest was checked. */
interface Quarantined {
  readonly quarantined?: Readonly<Record<string, number>>;
  readonly quarantineExamples?: Readonly<Record<string, readonly string[]>>;
}

export async function recordQuarantined(
  { registry, artifacts }: Pick<ActivityDeps, 'registry' | 'artifacts'>,
  key: RunKey,
  snapshot: SnapshotRef,
): Promise<void> {
  if (snapshot.rows.quarantined === 0) return;
  const manifest = JSON.parse((await artifacts.read(snapshot.manifest)).toString('utf8')) as Quarantined;
  const entries = Object.entries(manifest.quarantined ?? {}).map(([reason, rows]) => ({
    reason,
    rows,
    examples: manifest.quarantineExamples?.[reason] ?? [],
  }));
  await registry.recordQuarantine(key, snapshot.kind, entries);
}
