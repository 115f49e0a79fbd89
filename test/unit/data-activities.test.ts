// The data activities' own rules, on a data set and a registry of a few lines: which snapshots are checked, and what windows
// are measured.
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createDataActivities } from '#dist/activities/create-data-activities.js';
import type { ActivityDeps, FreezeRequest } from '#dist/activities/deps.js';
import { specSchema } from '#dist/core/spec/schema.js';
import type { SnapshotRef, Window } from '#dist/core/types.js';

const day = (text: string): string => `${text}T00:00:00.000Z`;
const spec = specSchema.parse({
  model: 'm',
  source: { kind: 'parquet', path: '/rows.parquet', columns: { label: 'late' } },
  features: [{ kind: 'numeric', name: 'x' }],
  window: { expanding: '2001-01-01', excluding: [{ start: day('2001-01-20'), end: day('2001-03-05') }] },
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

function world(facts: { used?: Record<string, number>; recorded?: SnapshotRef; trainedThrough?: string }) {
  const inspected: { window: Window; excluding?: readonly Window[] }[] = [];
  const overlapped: string[] = [];
  const deps = {
    registry: {
      specByDigest: async () => spec,
      champion: async () =>
        facts.trainedThrough === undefined ? null : { trainedThrough: facts.trainedThrough, specDigest: 'b' },
      pastChampions: async () => [],
      recordAssessment: async () => ({ incidentId: null }),
      acceptedSchema: async () => null,
      quarantineReleases: async () => [],
      recordQuarantine: async () => undefined,
      recordSnapshot: async (_: unknown, snapshot: SnapshotRef) =>
        facts.recorded?.kind === snapshot.kind ? facts.recorded : snapshot,
    },
    dataset: {
      inspect: async (_: unknown, request: { window: Window; excluding?: readonly Window[] }) => {
        inspected.push(request);
        const none = { rows: 0, duplicateIds: 0, newestEventAt: null, rowsPerDay: [], columns: [] };
        return { ...request, ...none, isAsOfGuaranteed: { rows: true, labels: true } };
      },
      freeze: async (_: unknown, { kind }: FreezeRequest) => snapshotOf(kind, facts.used?.[kind] ?? 500),
      overlap: async (training: SnapshotRef, holdout: SnapshotRef) => {
        overlapped.push(training.contentDigest, holdout.contentDigest);
        return { sharedIds: training.contentDigest === 'leaky' ? 3 : 0, gapMs: 10 * 86_400_000 };
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
  return { activities, freeze, inspected, overlapped };
}

describe('freezing', () => {
  it('checks the snapshots that are recorded, not those of this attempt', async () => {
    const run = world({ recorded: snapshotOf('training', 500, 'leaky') });
    await expect(run.freeze()).rejects.toMatchObject({ code: 'SPLIT_LEAKAGE' });
    expect(run.overlapped).toEqual(['leaky', 'new']);
    await expect(world({}).freeze()).resolves.toMatchObject({ training: { contentDigest: 'new' } });
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

describe('assessing', () => {
  it('leaves excluded windows out up to the holdout, and starts where the champion ended', async () => {
    const run = world({ trainedThrough: day('2001-02-10') });
    await run.activities.assessQuality({ key, plan });
    expect(run.inspected[0]?.window).toEqual({ start: day('2001-02-10'), end: plan.holdout.end });
    const excluding = [{ start: day('2001-01-20'), end: plan.holdout.start }];
    expect(run.inspected.map((request) => request.excluding)).toEqual([excluding, excluding]);
  });
  it('takes the whole window when the champion was trained past the holdout', async () => {
    const run = world({ trainedThrough: day('2001-05-01') });
    await run.activities.assessQuality({ key, plan });
    expect(run.inspected[0]?.window).toEqual({ start: plan.training.start, end: plan.holdout.end });
  });
});
