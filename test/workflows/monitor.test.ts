// The monitor's workflow on the time-skipping server with a faked activity: which instant it looks from, and that an outage delays it.
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awaitWorkflow, GivenUp } from '#dist/client/awaited-workflow.js';
import type { MonitorLook, MonitorRequest } from '#dist/core/monitor/look.js';
import { queueNames } from '#dist/core/queues.js';
import { loadWorkflowBundle } from '#dist/worker/workflow-bundle.js';
import { testServerPath } from '../setup/services.js';

const QUEUE = 'monitor-skipping';
const asked: MonitorRequest[] = [];
let failures = 0;
let onAsked = (): Promise<void> => Promise.resolve();

const measurePeriod = async (request: MonitorRequest): Promise<MonitorLook> => {
  asked.push(request);
  await onAsked();
  if (failures-- > 0) throw ApplicationFailure.create({ message: 'No files found', type: 'SOURCE_UNAVAILABLE' });
  const { modelId, at } = request;
  const periodEnd = `${at?.slice(0, 10)}T00:00:00.000Z`;
  return {
    modelId,
    periodEnd,
    championVersion: 1,
    outcome: 'measured',
    reason: 'none alerts',
    alerts: [],
    triggerId: null,
  };
};

let environment: TestWorkflowEnvironment;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const executable = { type: 'existing-path', path: testServerPath() } as const;
  environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  const queues = queueNames(QUEUE);
  const connection = environment.nativeConnection;
  const workers = [
    await Worker.create({ connection, taskQueue: queues.base, workflowBundle: await loadWorkflowBundle() }),
    await Worker.create({ connection, taskQueue: queues.data, activities: { measurePeriod } }),
  ];
  for (const worker of workers) {
    const ended = worker.run();
    ends.push(async () => {
      worker.shutdown();
      await ended;
    });
  }
});
afterAll(async () => {
  for (const end of ends) await end();
  await environment?.teardown();
});

const looked = async (id: string, request: MonitorRequest) =>
  environment.client.workflow.execute<(request: MonitorRequest) => Promise<MonitorLook>>('monitorWorkflow', {
    workflowId: id,
    taskQueue: QUEUE,
    args: [request],
  });

it('looks from the instant it is given, with the clock it is given', async () => {
  const clock = { mode: 'replay', now: '2001-02-12T06:00:00.000Z' } as const;
  const look = await looked('monitor/m/given', { modelId: 'm', at: clock.now, clock });
  expect(look).toMatchObject({ outcome: 'measured', periodEnd: '2001-02-12T00:00:00.000Z' });
  expect(asked).toEqual([{ modelId: 'm', at: clock.now, clock }]);
});

it('without one looks from when it started, and an outage of hours delays it without another instant', async () => {
  asked.length = 0;
  failures = 20;
  await looked('monitor/m/tick', { modelId: 'm', at: null, clock: { mode: 'wall' } });
  expect(asked).toHaveLength(21);
  const { startTime } = await environment.client.workflow.getHandle('monitor/m/tick').describe();
  expect(new Set(asked.map(({ at }) => at))).toEqual(new Set([startTime.toISOString()]));
});

const awaited = (id: string, awaiting: { signal?: AbortSignal }) =>
  awaitWorkflow<(request: MonitorRequest) => Promise<MonitorLook>>(environment.client, {
    workflow: 'monitorWorkflow',
    options: {
      workflowId: id,
      taskQueue: QUEUE,
      args: [{ modelId: 'm', at: '2001-02-12T06:00:00.000Z', clock: { mode: 'wall' } }],
    },
    awaiting,
  });

it('a person who waits for it is told what fails after half a minute of attempts', async () => {
  asked.length = 0;
  failures = Number.POSITIVE_INFINITY;
  await expect(awaited('monitor/m/away', {})).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringContaining('No files found'),
  });
  expect(asked).toHaveLength(6);
  const { startTime, closeTime } = await environment.client.workflow.getHandle('monitor/m/away').describe();
  expect(Number(closeTime) - Number(startTime)).toBeLessThan(60_000);
});

it('is cancelled when the person who started it gives up, and says so', async () => {
  failures = 0;
  const gaveUp = new AbortController();
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  onAsked = () => {
    gaveUp.abort();
    return held;
  };
  const waited = awaited('monitor/m/given-up', { signal: gaveUp.signal });
  await expect(waited).rejects.toThrow(new GivenUp('Workflow monitor/m/given-up is cancelled.'));
  const handle = environment.client.workflow.getHandle('monitor/m/given-up');
  await expect(handle.result()).rejects.toThrow(/cancelled/i);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  end();
});
