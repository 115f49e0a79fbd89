// The commands of docs/temporal.md, run by a shell in the order of the page: what is documented works as written.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shortInstant } from '#dist/core/instant.js';
import { readEnv } from '#dist/env.js';
import { findTemporalCli } from '#dist/local/native-parts.js';
import { temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { Harness, until } from './harness.js';

const PAGE = readFileSync(new URL('../../docs/temporal.md', import.meta.url), 'utf8');
const COMMANDS = [...PAGE.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!.replaceAll('\\\n', ' ').trim().split('\n'),
);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

const PATH_OF_SHELL = '/usr/local/bin:/usr/bin:/bin';

async function shell(command: string): Promise<string> {
  const { path } = await findTemporalCli(readEnv());
  const env = {
    PATH: [dirname(path), PATH_OF_SHELL].join(delimiter),
    TEMPORAL_ADDRESS: temporalAddress(),
    NO_COLOR: '1',
  };
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
  return stdout;
}

it('runs every command of the page', async () => {
  const world = harness.world({ hasChampion: true, approval: { policy: 'always' }, labels: { poll: 'P1D' } });
  const { modelId } = world;
  let share = 0.4;
  world.labelShare = () => share;
  await harness.client.schedule.create({
    scheduleId: `schedule/${modelId}`,
    spec: { intervals: [{ every: '30 days' }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledTickWorkflow',
      workflowId: `tick/${modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId, clock: { mode: 'wall' } }],
    },
  });
  const inAMonth = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const outputs: string[] = [];
  for (const command of COMMANDS) {
    const runNo = Number(/retrain\/flights\/(\d+)/.exec(command)?.[1] ?? 0);
    if (command.includes('labelsArrivedSignal')) share = 1;
    if (command.includes('workflow list')) await harness.awaiting(harness.run(world, 1), 'labels');
    if (command.includes('EVIDENCE')) await until('its run', () => world.model.runs[runNo - 1]);
    const evidence = command.includes('EVIDENCE')
      ? (await harness.awaiting(harness.run(world, runNo), 'a decision')).evidenceDigest!.slice(0, 16)
      : '';
    if (command.includes('workflow cancel')) {
      const clock = { mode: 'wall' } as const;
      const request = { triggerId: uniqueTaskQueue(), cause: 'manual', requestedBy: 'me', reason: 'r', clock } as const;
      await until('run 3', async () => (await harness.coordinator.requestRetrain(modelId, request)).runNo === runNo);
    }
    const wanted = command
      .replaceAll('flights', modelId)
      .replace('EVIDENCE', evidence)
      .replace('UNTIL', inAMonth)
      .replace('queue perennial', `queue ${harness.queue}`);
    // What was written a moment ago may not be listed yet.
    const isListed = (output: string): boolean => !command.includes('workflow list') || output.includes('retrain/');
    outputs.push(await until(command, async () => [await shell(wanted)].find(isListed)));
    if (command.includes('approvalSignal') || command.includes('rejectPromotionUpdate')) {
      await until(`the end of run ${runNo}`, () => world.model.runs[runNo - 1]?.result);
    }
  }
  const said = (what: string): string => outputs[COMMANDS.findIndex((command) => command.includes(what))]!;
  expect(COMMANDS.length).toBeGreaterThan(20);
  expect(said('requestRetrainUpdate')).toContain('started');
  expect(said('workflow list')).toContain(`retrain/${modelId}/1`);
  expect(said('workflow describe')).toContain('PerennialStage');
  expect(said('workflow metadata')).toContain('labels in: training 40.0 %');
  expect(said('extendDeadlineUpdate')).toContain(`The deadline is now ${shortInstant(inAMonth)}`);
  expect(said('answerQuestionUpdate')).toContain('The run asks nothing now.');
  expect(said('rejectPromotionUpdate')).toMatch(/accepted\W+true/);
  expect(said('rollbackUpdate')).toMatch(/version\W+1\b/);
  const ends = world.model.runs.map(({ result }) =>
    result !== null && 'outcome' in result ? result.outcome.kind : null,
  );
  expect(ends.slice(0, 2)).toEqual(['promoted', 'rejected-by-person']);
  await until('the cancelled run', () => world.model.runs[2]?.result);
  expect(world.model.runs[2]!.result).toMatchObject({ outcome: { kind: 'cancelled' } });
});
