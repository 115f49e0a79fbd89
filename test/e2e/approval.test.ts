/** A person decides: what counts, what is refused and why, by each channel, with a row for every one of them. */
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateStage } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Decision, DecisionAnswer } from '#dist/core/types.js';
import { approvePromotionUpdate, labelsArrivedSignal } from '#dist/workflows/messages.js';
import { apply, flightsSpec } from './flights.js';
import { APRIL, awaitingDecision, ended, MARCH, openStage, type RunKey, retrain, type Stage, until } from './stage.js';

const MODEL = 'e2e-approval';
const UNKNOWN_EVIDENCE = '0123456789abcdef';
let stage: Stage;
let first: RunKey;
let second: RunKey;
let third: RunKey;

beforeAll(async () => {
  stage = await openStage('approval');
  await apply(stage.client, stage.stateDir, flightsSpec(MODEL, { approval: { policy: 'always', expiry: 'P7D' } }));
});
afterAll(() => stage?.close());

const decision = (change: Partial<Decision>): Decision => ({
  eventId: randomUUID(),
  decision: 'approve',
  by: 'reviewer',
  reason: 'looked at it',
  evidence: UNKNOWN_EVIDENCE,
  ...change,
});

/** The answer as the caller got it; by Signal, as the row says it. The row is asserted in both cases. */
async function decide(run: RunKey, via: 'update' | 'signal', change: Partial<Decision>): Promise<DecisionAnswer> {
  const sent = decision(change);
  const told = await stage.client.decide({ ...run, ...sent, via });
  const row = await rowOf(run, sent.eventId);
  expect(row).toMatchObject(sent);
  if (told !== null) expect(row.answer).toEqual(told);
  return row.answer;
}

const rowOf = (run: RunKey, eventId: string) =>
  until(`the row of ${eventId}`, async () =>
    (await stage.client.showRun(run)).decisions.find((row) => row.eventId === eventId),
  );

const handleOf = (run: RunKey) => stage.temporal.workflow.getHandle(`retrain/${run.modelId}/${run.runNo}`);

/** Sends an Update without waiting for its answer; resolves when the workflow has taken it. */
async function submit(run: RunKey, change: Partial<Decision>) {
  const { decision: _approve, ...args } = decision(change);
  return handleOf(run).startUpdate(approvePromotionUpdate, {
    args: [args],
    updateId: args.eventId,
    waitForStage: WorkflowUpdateStage.ACCEPTED,
  });
}

/** Nothing of this model can be recorded until `release`: what is decided meanwhile queues up in the workflow. */
async function holdRegistry(): Promise<() => Promise<void>> {
  const client = await stage.pool.connect();
  await client.query('begin');
  await client.query('select from perennial.models where model_id = $1 for update', [MODEL]);
  return async () => {
    await client.query('commit');
    client.release();
  };
}

it.each(['update', 'signal'] as const)(
  'refuses by %s what does not name the evidence, a reason or another person',
  async (via) => {
    first ??= await retrain(stage, MODEL, { now: MARCH, by: 'requester' });
    const { evidence } = await awaitingDecision(stage, first);
    const refusals = [
      [{ evidence: UNKNOWN_EVIDENCE }, 'wrong-candidate', /No evidence of this run starts with 0123456789abcdef/],
      [{ evidence: evidence.slice(0, 11) }, 'wrong-candidate', /at least 12 hex digits/],
      [{ evidence: '' }, 'wrong-candidate', /at least 12 hex digits/],
      [{ evidence, reason: '' }, 'reason-missing', /needs a reason/],
      [{ evidence, reason: ' \t' }, 'reason-missing', /needs a reason/],
      [{ evidence, by: 'requester' }, 'not-allowed', /may not approve it/],
      [{ evidence, by: ' ' }, 'not-allowed', /does not say who/],
    ] as const;
    for (const [change, code, reason] of refusals) {
      expect(await decide(first, via, change)).toEqual({
        accepted: false,
        code,
        reason: expect.stringMatching(reason),
      });
    }
    expect((await stage.client.status(first))?.stage).toBe('approve');
    expect((await stage.client.champion({ modelId: MODEL })).champion).toBeNull();
  },
);

it('promotes on an approval by Update that names the first 12 digits of the evidence', async () => {
  const { evidence } = await awaitingDecision(stage, first);
  const answer = await decide(first, 'update', { evidence: evidence.slice(0, 12).toUpperCase(), reason: 'first one' });
  expect(answer).toMatchObject({ accepted: true, code: 'accepted' });
  const { run } = await ended(stage, first);
  expect(run.outcome).toMatchObject({ kind: 'promoted', evidenceDigest: evidence });
  const { champion, history } = await stage.client.champion({ modelId: MODEL });
  expect(champion).toMatchObject({ version: 1, epoch: 1 });
  expect(history[0]).toMatchObject({ by: 'reviewer', reason: 'first one', evidenceDigest: evidence, runNo: 1 });
});

