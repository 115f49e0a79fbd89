/** Triggers, runs and what they record: every write may be repeated, and two attempts may run at once. */
import { describe, expect, it } from 'vitest';
import { createRunActivities } from '#dist/activities/create-run-activities.js';
import type { ActivityDeps, RunKey } from '#dist/activities/deps.js';
import { listModels, showRun } from '#dist/registry/reads.js';
import { listRuns } from '#dist/registry/runs.js';
import { applySpec, currentSpec } from '#dist/registry/specs.js';
import {
  applyModel,
  arrivalOf,
  commit,
  digestOf,
  evaluationOf,
  FEBRUARY,
  GATES,
  JANUARY,
  MARCH,
  makeVersion,
  newVersion,
  openRunFor,
  snapshotOf,
  specApplication,
  specLedger,
  summaryOf,
  TURNED_DOWN,
  triggerLedger,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-runs');

describe('specs', () => {
  it('makes the model at its first spec and adds nothing when the current one is applied again', async () => {
    const first = specApplication('spec-a');
    expect(await applySpec(t.pool, first)).toEqual({ isNew: true, previousDigest: null });
    expect(await applySpec(t.pool, first)).toEqual({ isNew: false, previousDigest: first.digest });
    expect(await t.registry.specByDigest(first.digest)).toEqual(first.spec);
    expect(await specLedger(t.pool, 'spec-a')).toHaveLength(1);
  });

  it('records an older spec that becomes current again', async () => {
    const first = specApplication('spec-b', { seed: 1 });
    const second = specApplication('spec-b', { seed: 2, by: 'reviewer' });
    await applySpec(t.pool, first);
    expect(await applySpec(t.pool, second)).toEqual({ isNew: true, previousDigest: first.digest });
    expect(await applySpec(t.pool, first)).toEqual({ isNew: true, previousDigest: second.digest });
    expect((await currentSpec(t.pool, 'spec-b'))?.specDigest).toBe(first.digest);
    const history = await specLedger(t.pool, 'spec-b');
    expect(history.map((row) => row.specDigest)).toEqual([first.digest, second.digest, first.digest]);
    expect(history[1]?.appliedBy).toBe('reviewer');
  });

  it('makes one model and one history row of twenty first applications at once', async () => {
    const application = specApplication('spec-c');
    const answers = await Promise.all(Array.from({ length: 20 }, () => applySpec(t.pool, application)));
    expect(answers.filter((answer) => answer.isNew)).toHaveLength(1);
    expect(await specLedger(t.pool, 'spec-c')).toHaveLength(1);
  });

  it('refuses a digest that is not the digest of the spec', async () => {
    const application = { ...specApplication('spec-d'), digest: digestOf('something else') };
    await expect(applySpec(t.pool, application)).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
    await expect(t.registry.specByDigest(digestOf('never seen'))).rejects.toMatchObject({ code: 'SPEC_INVALID' });
  });

  it('says which model is unknown', async () => {
    await expect(t.registry.loadModelState('nobody')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    expect(await currentSpec(t.pool, 'nobody')).toBeNull();
    await expect(commit(t.registry, arrivalOf('nobody', 't'))).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });
});

describe('opening runs', () => {
  it('opens one run for a trigger however often it is judged, also after the run was closed', async () => {
    const specDigest = await applyModel(t.pool, 'run-a');
    const key = await openRunFor(t.registry, 'run-a', 'x');
    expect(key.runNo).toBe(1);
    const { openRun } = await t.registry.judgeTriggers('run-a');
    expect(openRun).toMatchObject({ runNo: 1, workflowId: 'retrain/run-a/1', specDigest });
    await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    const after = await t.registry.judgeTriggers('run-a', { askAbout: 'manual/x' });
    expect(after).toMatchObject({ openRun: null, answer: { state: 'started', runNo: 1 } });
    expect(after.lastRun).toMatchObject({ runNo: 1, outcome: 'turned-down' });
  });

  it('opens one run for twenty triggers judged at once, and every trigger has its state', async () => {
    await applyModel(t.pool, 'run-b');
    const ids = Array.from({ length: 20 }, (_, i) => `t${i}`);
    await t.registry.acceptArrivals(ids.map((id) => arrivalOf('run-b', id)));
    const answers = await Promise.all(ids.map(() => t.registry.judgeTriggers('run-b')));
    expect(new Set(answers.map(({ openRun }) => openRun?.runNo))).toEqual(new Set([1]));
    expect(await listRuns(t.pool, { modelId: 'run-b', limit: 10 })).toHaveLength(1);
    const states = (await triggerLedger(t.pool, 'run-b')).map(({ state, runNo }) => `${state} ${runNo}`);
    expect(states.filter((text) => text === 'merged 1')).toHaveLength(19);
    expect(states.at(-1)).toBe('started 1');
  });

  it('shows the open run with its clock in the state of the model', async () => {
    const specDigest = await applyModel(t.pool, 'run-d');
    const clock = { mode: 'replay', now: FEBRUARY.start } as const;
    await commit(t.registry, arrivalOf('run-d', 'x', { clock }));
    await t.registry.judgeTriggers('run-d');
    expect(await t.registry.loadModelState('run-d')).toEqual({
      modelId: 'run-d',
      specDigest,
      champion: null,
      openRun: {
        runNo: 1,
        workflowId: 'retrain/run-d/1',
        specDigest,
        cause: 'manual',
        requestedBy: 'requester',
        clock,
      },
    });
  });
});

describe('closing runs', () => {
  it('closes once: the same result again is fine, another one is a broken promise', async () => {
    await applyModel(t.pool, 'run-e');
    const key = await openRunFor(t.registry, 'run-e', 'x');
    await Promise.all([1, 2, 3].map(() => t.registry.closeRun(key, { outcome: TURNED_DOWN })));
    await expect(t.registry.closeRun(key, { failure: 'lost' })).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
    await expect(t.registry.closeRun(key, { outcome: { ...TURNED_DOWN, kind: 'expired' } })).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
    });
    expect(await t.registry.run(key)).toMatchObject({ stage: 'done', outcome: TURNED_DOWN, failure: null });
  });

  it('keeps the stage in which a run failed', async () => {
    await applyModel(t.pool, 'run-f');
    const key = await openRunFor(t.registry, 'run-f', 'x');
    await t.registry.recordStage(key, 'train');
    await t.registry.closeRun(key, { failure: 'the trainer is gone' });
    await t.registry.closeRun(key, { failure: 'the trainer is gone' });
    expect(await t.registry.run(key)).toMatchObject({ stage: 'train', outcome: null, failure: 'the trainer is gone' });
    await expect(t.registry.recordStage(key, 'evaluate')).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
  });

  it('keeps every stage entered, a repeated one once', async () => {
    await applyModel(t.pool, 'run-g');
    const key = await openRunFor(t.registry, 'run-g', 'x');
    for (const stage of ['assess', 'labels', 'labels', 'evaluate', 'promote', 'evaluate'] as const) {
      await t.registry.recordStage(key, stage);
    }
    const { stages } = await showRun(t.pool, key);
    expect(stages.map((row) => row.stage)).toEqual(['assess', 'labels', 'evaluate', 'promote', 'evaluate']);
  });
});

