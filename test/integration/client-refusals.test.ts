/** What the typed client refuses before any workflow is asked, so that every door says the same; no worker runs here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, type PerennialClient } from '#dist/client.js';
import { temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { applyModel, makeVersion, useRegistry } from './registry-fixtures.js';

const registry = useRegistry('client_refusals');
const MODEL = 'flights';
const said = { modelId: MODEL, by: 'operator' };
let client: PerennialClient;

beforeAll(async () => {
  await applyModel(registry.pool, MODEL);
  const temporal = { address: temporalAddress(), namespace: 'default' };
  client = await connectClient({ databaseUrl: registry.url, temporal, queue: uniqueTaskQueue() });
});

afterAll(() => client.close());

describe('a time that has not come', () => {
  const future = '2099-01-01T00:00:00.000Z';
  const asOf = { code: 'SIGNAL_INVALID', message: '2099-01-01 lies in the future: name an instant of the past.' };

  it('is nothing to look from: for a retrain, a schema or the monitor', async () => {
    const window = { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
    const clock = { mode: 'replay', now: future } as const;
    await expect(client.requestRetrain({ ...said, reason: 'x', clock })).rejects.toMatchObject(asOf);
    await expect(client.inferSchema({ ...said, window, asOf: future })).rejects.toMatchObject(asOf);
    await expect(client.monitorNow({ modelId: MODEL, asOf: future })).rejects.toMatchObject(asOf);
  });

  it('is none that labels are in through, save for a day', async () => {
    const labels = (through: string) => client.labelsArrived({ modelId: MODEL, eventId: 'l', through });
    await expect(labels('2036-11-01T00:00:00.000Z')).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
      message: 'through lies more than a day in the future (2036-11-01).',
    });
    await labels(new Date(Date.now() + 3_600_000).toISOString());
  });
});

describe('a name that nobody knows', () => {
  const unknown = { code: 'MODEL_UNKNOWN', message: expect.stringContaining('nosuch') };

  it('of a model is no empty list', async () => {
    await expect(client.listRuns({ modelId: 'nosuch', limit: 5 })).rejects.toMatchObject(unknown);
    await expect(client.listTriggers({ modelId: 'nosuch', limit: 5 })).rejects.toMatchObject(unknown);
    await expect(client.listIncidents({ modelId: 'nosuch' })).rejects.toMatchObject(unknown);
    expect(await client.listRuns({ modelId: MODEL, limit: 5 })).toEqual([]);
  });

  it('of a run is none either', async () => {
    await expect(client.listQuarantine({ modelId: MODEL, runNo: 77, limit: 5 })).rejects.toMatchObject({
      code: 'RUN_UNKNOWN',
    });
  });

  it('of a version or a schema is told with where to look', async () => {
    await makeVersion(registry.registry, MODEL, 'first');
    await expect(client.rollback({ ...said, to: 9, reason: 'x' })).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
      message: 'flights has no version 9.',
      advice: '`perennial champion flights --history` lists the versions.',
    });
    await expect(client.diffSchemas({ modelId: MODEL })).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
      advice: 'Infer one with `perennial schema infer flights`.',
    });
    await expect(client.showSchedule(MODEL)).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
      advice: expect.stringContaining('perennial schedule set flights'),
    });
  });
});

it('a reason is as long by every way, and never blank', async () => {
  for (const reason of [' ', 'x'.repeat(60_000)]) {
    const fault = {
      code: 'SIGNAL_INVALID',
      message: expect.stringMatching(/^reason is (empty|too long: 60000 .* 2000)/),
    };
    await expect(client.closeIncident({ ...said, incidentId: 1, reason })).rejects.toMatchObject(fault);
    await expect(client.acceptSchema({ ...said, version: 1, reason })).rejects.toMatchObject(fault);
    await expect(client.unblock({ ...said, reason })).rejects.toMatchObject(fault);
  }
});
