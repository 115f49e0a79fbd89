/** What people say to a run besides deciding: answers about missing labels, later deadlines, a recipe that may be used again. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply, flightsSpec } from './flights.js';
import { APRIL, ended, MARCH, openStage, type RunKey, retrain, type Stage, until } from './stage.js';

const MODEL = 'e2e-people';
const by = 'operator';
let stage: Stage;
let first: RunKey;

beforeAll(async () => {
  stage = await openStage('people');
  const labels = { delay: 'P1D', coverage: { overall: 0.999 }, deadline: 'PT1H', onDeadline: 'ask' };
  await apply(stage.client, stage.stateDir, flightsSpec(MODEL, { labels }));
});
afterAll(() => stage?.close());

const asking = (run: RunKey) =>
  until(`${run.modelId}/${run.runNo} to ask`, async () => ((await stage.client.status(run))?.isAsking ? true : null));

const answer = (said: 'proceed' | 'shrink' | 'abort') =>
  stage.client.answerQuestion({ ...first, answer: said, by, reason: 'one night is missing' });

it('a run whose labels are missing waits, and takes no answer before it asks', async () => {
  first = await retrain(stage, MODEL, { now: '2001-03-01T00:00:00.000Z' });
  await until('the wait for labels', async () => (await stage.client.status(first))?.awaits === 'labels');
  expect(await answer('proceed')).toEqual({
    accepted: false,
    code: 'not-awaited',
    reason: 'The run asks nothing now.',
  });
  expect((await stage.client.listRuns({ limit: 1, isOpenOnly: true })).map(({ runNo }) => runNo)).toEqual([1]);
});

it('asks at the deadline, waits longer when told to, and asks again', async () => {
  await stage.client.labelsArrived({ modelId: MODEL, eventId: 'a', through: '2001-03-01T01:00:00.000Z' });
  await asking(first);
  const extend = (until: string) => stage.client.extendDeadline({ ...first, until, by, reason: 'the batch is late' });
  expect(await extend('2001-03-01T00:30:00.000Z')).toMatchObject({ accepted: false });
  expect(await extend('2001-03-01T02:00:00.000Z')).toMatchObject({ accepted: true });
  await until('the wait for labels', async () => (await stage.client.status(first))?.awaits === 'labels');
  await stage.client.labelsArrived({ modelId: MODEL, eventId: 'b', through: '2001-03-01T02:00:00.000Z' });
  await asking(first);
});

it('goes on as it is told, and its outcome says who said so', async () => {
  expect(await answer('proceed')).toMatchObject({ accepted: true });
  const { run } = await ended(stage, first);
  expect(run.outcome?.kind).toBe('promoted');
  expect(run.outcome?.reasons.join(' ')).toContain('operator chose proceed: one night is missing');
  const late = { accepted: false, code: 'run-closed', reason: expect.stringContaining('ended as promoted') };
  expect(await answer('abort')).toEqual(late);
  const { labelDecisions } = await stage.client.showRun(first);
  expect(labelDecisions.map((row) => [row.decision, row.by, row.channel, row.answer.code])).toEqual([
    ['proceed', by, 'update', 'not-awaited'],
    ['extend', by, 'update', 'deadline-refused'],
    ['extend', by, 'update', 'accepted'],
    ['proceed', by, 'update', 'accepted'],
    ['abort', by, 'client', 'run-closed'],
  ]);
  await expect(
    stage.client.answerQuestion({ modelId: MODEL, runNo: 99, answer: 'abort', by, reason: 'r' }),
  ).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
});

it('says what is wrong with a message that nobody could store', async () => {
  const open = await retrain(stage, MODEL, { now: '2001-03-01T00:00:00.000Z' });
  await until('the wait for labels', async () => (await stage.client.status(open))?.awaits === 'labels');
  await expect(
    stage.client.answerQuestion({ ...open, answer: 'abort', by: 'a\0b', reason: 'r' }),
  ).rejects.toMatchObject({ code: 'SIGNAL_INVALID', message: expect.stringContaining('by holds a NUL character') });
  await stage.client.labelsArrived({ modelId: MODEL, eventId: 'c', through: '2001-03-01T01:00:00.000Z' });
  await asking(open);
  await stage.client.answerQuestion({ ...open, answer: 'abort', by, reason: 'not this time' });
  expect((await ended(stage, open)).run.outcome?.kind).toBe('labels-missing');
});

it('an answer to a run that is terminated with it in its hands is told that no workflow takes it, and recorded', async () => {
  const last = await retrain(stage, MODEL, { now: '2001-03-01T00:00:00.000Z' });
  await until('the wait for labels', async () => (await stage.client.status(last))?.awaits === 'labels');
  await stage.stopWorkers();
  const pending = stage.client.answerQuestion({ ...last, answer: 'abort', by, reason: 'r' });
  const handle = stage.temporal.workflow.getHandle(`retrain/${MODEL}/${last.runNo}`);
  await until('the Update to reach the server', async () => {
    const { pendingWorkflowTask } = (await handle.describe()).raw;
    return pendingWorkflowTask !== null && pendingWorkflowTask !== undefined;
  });
  await handle.terminate('by an operator');
  const lost = { accepted: false, code: 'not-awaited', reason: expect.stringContaining('has no workflow') };
  expect(await pending).toEqual(lost);
  expect((await stage.client.showRun(last)).labelDecisions).toMatchObject([{ channel: 'client', answer: lost }]);
  await stage.startWorkers();
});

it('a recipe that was rolled back trains nothing until a person clears it', async () => {
  const second = await retrain(stage, MODEL, { now: MARCH });
  expect((await ended(stage, second)).run.outcome?.kind).toBe('promoted');
  await stage.client.rollback({ modelId: MODEL, by, reason: 'complaints' });
  const { blocked } = await stage.client.champion({ modelId: MODEL });
  expect(blocked).toMatchObject([{ version: 2, reason: 'complaints', by }]);

  const refused = await ended(stage, await retrain(stage, MODEL, { now: APRIL }));
  expect(refused.run.outcome).toMatchObject({ kind: 'recipe-blocked', candidateVersion: null });
  expect(refused.run.outcome?.reasons[0]).toContain('(complaints)');
  expect(refused.assessment).toBeNull();

  expect(await stage.client.unblock({ modelId: MODEL, by: 'reviewer', reason: 'it was the feed' })).toEqual(blocked);
  expect((await stage.client.champion({ modelId: MODEL })).blocked).toEqual([]);
  const third = await ended(stage, await retrain(stage, MODEL, { now: APRIL }));
  expect(third.run.outcome?.kind).toBe('promoted');
  expect(await stage.client.listModels()).toMatchObject([
    { modelId: MODEL, champion: { version: third.version?.version }, openRunNo: null, runs: 6 },
  ]);
});
