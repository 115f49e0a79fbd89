// How a retrain ends: every outcome completes the workflow, closes the run and tells the coordinator; only a fault of ours
// or of the infrastructure fails it.
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, PipelineError } from '#dist/core/errors.js';
import { unstorableText } from '#dist/core/unstorable-text.js';
import { Harness, until } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.timeSkipping();
});
afterAll(() => harness.close());

describe('a retrain', () => {
  it('walks every stage and promotes a candidate that wins', async () => {
    const world = harness.world({ hasChampion: true });
    const handle = await harness.startRun(world);
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ kind: 'promoted', verdict: 'promote', candidateVersion: 2, championVersion: 1 });
    expect(world.model.champion).toEqual({ version: 2, epoch: 2 });
    expect(world.model.moves.at(-1)!.move).toMatchObject({
      by: 'policy',
      expected: { version: 1, epoch: 1 },
      runNo: 1,
    });
    const [run] = world.model.runs;
    expect(run!.stages).toEqual(['assess', 'labels', 'freeze', 'train', 'evaluate', 'promote', 'done']);
    expect(run!.result).toEqual({ outcome });
    expect(world.reports).toEqual([{ eventId: `finished/${handle.workflowId}`, runNo: 1, outcome: 'promoted' }]);
  });

  it('promotes the first candidate of a model that has no champion', async () => {
    const world = harness.world();
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome).toMatchObject({ kind: 'promoted', championVersion: null });
    expect(world.model.moves.at(-1)!.move.expected).toEqual({ version: null, epoch: 0 });
  });

  it.each(['reject', 'inconclusive', 'needs-approval'] as const)(
    'turns the candidate down on verdict %s when policy asks nobody',
    async (verdict) => {
      const world = harness.world({ hasChampion: true });
      world.verdict = verdict;
      const outcome = await (await harness.startRun(world)).result();
      expect(outcome).toMatchObject({
        kind: 'turned-down',
        verdict,
        reasons: [`The verdict is ${verdict}.`, expect.any(String)],
      });
      expect(world.model.champion).toEqual({ version: 1, epoch: 1 });
      expect(world.count('moveChampion')).toBe(0);
    },
  );

  it('trains nothing by a recipe that a rollback blocked, and says what to do', async () => {
    const world = harness.world({ hasChampion: true });
    const since = '2001-03-01T00:00:00.000Z';
    const recipeDigest = 'a'.repeat(64);
    world.model.blocked = { incidentId: 1, recipeDigest, version: 2, reason: 'complaints', by: 'operator', since };
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome).toMatchObject({ kind: 'recipe-blocked', verdict: null, candidateVersion: null });
    expect(outcome.reasons).toEqual([expect.stringContaining(`perennial unblock ${world.modelId}`)]);
    expect(world.model.runs[0]!.result).toEqual({ outcome });
    expect(world.reports).toMatchObject([{ outcome: 'recipe-blocked' }]);
    expect(world.calls).not.toContain('assessQuality');
  });

  it('promotes nothing by a recipe that a rollback blocked while the run was on its way', async () => {
    const world = harness.world({ hasChampion: true });
    world.before.moveChampion = () => {
      const since = '2001-03-01T00:00:00.000Z';
      const recipeDigest = 'e'.repeat(64);
      world.model.blocked = { incidentId: 1, recipeDigest, version: 1, reason: 'complaints', by: 'operator', since };
    };
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome).toMatchObject({ kind: 'recipe-blocked', verdict: 'promote', candidateVersion: 2 });
    expect(outcome.reasons[0]).toMatch(/^The recipe of .+ is blocked \(complaints\)\.$/);
    expect(world.count('moveChampion')).toBe(1);
    expect(world.model.champion).toMatchObject({ version: 1 });
    expect(world.reports).toMatchObject([{ outcome: 'recipe-blocked' }]);
  });

  it('stops before labels and training when the feed is broken, with the reasons', async () => {
    const world = harness.world();
    world.assessment = 'broken-feed';
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome).toMatchObject({ kind: 'blocked-by-data', verdict: null });
    expect(outcome.reasons).toEqual(['Assessed as broken-feed.', 'Column distance has 40 % nulls.']);
    expect(world.calls).not.toContain('measureCoverage');
    expect(world.model.runs[0]!.stages).toEqual(['assess', 'done']);
  });

  it.each([
    ['DATA_SCHEMA_VIOLATION', 'assessQuality', 'blocked-by-data'],
    ['DATA_WINDOW_EMPTY', 'trainCandidate', 'blocked-by-data'],
    ['SPLIT_LEAKAGE', 'freezeSnapshots', 'blocked-by-data'],
    ['TRAINING_DIVERGED', 'trainCandidate', 'turned-down'],
  ] as const)('treats %s from %s as a finding: %s', async (code, activity, kind) => {
    const world = harness.world();
    world.before[activity] = () => {
      throw new PipelineError(code, 'Column late is missing.');
    };
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome).toMatchObject({ kind, reasons: [`${code}: Column late is missing.`] });
    expect(world.count(activity)).toBe(1);
    expect(world.model.openRun).toBeNull();
  });

  it.each(['ARTIFACT_DIGEST_MISMATCH', 'INVARIANT_BROKEN'] satisfies ErrorCode[])(
    'fails with %s when the fault is ours, closes the run as failed and tells the coordinator',
    async (code) => {
      const world = harness.world();
      world.before.compareWithChampion = () => {
        throw new PipelineError(code, 'The artifact was damaged.');
      };
      const handle = await harness.startRun(world);
      const error = await handle.result().catch((fault: unknown) => fault);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(ApplicationFailure);
      expect((error as WorkflowFailedError).cause).toMatchObject({ type: code });
      expect(world.model.runs[0]!.result).toEqual({ failure: `${code}: The artifact was damaged.` });
      expect(world.reports).toMatchObject([{ runNo: 1, outcome: 'failed' }]);
    },
  );

  it('is closed with a text that can be kept, whatever the fault says', async () => {
    const world = harness.world();
    world.before.trainCandidate = () => {
      throw new PipelineError('ARTIFACT_MISSING', `\0${'🛫'.repeat(3_000)}`);
    };
    await (await harness.startRun(world)).result().catch(() => undefined);
    const { failure } = world.model.runs[0]!.result as { failure: string };
    expect(failure).toMatch(/^ARTIFACT_MISSING: \ufffd🛫+/u);
    expect([...failure].length).toBeLessThanOrEqual(2_000);
    expect(unstorableText(failure)).toBeNull();
  });

  it('retries what may pass: an outage of an hour does not fail the run', async () => {
    const world = harness.world();
    let left = 130;
    world.before.recordStage = () => {
      if (left-- > 0) throw new PipelineError('REGISTRY_UNAVAILABLE', 'Postgres does not answer.');
    };
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome.kind).toBe('promoted');
  });

  it('completes as cancelled, whatever it was doing, and closes its run', async () => {
    const world = harness.world({ labels: { deadline: 'P30D' } });
    world.labelShare = () => 0;
    const handle = await harness.startRun(world);
    await harness.awaiting(handle, 'labels');
    await handle.cancel();
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ kind: 'cancelled', reasons: ['The run was cancelled.'] });
    expect(world.model.runs[0]!.result).toEqual({ outcome });
    expect(world.reports).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('says that it promoted when it is cancelled while the alias moves', async () => {
    const world = harness.world();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.before.moveChampion = () => released;
    const handle = await harness.startRun(world);
    await until('the move of the alias', () => world.calls.includes('moveChampion'));
    await handle.cancel();
    release();
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.model.champion).toEqual({ version: 1, epoch: 1 });
  });

  it('measures again when the champion moved between evaluation and promotion', async () => {
    const world = harness.world({ hasChampion: true });
    let isFirst = true;
    world.before.moveChampion = () => {
      if (isFirst) world.addChampion();
      isFirst = false;
    };
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome.kind).toBe('promoted');
    expect(world.count('compareWithChampion')).toBe(2);
    expect(world.model.moves.at(-1)!.move.expected).toEqual({ version: 3, epoch: 2 });
  });

  it('fails, rather than hangs, when it is started by hand with nonsense', async () => {
    const handle = await harness.client.workflow.start('retrainWorkflow', {
      workflowId: 'retrain/nonsense/1',
      taskQueue: harness.queue,
      args: [
        {
          modelId: 'nonsense',
          runNo: 1,
          specDigest: 'x',
          cause: 'manual',
          requestedBy: 'me',
          clock: { mode: 'replay' },
        },
      ],
    });
    const error = await handle.result().catch((fault: unknown) => fault);
    expect((error as WorkflowFailedError).cause).toMatchObject({
      type: 'SIGNAL_INVALID',
      message: expect.stringContaining('clock.now'),
    });
  });
});

describe('a scoring of versions', () => {
  it('returns the metrics of each version on the frozen rows', async () => {
    const world = harness.world();
    const { training } = await world.computed.freezeSnapshots({
      key: { modelId: world.modelId, runNo: 1 },
      plan: { holdout: { start: '2001-03-01T00:00:00.000Z', end: '2001-04-01T00:00:00.000Z' } } as never,
      training: { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' },
      labelsAsOf: '2001-04-02T00:00:00.000Z',
    });
    const scores = await harness.client.workflow.execute('scoreVersionsWorkflow', {
      workflowId: `score/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, specDigest: world.model.specDigest, versions: [1, 2], snapshot: training }],
    });
    expect(scores).toMatchObject([
      { version: 1, metrics: { auc: 0.61 } },
      { version: 2, metrics: { auc: 0.62 } },
    ]);
  });
});