describe('a run whose workflow is gone', () => {
  const outcomeAfter = async (modelId: string, whileAsked: (key: RunKey) => Promise<void>) => {
    await applyModel(t.pool, modelId);
    const key = await openRunFor(t.registry, modelId, 'x');
    const temporal = {
      describeRun: async () => {
        await whileAsked(key);
        return 'closed' as const;
      },
    };
    const { reconcileOpenRun } = createRunActivities({ registry: t.registry, temporal } as unknown as ActivityDeps);
    const run = { ...key, workflowId: `retrain/${modelId}/1` };
    expect(await reconcileOpenRun(run)).toBe('closed');
    expect(await reconcileOpenRun(run)).toBe('closed');
    return t.registry.run(key);
  };

  it('is closed as failed, once however often that is found', async () => {
    const row = await outcomeAfter('run-i', async () => undefined);
    expect(row).toMatchObject({ outcome: null, failure: expect.stringContaining('ended without reporting') });
    expect(row.closedAt).not.toBeNull();
  });

  it('stays as it ended when it closed its row while Temporal was asked', async () => {
    const row = await outcomeAfter('run-j', (key) => t.registry.closeRun(key, { outcome: TURNED_DOWN }));
    expect(row).toMatchObject({ outcome: TURNED_DOWN, failure: null });
  });

  it('ends in one way when it is closed from both sides at once', async () => {
    await applyModel(t.pool, 'run-k');
    const key = await openRunFor(t.registry, 'run-k', 'x');
    const [own, others] = await Promise.allSettled([
      t.registry.closeRun(key, { outcome: TURNED_DOWN }),
      ...[1, 2, 3].map(() => t.registry.failOpenRun(key, 'lost')),
    ]);
    const { failure } = await t.registry.run(key);
    expect(own.status).toBe(failure === null ? 'fulfilled' : 'rejected');
    expect(others).toMatchObject({ status: 'fulfilled' });
  });
});

