// What Temporal itself shows of a run: to people without perennial at hand, also with no worker up.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withQuestion, withWorkflow } from '#dist/client/show-run.js';
import { PipelineError } from '#dist/core/errors.js';
import { answerQuestionSignal, approvalSignal } from '#dist/workflows/messages.js';
import { Harness, until } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

async function started(scenario: Parameters<Harness['world']>[0], clock = { mode: 'wall' } as const) {
  const world = harness.world(scenario);
  const { modelId } = world;
  await harness.coordinator.requestRetrain(modelId, {
    triggerId: 't1',
    cause: 'schedule',
    requestedBy: 'requester',
    reason: 'r',
    clock,
  });
  return { world, run: harness.run(world, 1) };
}

/** The command that a text tells people to copy: between back-quotes. */
const commandIn = (text: string): string => /`(temporal workflow signal [^`]+)`/.exec(text)![1]!;
const inputOf = (command: string): unknown => JSON.parse(/--input '([^']+)'/.exec(command)![1]!);

describe('the current details of a run', () => {
  it('say what is awaited, until when, and what is missing', async () => {
    const { world, run } = await started({ labels: { deadline: 'P14D' } });
    world.labelShare = () => 0.4;
    const { awaitsUntil } = await harness.awaiting(run, 'labels');
    const details = await harness.details(run);
    expect(details).toContain(`## ${world.modelId} #1: labels`);
    expect(details).toMatch(new RegExp(`\\*\\*Awaits\\*\\* labels since 2.*Z, until ${awaitsUntil}`));
    expect(details).toContain('- labels in: training 40.0 %, holdout 100.0 %');
    expect(details).toContain('400 of 1000 rows');
    await run.terminate();
  });

  it('show the evidence and a command that, copied, decides', async () => {
    const { world, run } = await started({ hasChampion: true, approval: { policy: 'always' } });
    const { evidenceDigest } = await harness.awaiting(run, 'a decision');
    const details = await harness.details(run);
    expect(details).toContain('| all rows | 0.6640 | 0.6500 | +0.0140 | [+0.0040, +0.0240] at 97.50 % |');
    expect(details).toContain(`npx perennial approve ${world.modelId}/1 --evidence ${evidenceDigest!.slice(0, 16)}`);
    const command = commandIn(details);
    expect(command).toContain(`--workflow-id retrain/${world.modelId}/1 --name ${approvalSignal.name} `);
    await run.signal(approvalSignal, inputOf(command) as never);
    expect((await run.result()).kind).toBe('promoted');
    expect(world.model.decisions).toMatchObject([{ by: 'your name', answer: { accepted: true } }]);
  });
});

describe('a run that asks about its assessment', () => {
  const asked = {
    verdict: 'unclear',
    action: 'ask',
    certainty: null,
    reasons: ['Two facts differ.'],
    next: 'Decide.',
  } as const;

  it('shows verdict, evidence and a command that, copied, answers; lists of runs tell what it asks', async () => {
    const world = harness.world({});
    world.assessReplies = [asked];
    const { modelId } = world;
    const clock = { mode: 'wall' } as const;
    const request = { triggerId: 't', cause: 'schedule', requestedBy: 'requester', reason: 'r', clock } as const;
    await harness.coordinator.requestRetrain(modelId, request);
    const run = harness.run(world, 1);
    await harness.awaiting(run, 'an answer');
    const details = await harness.details(run);
    expect(details).toContain('### Assessed as unclear\n\n- Two facts differ.\n- Decide.');
    const row = { ...(await harness.registry.run({ modelId, runNo: 1 })), closedAt: null };
    expect(await withQuestion(harness.client, row)).toMatchObject({ workflow: 'running', asks: 'assessment' });
    expect(await withQuestion(harness.client, { ...row, stage: 'train' })).not.toHaveProperty('asks');
    const commands = [
      ...((await (await run.describe()).staticDetails())!.matchAll(/`(temporal workflow signal [^`]+)`/g) ?? []),
    ];
    expect(commandIn(details)).toBe(commands[1]![1]);
    await run.signal(answerQuestionSignal, inputOf(commandIn(details)) as never);
    expect((await run.result()).kind).toBe('promoted');
    expect(world.model.labelDecisions).toMatchObject([{ by: 'your name', answer: { accepted: true } }]);
  });
});

describe('work that fails and is tried again', () => {
  it('is told with its name, its last failure and the next try', async () => {
    const world = harness.world({});
    world.before.assessQuality = () => {
      throw new PipelineError('SOURCE_UNAVAILABLE', 'The warehouse does not answer.');
    };
    const { modelId } = world;
    await harness.coordinator.requestRetrain(modelId, {
      triggerId: 't1',
      cause: 'schedule',
      requestedBy: 'requester',
      reason: 'r',
      clock: { mode: 'wall' },
    });
    const row = {
      ...{
        modelId,
        runNo: 1,
        workflowId: `retrain/${modelId}/1`,
        cause: 'schedule' as const,
        specDigest: 'ab'.repeat(32),
      },
      ...{ requestedBy: 'requester', stage: 'assess' as const, openedAt: '2001-04-01T00:00:00.000Z', closedAt: null },
      ...{ outcome: null, failure: null, promotion: 'by-policy' as const },
    } as const;
    const [found] = await until('a second failure', async () => {
      const { retrying } = await withWorkflow(harness.client, row);
      return (retrying[0]?.attempt ?? 0) > 2 ? retrying : null;
    });
    expect(found).toMatchObject({
      activity: 'assessQuality',
      failure: expect.stringContaining('The warehouse does not answer.'),
    });
    expect(found!.nextTryAt === null || found!.nextTryAt > '2026').toBe(true);
    expect(await withWorkflow(harness.client, row)).toMatchObject({ workflow: 'running' });
    await harness.run(world, 1).terminate();
  });
});

describe('the static details of a run', () => {
  it('carry the same command from the start, and a summary for lists', async () => {
    const { world, run } = await started({ hasChampion: true, approval: { policy: 'always' } });
    await harness.awaiting(run, 'a decision');
    const found = await run.describe();
    expect(await found.staticSummary()).toBe(`Retrain ${world.modelId} #1 (schedule, asked by requester)`);
    const command = commandIn((await found.staticDetails())!);
    expect(inputOf(command)).toMatchObject({ decision: 'approve', evidence: 'DIGEST' });
    await run.terminate();
  });
});

describe('the search attributes of a run', () => {
  it('find it by model, cause, stage, outcome and difference', async () => {
    const { world, run } = await started({ hasChampion: true, approval: { policy: 'always' } });
    const { evidenceDigest } = await harness.awaiting(run, 'a decision');
    const find = (query: string) =>
      until(query, async () => {
        for await (const found of harness.client.workflow.list({
          query: `PerennialModel='${world.modelId}' and ${query}`,
        })) {
          return found.workflowId;
        }
        return null;
      });
    expect(await find("PerennialStage='approve' and PerennialCause='schedule'")).toBe(run.workflowId);
    await run.signal(approvalSignal, {
      eventId: 'e',
      decision: 'approve',
      by: 'reviewer',
      reason: 'ok',
      evidence: evidenceDigest!,
    });
    await run.result();
    expect(await find("PerennialOutcome='promoted' and PerennialDelta > 0.01 and PerennialStage='done'")).toBe(
      run.workflowId,
    );
    expect(await find("PerennialWindowEnd > '2001-01-01T00:00:00Z'")).toBe(run.workflowId);
  });
});
