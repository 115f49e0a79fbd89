// A build must be able to go on with what an earlier one began. Committed histories of every workflow type and outcome are
// replayed against the current bundle; and a change that breaks replays is shown to be found.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TriageVerdict } from '#dist/core/triage/verdict.js';
import { loadWorkflowBundle } from '#dist/worker/workflow-bundle.js';
import {
  answerQuestionSignal,
  answerQuestionUpdate,
  coordinatorStatusQuery,
  labelsArrivedSignal,
} from '#dist/workflows/messages.js';
import { temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { approve, Harness, reject, taskFailures, until } from '../workflows/harness.js';
import type { Scenario, World } from '../workflows/world.js';
import { bundleOfVariant, HISTORIES, readHistories, replay } from './histories.js';

const WANTED = [
  'backfillWorkflow-cancelled',
  'backfillWorkflow-completed',
  'backfillWorkflow-continued',
  'inferSchemaWorkflow-completed',
  'modelCoordinatorWorkflow-continued',
  'modelCoordinatorWorkflow-failed',
  'modelCoordinatorWorkflow-running',
  'monitorWorkflow-completed',
  'pollMonitorWorkflow-completed',
  'retrainWorkflow-blocked-by-data',
  'retrainWorkflow-cancelled',
  'retrainWorkflow-code-suspected',
  'retrainWorkflow-expired',
  'retrainWorkflow-failed',
  'retrainWorkflow-labels-missing',
  'retrainWorkflow-not-a-shift',
  'retrainWorkflow-promoted',
  'retrainWorkflow-rejected-by-person',
  'retrainWorkflow-turned-down',
  'scheduledTickWorkflow-held',
  'scheduledTickWorkflow-started',
  'scoreVersionsWorkflow-completed',
];

/** Ways to an outcome that has another history already: kept under names that an export does not write. */
const WAYS = [
  'retrainWorkflow-expired-question',
  'retrainWorkflow-promoted-assessed-after-wait',
  'retrainWorkflow-promoted-assessed-twice',
];

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

describe('committed histories', () => {
  it('are there for every workflow type and outcome, and replay on the current build', async () => {
    const histories = readHistories(HISTORIES);
    expect(histories.map(({ name }) => name)).toEqual(expect.arrayContaining([...WANTED, ...WAYS]));
    expect(Object.fromEntries(await replay(await loadWorkflowBundle(), histories))).toEqual({});
  });

  it('replay as they went when their activity had said more than their build could read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perennial-histories-'));
    try {
      const file = 'retrainWorkflow-blocked-by-data.json';
      const asking = { verdict: 'unclear', reasons: ['r'], action: 'ask' };
      const data = Buffer.from(JSON.stringify(asking)).toString('base64');
      const verdict = Buffer.from('{"verdict":"').toString('base64');
      const text = readFileSync(join(HISTORIES, file), 'utf8');
      const changed = text.replace(new RegExp(`"${verdict}[^"]+"`), JSON.stringify(data));
      expect(changed).not.toBe(text);
      writeFileSync(join(folder, file), changed);
      const faults = await replay(await loadWorkflowBundle(), readHistories(folder));
      expect(Object.fromEntries(faults)).toEqual({});
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('do not replay on a build in which two activities of retrainWorkflow are called in swapped order', async () => {
    const swapped = await bundleOfVariant('swapped', {
      file: join('workflows', 'retrain.js'),
      edit: (text) =>
        text
          .replace('.trainCandidate.executeWithOptions(', 'SWAP')
          .replace('.registerCandidate.executeWithOptions(', '.trainCandidate.executeWithOptions(')
          .replace('SWAP', '.registerCandidate.executeWithOptions('),
    });
    const histories = readHistories(HISTORIES).filter(({ name }) =>
      /retrainWorkflow-(promoted|turned-down)/.test(name),
    );
    const faults = await replay(swapped, histories);
    expect([...faults.keys()]).toEqual(histories.map(({ name }) => name));
    for (const fault of faults.values()) expect(fault).toMatch(/trainCandidate|registerCandidate/);
  });

  it('do not replay on a build in which two steps changed places', async () => {
    const reordered = await bundleOfVariant('reordered', {
      file: join('workflows', 'retrain.js'),
      edit: (text) =>
        text
          .replace("await run.enter('assess');", 'SWAP')
          .replace("await run.enter('labels');", "await run.enter('assess');")
          .replace('SWAP', "await run.enter('labels');\n    await awaitLabels(run, plan);"),
    });
    const histories = readHistories(HISTORIES).filter(({ name }) =>
      /retrainWorkflow-(promoted|turned-down)/.test(name),
    );
    const faults = await replay(reordered, histories);
    expect([...faults.keys()]).toEqual(histories.map(({ name }) => name));
    for (const fault of faults.values()) expect(fault).toMatch(/^DeterminismViolationError: .*Nondeterminism/);
  });
});

const request = (triggerId = uniqueTaskQueue('t')) =>
  ({ triggerId, cause: 'manual', requestedBy: 'requester', reason: 'r', clock: { mode: 'wall' } }) as const;

async function start(scenario: Scenario, change: (world: World) => void = () => undefined) {
  const world = harness.world(scenario);
  change(world);
  await harness.coordinator.requestRetrain(world.modelId, request());
  return { world, run: harness.run(world, 1) };
}

const closed = (world: World) => until(`the end of ${world.modelId}`, () => world.model.runs[0]?.result);

const MONTHLY = { from: '2001-02-01T00:00:00Z', to: '2001-05-01T00:00:00Z', every: 'P1M', promotion: 'off' };

async function startBackfill(change: (world: World) => void = () => undefined, input: Record<string, unknown> = {}) {
  const world = harness.world({ hasChampion: true });
  change(world);
  const { modelId } = world;
  const handle = await harness.client.workflow.start('backfillWorkflow', {
    workflowId: `backfill/${modelId}/spring`,
    taskQueue: harness.queue,
    args: [{ modelId, name: 'spring', requestedBy: 'engineer', ...MONTHLY, ...input }],
  });
  return { world, handle };
}

const ASK = (verdict: TriageVerdict) => ({
  verdict,
  action: 'ask' as const,
  certainty: null,
  reasons: ['r'],
  next: 'n',
  details: 'd',
});

async function answer(run: ReturnType<Harness['run']>, said: 'proceed' | 'shrink' | 'abort') {
  await harness.awaiting(run, 'an answer');
  const args = [{ eventId: said, answer: said, by: 'reviewer', reason: 'r' }] as const;
  return run.executeUpdate(answerQuestionUpdate, { args: [...args] });
}

/** One run of every outcome, each as rich in events as it may be. */
const SCENES: (() => Promise<unknown>)[] = [
  async () => {
    const { world, run } = await start(
      {
        hasChampion: true,
        approval: { policy: 'always' },
        labels: { onDeadline: 'ask', deadline: 'PT1S', poll: 'PT1S' },
      },
      (made) => {
        made.labelShare = () => 0.4;
      },
    );
    await harness.awaiting(run, 'an answer');
    const answer = { eventId: 'a', answer: 'proceed', by: 'reviewer', reason: 'enough for me' } as const;
    await run.executeUpdate(answerQuestionUpdate, { args: [answer] });
    const { evidenceDigest } = await harness.awaiting(run, 'a decision');
    await approve(run, { evidence: 'f'.repeat(12) });
    await approve(run, { evidence: evidenceDigest! });
    await closed(world);
  },
  async () => {
    const { world, run } = await start({ approval: { policy: 'always' } });
    const { evidenceDigest } = await harness.awaiting(run, 'a decision');
    await reject(run, { evidence: evidenceDigest! });
    await closed(world);
  },
  async () => closed((await start({ approval: { policy: 'always', expiry: 'PT1S' } })).world),
  async () =>
    closed(
      (await start({ labels: { deadline: 'PT1S', poll: 'PT1S' } }, (world) => (world.labelShare = () => 0.4))).world,
    ),
  async () => closed((await start({ hasChampion: true }, (world) => (world.verdict = 'reject'))).world),
  async () => closed((await start({}, (world) => (world.assessment = 'broken-feed'))).world),
  async () => {
    const { world, run } = await start({}, (made) => (made.assessReplies = [ASK('unclear')]));
    await answer(run, 'shrink');
    await answer(run, 'abort');
    await closed(world);
  },
  async () => {
    const { world, run } = await start({}, (made) => (made.assessReplies = [ASK('code-or-feature-bug')]));
    await answer(run, 'abort');
    await closed(world);
  },
  // An expired question.
  async () =>
    closed((await start({ approval: { expiry: 'PT1S' } }, (made) => (made.assessReplies = [ASK('unclear')]))).world),
  // Assessed twice: the label wait, then a question.
  async () => {
    const { world, run } = await start({}, (made) => {
      made.assessReplies = [{ ...ASK('pending-labels'), action: 'await-labels' }, ASK('label-fault')];
      made.labelShare = () => (made.measured.length > 1 ? 1 : 0.4);
    });
    await harness.awaiting(run, 'labels');
    await run.signal(labelsArrivedSignal, { eventId: 'l', through: '2001-01-01T00:00:00Z' });
    await answer(run, 'proceed');
    await closed(world);
  },
  // It would have gone on: the label wait, then a question.
  async () => {
    const { world, run } = await start({}, (made) => {
      made.assessReplies = [{ ...ASK('unclear'), verdict: 'clear', action: 'go-on' }, ASK('label-fault')];
      made.labelShare = () => (made.measured.length > 1 ? 1 : 0.4);
    });
    await harness.awaiting(run, 'labels');
    await run.signal(labelsArrivedSignal, { eventId: 'l', through: '2001-01-01T00:00:00Z' });
    await answer(run, 'proceed');
    await closed(world);
  },
  async () =>
    closed(
      (
        await start({}, (world) => {
          world.before.trainCandidate = () => {
            throw new Error('The disk is on fire.');
          };
        })
      ).world,
    ),
  async () => {
    const { world, run } = await start({}, (made) => (made.labelShare = () => 0.4));
    await harness.awaiting(run, 'labels');
    await run.cancel();
    await closed(world);
  },
  async () => {
    const world = harness.world();
    const tick = (name: string) =>
      harness.client.workflow.execute('scheduledTickWorkflow', {
        workflowId: `tick/${world.modelId}-${name}`,
        taskQueue: harness.queue,
        args: [{ modelId: world.modelId, clock: { mode: 'wall' } }],
      });
    world.labelShare = () => (world.measured.length > 1 ? 1 : 0.4);
    await tick('1');
    await tick('2');
    await harness.client.workflow.execute('scoreVersionsWorkflow', {
      workflowId: `score/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, specDigest: world.model.specDigest, versions: [1], snapshot: {} }],
    });
    await harness.client.workflow.execute('monitorWorkflow', {
      workflowId: `monitor/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, at: null, clock: { mode: 'wall' } }],
    });
    const poll = { urlEnv: 'MONITOR_URL', schema: 'public', modelName: null, since: null };
    await harness.client.workflow.execute('pollMonitorWorkflow', {
      workflowId: `poll/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, ...poll }],
    });
    const window = { start: '2000-12-01T00:00:00.000Z', end: '2001-01-01T00:00:00.000Z' };
    await harness.client.workflow.execute('inferSchemaWorkflow', {
      workflowId: `schema/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, specDigest: world.model.specDigest, window, asOf: window.end, by: 'reviewer' }],
    });
    await harness.coordinator.sendLabels(world.modelId, { eventId: 'l', through: '2001-01-01T00:00:00Z' });
    await closed(world);
  },
  async () => {
    const lateLabels = (world: World) => (world.labelShare = (asOf) => (asOf.slice(8, 10) === '01' ? 0.4 : 1));
    await (await startBackfill(lateLabels)).handle.result();
  },
  async () => (await startBackfill(undefined, { maxHistoryEvents: 50 })).handle.result(),
  async () => {
    const { world, handle } = await startBackfill((made) => {
      made.before.trainCandidate = () => {
        throw Object.assign(new Error('The disk is away.'), { code: 'EIO' });
      };
    });
    await until('a try of the training', () => world.count('trainCandidate') > 0);
    await handle.cancel();
    await handle.result();
  },
  async () => {
    const modelId = uniqueTaskQueue('unknown');
    await harness.coordinator.requestRetrain(modelId, request()).catch(() => undefined);
    await harness.client.workflow
      .getHandle(`model/${modelId}`)
      .result()
      .catch(() => undefined);
  },
  async () => {
    const world = harness.world();
    await harness.client.workflow.start('modelCoordinatorWorkflow', {
      workflowId: `model/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, maxHistoryEvents: 50 }],
    });
    const { runId } = await harness.client.workflow.getHandle(`model/${world.modelId}`).describe();
    const coordinator = harness.client.workflow.getHandle(`model/${world.modelId}`);
    for (let at = 0; at < 3; at++) {
      await harness.coordinator.sendDrift(world.modelId, { eventId: `e${at}`, source: 'monitor' });
      await until('the end of a run', () => world.model.runs[at]?.result);
      await until('rest', async () => (await coordinator.query(coordinatorStatusQuery)).openRunNo === null);
    }
    await until('a new execution', async () => {
      return (await coordinator.describe()).runId !== runId;
    });
  },
];

describe('histories made now', () => {
  it('are exported under type and outcome, without machine names or paths, and replay', async () => {
    await Promise.all(SCENES.map((scene) => scene()));
    const folder = mkdtempSync(join(tmpdir(), 'perennial-histories-'));
    try {
      const script = fileURLToPath(new URL('../../scripts/export-histories.mjs', import.meta.url));
      const options = ['--address', temporalAddress(), '--out', folder, '--query', `TaskQueue='${harness.queue}'`];
      await until('every outcome in the list of workflows', () => {
        execFileSync(process.execPath, [script, ...options]);
        const names = readHistories(folder).map(({ name }) => name);
        return WANTED.every((name) => names.includes(name));
      });
      const histories = readHistories(folder);
      expect(Object.fromEntries(await replay(await loadWorkflowBundle(), histories))).toEqual({});
      const traces = /"stackTrace":"[^"]+|node_modules[^"]*|"\d+@[^"]+/.exec(JSON.stringify(histories));
      expect(traces).toBeNull();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a run that asks about its assessment', () => {
  it('asks on after its workers were gone, and takes what was said meanwhile', async () => {
    const { world, run } = await start({}, (made) => (made.assessReplies = [ASK('unclear')]));
    await harness.awaiting(run, 'an answer');
    await harness.stopWorkers();
    await run.signal(answerQuestionSignal, { eventId: 's', answer: 'proceed', by: 'reviewer', reason: 'r' });
    await harness.startWorkers();
    expect(await closed(world)).toMatchObject({ outcome: { kind: 'promoted' } });
    expect(await taskFailures(run)).toBe(0);
    expect(world.count('assessQuality')).toBe(1);
  });
});

describe('a run that waits for labels', () => {
  it('looks once more with them, also when its workers are gone while it looks', async () => {
    const { world, run } = await start({}, (made) => {
      made.assessReplies = [
        { ...ASK('unclear'), verdict: 'clear', action: 'go-on' },
        { ...ASK('label-fault'), action: 'stop', certainty: 'confirmed' },
      ];
      made.labelShare = () => 0;
    });
    await harness.awaiting(run, 'labels');
    world.labelShare = () => 1;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.before.assessQuality = () => held;
    await harness.coordinator.sendLabels(world.modelId, { eventId: 'l', through: '2001-01-01T00:00:00Z' });
    await until('the second look', () => world.count('assessQuality') === 2);
    const stopped = harness.stopWorkers();
    release();
    await stopped;
    await harness.startWorkers();
    expect(await closed(world)).toMatchObject({ outcome: { kind: 'blocked-by-data' } });
    expect(await taskFailures(run)).toBe(0);
    expect(world.count('freezeSnapshots')).toBe(0);
  });

  it('is finished by the next build', async () => {
    const next = await bundleOfVariant('next', {
      file: join('core', 'report', 'run-details.js'),
      edit: (text) => text.replace('**Awaits**', '**Is waiting for**'),
    });
    const { world, run } = await start({}, (made) => (made.labelShare = () => 0));
    await harness.awaiting(run, 'labels');
    await harness.stopWorkers();
    world.labelShare = () => 1;
    await harness.coordinator.sendLabels(world.modelId, { eventId: 'l', through: '2001-01-01T00:00:00Z' });
    await harness.startWorkers(next);
    expect(await closed(world)).toMatchObject({ outcome: { kind: 'promoted' } });
  });
});