it.each(['update', 'signal'] as const)(
  'records a decision by %s for a run that is closed, and changes nothing',
  async (via) => {
    const { evaluation } = await stage.client.showRun(first);
    const answer = await decide(first, via, { evidence: evaluation?.evidenceDigest ?? '', decision: 'reject' });
    expect(answer).toEqual({
      accepted: false,
      code: 'run-closed',
      reason: expect.stringContaining('ended as promoted'),
    });
    expect((await stage.client.champion({ modelId: MODEL })).champion?.version).toBe(1);
  },
);

it('promotes on an approval by Signal; of decisions that come together only the first counts', async () => {
  second = await retrain(stage, MODEL, { now: APRIL });
  const { evidence } = await awaitingDecision(stage, second);
  const release = await holdRegistry();
  await stage.client.decide({ ...second, ...decision({ eventId: 'by-signal', evidence }), via: 'signal' });
  // Taken by the workflow after the signal, which stands before it in the history.
  const update = await submit(second, { eventId: 'too-late', by: 'second reviewer', evidence });
  await stage.client.decide({ ...second, ...decision({ eventId: 'too-late-signal', evidence }), via: 'signal' });
  const last = await submit(second, { eventId: 'too-late-too', evidence });
  await release();
  const refused = {
    accepted: false,
    code: 'duplicate',
    reason: expect.stringContaining('already approved by reviewer'),
  };
  expect(await update.result()).toEqual(refused);
  expect(await last.result()).toEqual(refused);
  const { run, decisions } = await ended(stage, second);
  expect(run.outcome).toMatchObject({ kind: 'promoted', candidateVersion: 2, evidenceDigest: evidence });
  expect(decisions.map(({ eventId, channel, answer }) => [eventId, channel, answer.code])).toEqual([
    ['by-signal', 'signal', 'accepted'],
    ['too-late', 'update', 'duplicate'],
    ['too-late-signal', 'signal', 'duplicate'],
    ['too-late-too', 'update', 'duplicate'],
  ]);
});

it('evaluates a waiting candidate again when the champion is rolled back, and refuses the evidence of before', async () => {
  third = await retrain(stage, MODEL, { now: APRIL });
  const before = await awaitingDecision(stage, third);
  expect(before.detail.evaluation).toMatchObject({ championVersion: 2, championEpoch: 2 });
  await stage.client.rollback({ modelId: MODEL, by: 'operator', reason: 'complaints' });
  const after = await awaitingDecision(stage, third, before.evidence);
  expect(after.detail.evaluation).toMatchObject({ candidateVersion: 3, championVersion: 1, championEpoch: 3 });
  expect(after.detail.evaluations).toHaveLength(2);
  for (const via of ['update', 'signal'] as const) {
    expect(await decide(third, via, { evidence: before.evidence })).toEqual({
      accepted: false,
      code: 'stale-evidence',
      reason: expect.stringContaining(after.evidence.slice(0, 16)),
    });
  }
});

it('refuses decisions that come after the expiry, and ends the run as expired', async () => {
  const { evidence } = await awaitingDecision(stage, third);
  // No worker is up while the clock passes the expiry and both decisions come: they meet in one workflow task.
  await stage.stopWorkers();
  await handleOf(third).signal(labelsArrivedSignal, { eventId: 'past-expiry', through: '2001-04-11T00:00:00Z' });
  await stage.client.decide({ ...third, ...decision({ eventId: 'late-signal', evidence }), via: 'signal' });
  const pending = stage.client.decide({ ...third, ...decision({ eventId: 'late-update', evidence }) });
  await until('the Update to reach the server', () => isAdmitted(third, 'late-update'));
  await stage.startWorkers();
  const refused = { accepted: false, code: 'expired', reason: expect.stringContaining('2001-04-10') };
  expect(await pending).toEqual(refused);
  const { run, decisions } = await ended(stage, third);
  expect(run.outcome?.kind).toBe('expired');
  expect(decisions.find(({ eventId }) => eventId === 'late-signal')?.answer).toEqual(refused);
  expect(decisions.find(({ eventId }) => eventId === 'late-update')?.answer).toEqual(refused);
  expect((await stage.client.champion({ modelId: MODEL })).champion?.version).toBe(1);
});

/** The server knows an Update before any worker has seen it. */
async function isAdmitted(run: RunKey, updateId: string): Promise<boolean> {
  const workflowExecution = { workflowId: handleOf(run).workflowId };
  try {
    await stage.temporal.workflowService.pollWorkflowExecutionUpdate({
      namespace: 'default',
      updateRef: { workflowExecution, updateId },
      waitPolicy: { lifecycleStage: 1 },
    });
    return true;
  } catch (error) {
    if (error instanceof Error && /not found/i.test(error.message)) return false;
    throw error;
  }
}

it('keeps every one of these decisions in an audit chain that verifies', async () => {
  const [verified] = await stage.client.verify({ modelId: MODEL });
  expect(verified).toMatchObject({ brokenSeq: null, reason: null });
  const [count] = await stage.sql(
    `select (select count(*) from perennial.approvals)::int as rows,
       (select count(*) from perennial.audit where kind = 'decision')::int as audited`,
  );
  expect(count).toEqual({ rows: 14 + 1 + 2 + 4 + 2 + 2, audited: 14 + 1 + 2 + 4 + 2 + 2 });
});
