/** Everything about one run for a reader: rows of the registry, and the live state where its workflow still runs. */
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { Pool } from 'pg';
import type { RunKey, RunRow } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { RunStatus } from '../core/messages.js';
import { asOfNotes } from '../core/spec/source-rules.js';
import type { Assessment } from '../core/triage/assessment.js';
import type { Coverage, Decision, DecisionAnswer, Digest, Instant, Question, SnapshotRef } from '../core/types.js';
import type { EvaluationRow } from '../registry/evaluations.js';
import type { LabelDecisionRow } from '../registry/label-decisions.js';
import { loadModelState } from '../registry/models.js';
import { showRun as readPicture, type StageRow, type TriggerView } from '../registry/reads.js';
import { specByDigest } from '../registry/specs.js';
import type { VersionRow } from '../registry/versions.js';
import { runStatusQuery } from '../workflows/messages.js';

/** What Temporal says about the workflow of an open run; null for a closed run. */
type WorkflowState = 'running' | 'stuck' | 'closed' | 'missing' | 'unknown';

/** An activity of an open run that failed and is being tried again. */
export interface RetryingActivity {
  readonly activity: string;
  /** Of the try that runs or comes next; the first one is 1. */
  readonly attempt: number;
  /** Message of the newest failure; null when Temporal kept none. */
  readonly failure: string | null;
  /** When the next try begins; null while one runs. */
  readonly nextTryAt: Instant | null;
}

export interface RunItem extends RunRow {
  readonly workflow: WorkflowState | null;
  /** Empty for a run whose work goes on, and for a closed one. */
  readonly retrying: readonly RetryingActivity[];
  /** What it asks a person now; absent where nobody looked. */
  readonly asks?: Question | null;
}

export interface RunDetail {
  readonly run: RunItem;
  readonly specDigest: Digest;
  /** What the spec's source cannot promise about "as of", in sentences; empty when it keeps both times. */
  readonly asOfNotes: readonly string[];
  /** Of an open run: it replays a past instant, and its present moves only by news of labels. */
  readonly isReplay: boolean;
  /** Live, from the workflow; null when none runs. */
  readonly status: RunStatus | null;
  readonly stages: readonly StageRow[];
  readonly triggers: readonly TriggerView[];
  readonly assessment: Assessment | null;
  /** The incident of the fault that it found; null for none. */
  readonly incidentId: number | null;
  readonly coverage: { readonly training: Coverage | null; readonly holdout: Coverage | null };
  readonly snapshots: readonly SnapshotRef[];
  readonly version: VersionRow | null;
  /** The newest one, with its gates. */
  readonly evaluation: EvaluationRow['summary'];
  readonly gates: EvaluationRow['gates'];
  readonly evaluations: readonly EvaluationRow[];
  readonly decisions: readonly (Decision & { at: Instant; channel: string; answer: DecisionAnswer })[];
  /** What people said to the run's questions, oldest first. */
  readonly labelDecisions: readonly (Omit<LabelDecisionRow, 'decidedAt'> & { at: Instant })[];
}

const PATIENCE_MS = 3_000;

/** Unlimited retries look healthy from outside: the second try and later ones are told with what the one before met. */
function retryingOf({ raw }: WorkflowExecutionDescription): RetryingActivity[] {
  return (raw.pendingActivities ?? [])
    .filter((pending) => (pending.attempt ?? 1) > 1)
    .map(({ activityType, attempt, lastFailure, scheduledTime, lastStartedTime }) => {
      const nextMs = milliseconds(scheduledTime);
      const isRunning = nextMs === null || nextMs <= (milliseconds(lastStartedTime) ?? 0);
      return {
        activity: activityType?.name ?? 'unnamed activity',
        attempt: attempt ?? 1,
        failure: lastFailure?.message ?? null,
        nextTryAt: isRunning ? null : new Date(nextMs).toISOString(),
      };
    });
}

function milliseconds(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number | null {
  return time == null ? null : Number(String(time.seconds ?? 0)) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}

/** A workflow whose newest task keeps failing is stuck: it waits for a repaired build, not for anything in the world. */
async function workflowState(client: Client, workflowId: string): Promise<Pick<RunItem, 'workflow' | 'retrying'>> {
  try {
    const found = await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    if (found.status.name !== 'RUNNING') return { workflow: 'closed', retrying: [] };
    const task = found.raw.pendingWorkflowTask;
    return { workflow: (task?.attempt ?? 1) > 3 ? 'stuck' : 'running', retrying: retryingOf(found) };
  } catch (error) {
    return { workflow: error instanceof WorkflowNotFoundError ? 'missing' : 'unknown', retrying: [] };
  }
}

export async function withWorkflow(client: Client, run: RunRow): Promise<RunItem> {
  if (run.closedAt !== null) return { ...run, workflow: null, retrying: [] };
  return { ...run, ...(await workflowState(client, run.workflowId)) };
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

/** What a run asks now; null when nothing. */
export const askedBy = ({ asks, isAsking }: Pick<RunStatus, 'asks' | 'isAsking'>): Question | null =>
  asks ?? (isAsking ? 'labels' : null);

/** In these stages a run may ask. */
const ASKING: readonly RunRow['stage'][] = ['assess', 'labels'];

/** As `withWorkflow`, and what the run asks. */
export async function withQuestion(client: Client, run: RunRow): Promise<RunItem> {
  const item = await withWorkflow(client, run);
  if (item.workflow !== 'running' || !ASKING.includes(run.stage)) return item;
  const status = await liveStatus(client, run);
  return { ...item, asks: status === null ? null : askedBy(status) };
}

/** A run of long ago may have a spec that this version cannot read: its page is shown all the same. */
async function asOfNotesOf(pool: Pool, specDigest: Digest): Promise<readonly string[]> {
  try {
    return asOfNotes(await specByDigest(pool, specDigest));
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === 'SPEC_INVALID')) throw error;
    return ['not known: this version of perennial cannot read the spec.'];
  }
}

export async function showRun(from: { client: Client; pool: Pool }, key: RunKey): Promise<RunDetail> {
  const picture = await readPicture(from.pool, key);
  const { run, assessments, coverage, evaluations, approvals } = picture;
  const newestOf = (kind: SnapshotRef['kind']): Coverage | null =>
    coverage.findLast((row) => row.kind === kind)?.coverage ?? null;
  const newest = evaluations.findLast((row) => row.summary !== null);
  const isOpen = run.closedAt === null;
  const [item, status, model, notes] = await Promise.all([
    withWorkflow(from.client, run),
    isOpen ? liveStatus(from.client, key) : Promise.resolve(null),
    isOpen ? loadModelState(from.pool, key.modelId) : Promise.resolve(null),
    asOfNotesOf(from.pool, run.specDigest),
  ]);
  return {
    run: item,
    specDigest: run.specDigest,
    asOfNotes: notes,
    isReplay: model?.openRun?.runNo === key.runNo && model.openRun.clock.mode === 'replay',
    status,
    stages: picture.stages,
    triggers: picture.triggers,
    assessment: assessments.at(-1) ?? null,
    incidentId: picture.incidentId,
    coverage: { training: newestOf('training'), holdout: newestOf('holdout') },
    snapshots: picture.snapshots,
    version: picture.version,
    evaluation: newest?.summary ?? null,
    gates: newest?.gates ?? [],
    evaluations,
    decisions: approvals.map(({ decidedAt, ...approval }) => ({ ...approval, at: decidedAt })),
    labelDecisions: picture.labelDecisions.map(({ decidedAt, ...said }) => ({ ...said, at: decidedAt })),
  };
}