describe('looking at runs', () => {
  it('says which run is unknown', async () => {
    const key = { modelId: 'run-g', runNo: 99 };
    await expect(t.registry.run(key)).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    await expect(t.registry.recordStage(key, 'train')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    await expect(showRun(t.pool, key)).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    await expect(showRun(t.pool, { modelId: 'no-such', runNo: 1 })).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });

  it('lists runs newest first, of one model or of all, open ones alone when asked', async () => {
    await applyModel(t.pool, 'run-h');
    await makeVersion(t.registry, 'run-h', 'x');
    await openRunFor(t.registry, 'run-h', 'y');
    const rows = await listRuns(t.pool, { modelId: 'run-h', limit: 10 });
    expect(rows.map((row) => row.runNo)).toEqual([2, 1]);
    expect(await listRuns(t.pool, { modelId: 'run-h', limit: 1 })).toHaveLength(1);
    const open = await listRuns(t.pool, { modelId: 'run-h', limit: 10, isOpenOnly: true });
    expect(open.map((row) => row.runNo)).toEqual([2]);
    expect((await listRuns(t.pool, { limit: 100 })).length).toBeGreaterThan(5);
    const model = (await listModels(t.pool)).find((row) => row.modelId === 'run-h');
    expect(model).toMatchObject({ champion: null, openRunNo: 2, runs: 2 });
  });
});

const ASSESSMENT = {
  verdict: 'clear',
  inputsAsOf: MARCH.start,
  window: JANUARY,
  checks: [
    { check: 'row-count', column: null, severity: 'error', passed: true, value: 0.1, threshold: 1e-7, text: 'ok' },
  ],
  reasons: ['nothing is wrong'],
} as const;
const COVERAGE = {
  window: JANUARY,
  asOf: MARCH.start,
  rows: 10,
  labelled: 7,
  overall: 0.7,
  perClass: { '0': 0.5, '1': 0.25 },
  newestLabelAt: FEBRUARY.start,
};

describe('what a run records', () => {
  it('shows all of it in one picture, each thing once however often it was recorded', async () => {
    await applyModel(t.pool, 'facts-a');
    const key = await openRunFor(t.registry, 'facts-a', 'x');
    const training = snapshotOf('training', 'a');
    const holdout = snapshotOf('holdout', 'a');
    for (let attempt = 0; attempt < 2; attempt++) {
      await t.registry.recordAssessment(key, ASSESSMENT);
      await t.registry.recordCoverage(key, 'training', COVERAGE);
      await t.registry.recordCoverage(key, 'holdout', COVERAGE);
      expect(await t.registry.recordSnapshot(key, holdout)).toEqual(holdout);
      expect(await t.registry.recordSnapshot(key, training)).toEqual(training);
    }
    expect(await t.registry.recordSnapshot(key, snapshotOf('training', 'frozen again'))).toEqual(training);
    await t.registry.recordCoverage(key, 'training', { ...COVERAGE, labelled: 9, overall: 0.9 });
    const candidate = newVersion(key);
    const { version } = await t.registry.registerVersion(candidate);
    const { evaluationId } = await t.registry.beginEvaluation(evaluationOf(key));
    const summary = summaryOf(evaluationId, 'evidence');
    await t.registry.finishEvaluation(evaluationId, { summary, gates: GATES });
    await t.registry.finishEvaluation(evaluationId, { summary, gates: GATES });

    const picture = await showRun(t.pool, key);
    expect(picture.assessments).toEqual([ASSESSMENT]);
    expect(picture.coverage.map((row) => [row.kind, row.coverage.overall])).toEqual([
      ['training', 0.7],
      ['holdout', 0.7],
      ['training', 0.9],
    ]);
    expect(picture.coverage[0]?.coverage).toEqual(COVERAGE);
    expect(picture.snapshots).toEqual([training, holdout]);
    expect(picture.triggers).toMatchObject([{ triggerId: 'manual/x', state: 'started', runNo: 1 }]);
    const { modelId: _modelId, ...registered } = candidate;
    expect(picture.version).toMatchObject({ ...registered, version });
    expect(picture.evaluations).toMatchObject([{ evaluationId, summary, gates: GATES, holdoutWindow: FEBRUARY }]);
    expect(picture.approvals).toEqual([]);
  });

  it('names the incident of the fault that its newest assessment found, and none once that found none', async () => {
    await applyModel(t.pool, 'facts-d');
    const key = await openRunFor(t.registry, 'facts-d', 'x');
    expect((await showRun(t.pool, key)).incidentId).toBeNull();
    const { incidentId } = await t.registry.recordAssessment(key, { ...ASSESSMENT, verdict: 'broken-feed' });
    expect(incidentId).not.toBeNull();
    expect((await showRun(t.pool, key)).incidentId).toBe(incidentId);
    await t.registry.recordAssessment(key, { ...ASSESSMENT, verdict: 'genuine-shift' });
    expect((await showRun(t.pool, key)).incidentId).toBeNull();
  });

  it('adds nothing to a run that is closed', async () => {
    await applyModel(t.pool, 'facts-b');
    const key = await openRunFor(t.registry, 'facts-b', 'x');
    await t.registry.closeRun(key, { failure: 'gone' });
    await t.registry.recordAssessment(key, ASSESSMENT);
    expect((await showRun(t.pool, key)).assessments).toEqual([]);
    for (const late of [
      () => t.registry.recordSnapshot(key, snapshotOf('training', 'late')),
      () => t.registry.registerVersion(newVersion(key)),
    ]) {
      await expect(late()).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
    }
  });

  it('refuses NaN instead of storing it as null', async () => {
    await applyModel(t.pool, 'facts-c');
    const key = await openRunFor(t.registry, 'facts-c', 'x');
    await expect(
      t.registry.recordCoverage(key, 'training', { ...COVERAGE, overall: Number.NaN }),
    ).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
  });
});
