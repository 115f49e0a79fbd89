/** Triggers, runs and what they record: every write may be repeated, and two attempts may run at once. */
import { describe, expect, it } from 'vitest';
import { createRunActivities } from '#dist/activities/create-run-activities.js';
import type { ActivityDeps, RunKey } from '#dist/activities/deps.js';
import { listModels, showRun } from '#dist/registry/reads.js';
import { listRuns } from '#dist/registry/runs.js';
import { applySpec, currentSpec } from '#dist/registry/specs.js';
import {
  applyModel,
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

const opening = (modelId: string, triggerIds: string[]) =>
  ({ modelId, triggerIds, cause: 'manual', requestedBy: 'requester', clock: { mode: 'wall' } }) as const;

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
    await expect(commit(t.registry, 'nobody', 't')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });
});

describe('triggers', () => {
  it('commits once and then tells the present state', async () => {
    await applyModel(t.pool, 'trig-a');
    const trigger = {
      modelId: 'trig-a',
      triggerId: 'x',
      cause: 'drift',
      requestedBy: 'monitor',
      clock: { mode: 'replay', now: MARCH.start },
      body: { score: 0.25 },
    } as const;
    expect(await t.registry.commitTrigger(trigger)).toEqual({ isNew: true, state: 'pending', runNo: null });
    const change = {
      modelId: 'trig-a',
      triggerIds: ['x'],
      state: 'held',
      reason: 'a run is open',
      runNo: null,
    } as const;
    await t.registry.setTriggerState(change);
    await t.registry.setTriggerState(change);
    expect(await t.registry.commitTrigger(trigger)).toEqual({ isNew: false, state: 'held', runNo: null });
    const { rows } = await t.pool.query(
      `select state from perennial.trigger_states where model_id = 'trig-a' order by step`,
    );
    expect(rows.map((row) => row.state)).toEqual(['pending', 'held']);
    const state = await t.registry.loadModelState('trig-a');
    expect(state.held).toMatchObject([
      { triggerId: 'x', cause: 'drift', requestedBy: 'monitor', clock: { mode: 'replay', now: MARCH.start } },
    ]);
  });

  it('lists held triggers oldest first, without those that moved on', async () => {
    await applyModel(t.pool, 'trig-b');
    for (const id of ['c', 'a', 'b', 'gone']) await commit(t.registry, 'trig-b', id);
    const change = { modelId: 'trig-b', state: 'held', reason: 'later', runNo: null } as const;
    await t.registry.setTriggerState({ ...change, triggerIds: ['a', 'b', 'c', 'gone', 'a'] });
    await t.registry.setTriggerState({ ...change, triggerIds: ['gone'], state: 'suppressed' });
    const held = (await t.registry.loadModelState('trig-b')).held.map((trigger) => trigger.triggerId);
    expect(held).toEqual(['c', 'a', 'b']);
  });

  it('lets no late attempt take back a trigger that a run has taken', async () => {
    await applyModel(t.pool, 'trig-c');
    const { runNo } = await openRunFor(t.registry, 'trig-c', 'x');
    const late = {
      modelId: 'trig-c',
      triggerIds: ['x'],
      state: 'held',
      reason: 'a run was open',
      runNo: null,
    } as const;
    await t.registry.setTriggerState(late);
    expect((await t.registry.loadModelState('trig-c')).held).toEqual([]);
    await t.registry.setTriggerState({ ...late, state: 'escalated', reason: 'its run asks', runNo });
    expect((await triggerLedger(t.pool, 'trig-c'))[0]).toMatchObject({
      state: 'escalated',
      reason: 'its run asks',
      runNo,
    });
  });
});

describe('triggers that wait for a run', () => {
  it('are those that were held and those that a coordinator left pending when it died, oldest first', async () => {
    await applyModel(t.pool, 'trig-e');
    for (const id of ['held', 'pending', 'refused', 'taken']) await commit(t.registry, 'trig-e', id);
    const change = { modelId: 'trig-e', reason: 'later', runNo: null } as const;
    await t.registry.setTriggerState({ ...change, triggerIds: ['held'], state: 'held' });
    await t.registry.setTriggerState({ ...change, triggerIds: ['refused'], state: 'refused' });
    await t.registry.openRun(opening('trig-e', ['taken']));
    const { held } = await t.registry.loadModelState('trig-e');
    expect(held.map(({ triggerId }) => triggerId)).toEqual(['held', 'pending']);
  });

  it('are not those that were malformed: they are refused in the transaction that commits them', async () => {
    await applyModel(t.pool, 'trig-f');
    const trigger = { ...opening('trig-f', []), triggerId: 'x', body: {}, refusal: 'source is missing.' };
    expect(await t.registry.commitTrigger(trigger)).toEqual({ isNew: true, state: 'refused', runNo: null });
    expect(await t.registry.commitTrigger(trigger)).toEqual({ isNew: false, state: 'refused', runNo: null });
    expect(await triggerLedger(t.pool, 'trig-f')).toMatchObject([{ state: 'refused', reason: 'source is missing.' }]);
    expect((await t.registry.loadModelState('trig-f')).held).toEqual([]);
  });

  it('are at most 20 in one answer, beside their whole number', async () => {
    await applyModel(t.pool, 'trig-g');
    for (let i = 0; i < 201; i += 1) await commit(t.registry, 'trig-g', `t${i}`);
    const { held, heldCount } = await t.registry.loadModelState('trig-g');
    expect([held.length, held[0]?.triggerId, held.at(-1)?.triggerId]).toEqual([20, 't0', 't19']);
    expect(heldCount).toBe(201);
  });

  it('name few in an answer when their ids are long: it becomes a payload of 16 KB at most', async () => {
    await applyModel(t.pool, 'trig-h');
    for (let i = 0; i < 10; i += 1) await commit(t.registry, 'trig-h', `${i}${'漢'.repeat(399)}`);
    const state = await t.registry.loadModelState('trig-h');
    expect(state.heldCount).toBe(10);
    expect(state.held.length).toBeGreaterThan(1);
    expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThan(10_000);
  });

  it('belong to the run that takes up what waits, however many, when they have its clock', async () => {
    await applyModel(t.pool, 'trig-i');
    const clock = { mode: 'replay', now: FEBRUARY.start } as const;
    for (let i = 0; i < 30; i += 1) await commit(t.registry, 'trig-i', `t${i}`);
    await t.registry.commitTrigger({ ...opening('trig-i', []), triggerId: 'other', clock, body: {} });
    const change = { modelId: 'trig-i', state: 'held', reason: 'later', runNo: null } as const;
    await t.registry.setTriggerState({ ...change, triggerIds: ['t0', 't7'] });
    const request = { ...opening('trig-i', ['t0']), takeWaiting: true };
    const opened = await t.registry.openRun(request);
    expect(await t.registry.openRun(request)).toEqual(opened);
    expect(await t.registry.openRun(opening('trig-i', ['t7']))).toEqual(opened);
    const { held, heldCount } = await t.registry.loadModelState('trig-i');
    expect([held.map(({ triggerId }) => triggerId), heldCount]).toEqual([['other'], 1]);
    const ledger = await triggerLedger(t.pool, 'trig-i');
    expect(ledger.filter(({ state, runNo }) => state === 'started' && runNo === 1)).toHaveLength(30);
  });
});

