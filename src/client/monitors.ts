/** The built-in monitor as programs and the command line use it: read its series, or let it look at once. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { MonitorLook, MonitorRequest } from '../core/monitor/look.js';
import { periodEnd } from '../core/monitor/period.js';
import type { Instant } from '../core/types.js';
import {
  type KeptLook,
  type KeptPoint,
  listPoints,
  newestLook,
  type SeriesRequest,
} from '../registry/monitor-points.js';
import { type Awaiting, awaitWorkflow } from './awaited-workflow.js';
import { requirePast } from './check-times.js';
import { monitorScheduleId } from './monitor-schedules.js';
import { specOfModel } from './read-calls.js';

export interface MonitorView {
  readonly modelId: string;
  /** By series, oldest first. */
  readonly points: readonly KeptPoint[];
  /** What became of the newest look; null when it never looked. */
  readonly look: KeptLook | null;
}

export interface MonitorCalls {
  monitor(request: SeriesRequest): Promise<MonitorView>;
  /** One period at once, through the workflow: the one before now, or as an instant of the past knew it. */
  monitorNow(request: { modelId: string; asOf?: Instant }, awaiting?: Awaiting): Promise<MonitorLook>;
}

type Monitoring = (request: MonitorRequest) => Promise<MonitorLook>;

export function monitorCalls(client: Client, pool: Pool, queue: string): MonitorCalls {
  return {
    monitor: async (request) => {
      await specOfModel(pool, request.modelId);
      const points = await listPoints(pool, request);
      return { modelId: request.modelId, points, look: await newestLook(pool, request.modelId) };
    },
    monitorNow: async ({ modelId, asOf }, awaiting = {}) => {
      await specOfModel(pool, modelId);
      const at = asOf ?? new Date().toISOString();
      if (asOf !== undefined) requirePast(asOf);
      return awaitWorkflow<Monitoring>(client, {
        workflow: 'monitorWorkflow',
        options: {
          workflowId: `${monitorScheduleId(modelId)}/${periodEnd(at).slice(0, 10)}`,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          taskQueue: queue,
          args: [{ modelId, at, clock: asOf === undefined ? { mode: 'wall' } : { mode: 'replay', now: asOf } }],
          staticSummary: `Built-in monitor of ${modelId}, the period before ${at}`.slice(0, 200),
        },
        awaiting,
      });
    },
  };
}
