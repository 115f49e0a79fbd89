// The data activities' own rules, on a data set and a registry of a few lines: which snapshots are checked, and when there are
// too few rows.
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createDataActivities } from '#dist/activities/create-data-activities.js';
import type { ActivityDeps, FreezeRequest } from '#dist/activities/deps.js';
import { specSchema } from '#dist/core/spec/schema.js';
import type { SnapshotRef } from '#dist/core/types.js';

const day = (text: string): string => `${text}T00:00:00.000Z`;
const spec = specSchema.parse({
  model: 'm',
  source: { kind: 'parquet', path: '/rows.parquet', columns: { label: 'late' } },
  features: [{ kind: 'numeric', name: 'x' }],
  window: { expanding: '2001-01-01' },
  gates: [{ metric: 'auc', min: 0.5 }],
  quality: { minRows: 100 },
});
const plan = {
  specDigest: 'a'.repeat(64),
  inputsAsOf: day('2001-04-01'),
  training: { start: day('2001-01-01'), end: day('2001-02-28') },
  holdout: { start: day('2001-03-01'), end: day('2001-04-01') },
} as Parameters<ReturnType<typeof createDataActivities>['freezeSnapshots']>[0]['plan'];
const key = { modelId: 'm', runNo: 1 };
const snapshotOf = (kind: SnapshotRef['kind'], used: number, name = 'new'): SnapshotRef => ({
  kind,
  contentDigest: name,
  parquet: { digest: name, bytes: 1 },
  manifest: { digest: name, bytes: 1 },
  window: plan[kind],
  asOf: plan.inputsAsOf,
  rows: { in: used + 5, used, unlabelled: 5, excluded: 0, quarantined: 0 },
});

function world(facts: { used?: Record<string, number>; days?: number; rarer?: number; recorded?: SnapshotRef }) {
  const overlapped: string[] = [];
  const deps = {
    registry: {
      specByDigest: async () => spec,
      champion: async () => null,
      pastChampions: async () => [],
      quarantineReleases: async () => [],
      recordQuarantine: async () => undefined,
      recordSnapshot: async (_: unknown, snapshot: SnapshotRef) =>
        facts.recorded?.kind === snapshot.kind ? facts.recorded : snapshot,
    },
    dataset: {
      freeze: async (_: unknown, { kind }: FreezeRequest) => snapshotOf(kind, facts.used?.[kind] ?? 500),
      overlap: async (training: SnapshotRef, holdout: SnapshotRef) => {
        overlapped.push(training.contentDigest, holdout.contentDigest);
        const size = { days: facts.days ?? 30, rarerClassRows: facts.rarer ?? 100 };
        return {
          sharedIds: training.contentDigest === 'leaky' ? 3 : 0,
          gapMs: 10 * 86_400_000,
          training: size,
          holdout: size,
        };
      },
    },
  } as unknown as ActivityDeps;
  const activities = createDataActivities(deps);
  const freeze = (): Promise<unknown> =>
    new MockActivityEnvironment().run(activities.freezeSnapshots, {
      key,
      plan,
      training: plan.training,
      labelsAsOf: plan.inputsAsOf,
    });
  return { freeze, overlapped };
}

describe('freezing', () => {
  it('checks the snapshots that are recorded, not those of this attempt', async () => {
    const run = world({ recorded: snapshotOf('training', 500, 'leaky') });
    await expect(run.freeze()).rejects.toMatchObject({ code: 'SPLIT_LEAKAGE' });
    expect(run.overlapped).toEqual(['leaky', 'new']);
    await expect(world({}).freeze()).resolves.toMatchObject({ training: { contentDigest: 'new' } });
  });
  it('stops a run whose rows lie on too few days, or of whose rarer class there are too few', async () => {
    await expect(world({ days: 2 }).freeze()).rejects.toMatchObject({
      code: 'DATA_WINDOW_EMPTY',
      message: expect.stringContaining('rows of 2 days; quality.minDays asks for at least 3'),
    });
    await expect(world({ rarer: 0 }).freeze()).rejects.toThrow(/0 rows of the rarer class; quality.minClassRows/);
  });

  it('stops a run whose usable rows are fewer than quality.minRows, on either side', async () => {
    for (const kind of ['training', 'holdout'] as const) {
      const frozen = world({ used: { [kind]: 99 } }).freeze();
      await expect(frozen).rejects.toMatchObject({
        code: 'DATA_WINDOW_EMPTY',
        message: expect.stringContaining(`99 usable rows; quality.minRows asks for at least 100`),
      });
    }
  });
});