describe('triggers from many sides', () => {
  it('commits one of twenty equal triggers at once', async () => {
    await applyModel(t.pool, 'trig-d');
    await Promise.all(Array.from({ length: 20 }, () => commit(t.registry, 'trig-d', 'same')));
    expect(await triggerLedger(t.pool, 'trig-d')).toHaveLength(1);
  });

  it('refuses a state for a trigger that was never committed', async () => {
    const change = { modelId: 'trig-d', triggerIds: ['unheard'], state: 'held', reason: '', runNo: null } as const;
    await expect(t.registry.setTriggerState(change)).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
  });
});

describe('opening runs', () => {
  it('opens one run for a trigger however often it is asked, also after the run was closed', async () => {
    const specDigest = await applyModel(t.pool, 'run-a');
    await commit(t.registry, 'run-a', 'x');
    await commit(t.registry, 'run-a', 'y');
    const opened = { opened: true, runNo: 1, workflowId: 'retrain/run-a/1', specDigest };
    expect(await t.registry.openRun(opening('run-a', ['x', 'y']))).toEqual(opened);
    expect(await t.registry.openRun(opening('run-a', ['x', 'y']))).toEqual(opened);
    expect((await triggerLedger(t.pool, 'run-a')).map((row) => [row.triggerId, row.state, row.runNo])).toEqual([
      ['y', 'started', 1],
      ['x', 'started', 1],
    ]);
    await t.registry.closeRun({ modelId: 'run-a', runNo: 1 }, { outcome: TURNED_DOWN });
    expect(await t.registry.openRun(opening('run-a', ['x']))).toEqual(opened);
    expect(await t.registry.openRun(opening('run-a', ['y']))).toEqual(opened);
    expect((await t.registry.loadModelState('run-a')).openRun).toBeNull();
  });

  it('opens one of twenty runs asked for at once by different triggers and names it to the others', async () => {
    await applyModel(t.pool, 'run-b');
    const ids = Array.from({ length: 20 }, (_, i) => `t${i}`);
    for (const id of ids) await commit(t.registry, 'run-b', id);
    const answers = await Promise.all(ids.map((id) => t.registry.openRun(opening('run-b', [id]))));
    expect(answers.filter((answer) => answer.opened)).toHaveLength(1);
    expect(answers.filter((answer) => !answer.opened)).toEqual(
      Array.from({ length: 19 }, () => ({ opened: false, openRunNo: 1 })),
    );
  });

  it('gives two attempts at once of the same opening the same run', async () => {
    await applyModel(t.pool, 'run-c');
    await commit(t.registry, 'run-c', 'x');
    const [a, b] = await Promise.all([1, 2].map(() => t.registry.openRun(opening('run-c', ['x']))));
    expect(a).toEqual(b);
    expect(await listRuns(t.pool, { modelId: 'run-c', limit: 10 })).toHaveLength(1);
  });

  it('shows the open run with its clock in the state of the model', async () => {
    const specDigest = await applyModel(t.pool, 'run-d');
    await commit(t.registry, 'run-d', 'x');
    const clock = { mode: 'replay', now: FEBRUARY.start } as const;
    await t.registry.openRun({ ...opening('run-d', ['x']), clock });
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
      held: [],
      heldCount: 0,
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
    expect(picture.triggers).toMatchObject([{ triggerId: 'x', state: 'started', runNo: 1 }]);
    const { modelId: _modelId, ...registered } = candidate;
    expect(picture.version).toMatchObject({ ...registered, version });
    expect(picture.evaluations).toMatchObject([{ evaluationId, summary, gates: GATES, holdoutWindow: FEBRUARY }]);
    expect(picture.approvals).toEqual([]);
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
