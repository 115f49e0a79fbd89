/** Everything about one run for a reader: rows of the registry, and the live state where its workflow still runs. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Pool } from 'pg';
import type { RunKey, RunRow } from '../activities/deps.js';
import type { RunStatus } from '../core/messages.js';
import type { Assessment, Coverage, Decision, DecisionAnswer, Digest, Instant, SnapshotRef } from '../core/types.js';
import type { EvaluationRow } from '../registry/evaluations.js';
import { showRun as readPicture, type StageRow, type TriggerView } from '../registry/reads.js';
import type { VersionRow } from '../registry/versions.js';
import { runStatusQuery } from '../workflows/messages.js';

/** What Temporal says about the workflow of an open run; null for a closed run. */
type WorkflowState = 'running' | 'stuck' | 'closed' | 'missing' | 'unknown';

export interface RunItem extends RunRow {
  readonly workflow: WorkflowState | null;
}

export interface RunDetail {
  readonly run: RunItem;
  readonly specDigest: Digest;
  /** Live, from the workflow; null when none runs. */
  readonly status: RunStatus | null;
  readonly stages: readonly StageRow[];
  readonly triggers: readonly TriggerView[];
  readonly assessment: Assessment | null;
  readonly coverage: { readonly training: Coverage | null; readonly holdout: Coverage | null };
  readonly snapshots: readonly SnapshotRef[];
  readonly version: VersionRow | null;
  /** The newest one, with its gates. */
  readonly evaluation: EvaluationRow['summary'];
  readonly gates: EvaluationRow['gates'];
  readonly evaluations: readonly EvaluationRow[];
  readonly decisions: readonly (Decision & { at: Instant; channel: string; answer: DecisionAnswer })[];
}

const PATIENCE_MS = 3_000;

/** A workflow whose newest task keeps failing is stuck: it waits for a repaired build, not for anything in the world. */
async function workflowState(client: Client, workflowId: string): Promise<WorkflowState> {
  try {
    const found = await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    if (found.status.name !== 'RUNNING') return 'closed';
    const task = found.raw.pendingWorkflowTask;
    return (task?.attempt ?? 1) > 3 ? 'stuck' : 'running';
  } catch (error) {
    return error instanceof WorkflowNotFoundError ? 'missing' : 'unknown';
  }
}

export async function withWorkflow(client: Client, run: RunRow): Promise<RunItem> {
  return { ...run, workflow: run.closedAt === null ? await workflowState(client, run.workflowId) : null };
}

export async function liveStatus(client: Client, run: RunKey): Promise<RunStatus | null> {
  try {
    const handle = client.workflow.getHandle(`retrain/${run.modelId}/${run.runNo}`);
    return await client.withDeadline(Date.now() + PATIENCE_MS, () => handle.query(runStatusQuery));
  } catch {
    // No workflow, no worker, no server: the registry's rows are shown without it.
    return null;
  }
}

export async function showRun(from: { client: Client; pool: Pool }, key: RunKey): Promise<RunDetail> {
  const picture = await readPicture(from.pool, key);
  const { run, assessments, coverage, evaluations, approvals } = picture;
  const newestOf = (kind: SnapshotRef['kind']): Coverage | null =>
    coverage.findLast((row) => row.kind === kind)?.coverage ?? null;
  const newest = evaluations.findLast((row) => row.summary !== null);
  const isOpen = run.closedAt === null;
  const [item, status] = await Promise.all([
    withWorkflow(from.client, run),
    isOpen ? liveStatus(from.client, key) : Promise.resolve(null),
  ]);
  return {
    run: item,
    specDigest: run.specDigest,
    status,
    stages: picture.stages,
    triggers: picture.triggers,
    assessment: assessments.at(-1) ?? null,
    coverage: { training: newestOf('training'), holdout: newestOf('holdout') },
    snapshots: picture.snapshots,
    version: picture.version,
    evaluation: newest?.summary ?? null,
    gates: newest?.gates ?? [],
    evaluations,
    decisions: approvals.map(({ decidedAt, ...approval }) => ({ ...approval, at: decidedAt })),
  };
}
