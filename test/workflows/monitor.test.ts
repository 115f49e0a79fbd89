// The monitor's workflow on the time-skipping server with a faked activity: which instant it looks from, and that an outage delays it.
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MonitorLook, MonitorRequest } from '#dist/core/monitor/look.js';
import { queueNames } from '#dist/core/queues.js';
import { loadWorkflowBundle } from '#dist/worker/workflow-bundle.js';
import { testServerPath } from '../setup/services.js';

const QUEUE = 'monitor-skipping';
const asked: MonitorRequest[] = [];
let failures = 0;

const measurePeriod = async (request: MonitorRequest): Promise<MonitorLook> => {
  asked.push(request);
  if (failures-- > 0) throw new Error('Postgres is away');
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
