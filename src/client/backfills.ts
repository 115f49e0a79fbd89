/** Backfills: `backfill/<model>/<name>`, started or joined by name, and how far they are. */
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { Pool } from 'pg';
import { planBackfill } from '../core/backfill/plan.js';
import {
  type BackfillInput,
  type BackfillRequest,
  type BackfillResult,
  type BackfillStatus,
  backfillWorkflowId,
} from '../core/backfill/types.js';
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import { backfillStatic, backfillSummary } from '../core/report/backfill-details.js';
import { backfillStatusQuery } from '../workflows/messages.js';
import { reachTemporal } from './reach-temporal.js';
import { specOfModel } from './read-calls.js';

export interface StartedBackfill extends BackfillRequest {
  readonly workflowId: string;
  readonly windows: number;
  /** `going-on`: one of that name runs already, and this is it. */
  readonly state: 'started' | 'going-on';
}

export interface BackfillView {
  readonly isRunning: boolean;
  /** Live, from the workflow; null when no worker is up to say it. */
  readonly status: BackfillStatus | null;
}

export interface BackfillCalls {
  /** @throws SIGNAL_INVALID for a range that cannot be, and for a name that stands for another backfill */
  startBackfill(request: BackfillRequest): Promise<StartedBackfill>;
  backfillStatus(backfill: Pick<BackfillRequest, 'modelId' | 'name'>): Promise<BackfillView>;
}

type Backfill = (input: BackfillInput) => Promise<BackfillResult>;

/** Member of the memo: what was asked for under this name. */
const MEMO_KEY = 'perennialBackfill';
const PATIENCE_MS = 3_000;

async function latest(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await reachTemporal(() => client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

const isRunning = (found: WorkflowExecutionDescription | null): boolean => found?.status.name === 'RUNNING';

/** Under one name windows are done once: with promotion on they are others, and one that runs keeps its range. */
function checkSame(request: BackfillRequest, found: WorkflowExecutionDescription | null): void {
  const known = found?.memo?.[MEMO_KEY] as Partial<BackfillRequest> | undefined;
  if (found === null || known === undefined) return;
  const fields = isRunning(found) ? (['from', 'to', 'every', 'promotion'] as const) : (['promotion'] as const);
  const other = fields.filter((field) => canonicalJson(known[field] ?? null) !== canonicalJson(request[field]));
  if (other.length === 0) return;
  const was = other.map((field) => `${field} ${known[field] ?? 'as scheduled'}`).join(', ');
  throw new PipelineError(
    'SIGNAL_INVALID',
    `Backfill ${request.name} of ${request.modelId} ${isRunning(found) ? 'runs' : 'ran'} with ${was}: choose another --name.`,
  );
}

async function start(from: { client: Client; pool: Pool; queue: string }, request: BackfillRequest) {
  const { client, pool, queue } = from;
  const spec = await specOfModel(pool, request.modelId);
  const { total } = planBackfill(spec, { ...request, rule: null, done: 0 }, new Date().toISOString());
  const workflowId = backfillWorkflowId(request);
  const found = await latest(client, workflowId);
  checkSame(request, found);
  await reachTemporal(() =>
    client.workflow.start<Backfill>('backfillWorkflow', {
      workflowId,
      taskQueue: queue,
      args: [request],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      memo: { [MEMO_KEY]: { ...request } },
      staticSummary: backfillSummary(request),
      staticDetails: backfillStatic(request),
    }),
  );
  return {
    ...request,
    workflowId,
    windows: total,
    state: isRunning(found) ? ('going-on' as const) : ('started' as const),
  };
}

export function backfillCalls(client: Client, pool: Pool, queue: string): BackfillCalls {
  return {
    startBackfill: (request) => start({ client, pool, queue }, request),
    backfillStatus: async (backfill) => {
      const workflowId = backfillWorkflowId(backfill);
      const found = await latest(client, workflowId);
      if (found === null) {
        throw new PipelineError('RUN_UNKNOWN', `Model ${backfill.modelId} has no backfill ${backfill.name}.`);
      }
      const handle = client.workflow.getHandle(workflowId);
      const status = await client
        .withDeadline(Date.now() + PATIENCE_MS, () => handle.query(backfillStatusQuery))
        .catch(() => null);
      return { isRunning: isRunning(found), status };
    },
  };
}
