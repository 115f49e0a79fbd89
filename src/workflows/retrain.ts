/**
 * One retrain, from a labelled window to a decision: assess, labels, freeze, train, evaluate, approve, promote, done.
 * Thin on purpose: every measurement and verdict is made in an activity, so that it stands in the history and a changed
 * rule cannot break a replay. What turns a candidate down is an outcome; only faults of ours fail the workflow.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { RetrainInput } from '../core/messages.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { Instant, Outcome, OutcomeKind, TrainedCandidate, Window } from '../core/types.js';
import { dataActivities, runActivities, trainActivities } from './activity-proxies.js';
import { assess, assessAgain, hasNewLabels } from './assess.js';
import { awaitLabels } from './await-labels.js';
import { checkRetrainInput } from './check-messages.js';
import { decideAndPromote } from './decide-and-promote.js';
import { RunState } from './run-state.js';

export async function retrainWorkflow(input: RetrainInput): Promise<Outcome> {
  const fault = checkRetrainInput(input);
  if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'SIGNAL_INVALID');
  const run = new RunState(input);
  try {
    const outcome = await walkStages(run).catch((error: unknown) => outcomeOf(run, error));
    await CancellationScope.nonCancellable(() => finish(run, outcome));
    return outcome;
  } catch (error) {
    await CancellationScope.nonCancellable(() => finish(run, { failure: describe(error) }));
    throw error instanceof ApplicationFailure
      ? error
      : ApplicationFailure.nonRetryable(describe(error), codeOf(error) ?? 'INVARIANT_BROKEN');
  }
}

async function walkStages(run: RunState): Promise<Outcome> {
  run.plan = await runActivities().planRun.executeWithOptions({ summary: 'windows, deadlines, approval' }, [
    { key: run.key, specDigest: run.input.specDigest, now: run.time.now() },
  ]);
  const plan = run.plan;
  run.markStart(plan);
  if (typeof plan.blocked === 'string') return run.outcome('recipe-blocked', [plan.blocked]);

  await run.enter('assess');
  const first = await assess(run, plan);
  if (first.kind === 'stop') return first.outcome;

  // Open before the stage is shown: whoever reads `labels` may extend at once.
  run.questions.open(plan.labels.deadlineAt);
  await run.enter('labels');
  const labels = await awaitLabels(run, plan);
  if (labels.kind === 'stop') return run.outcome(labels.outcome, [...labels.reasons, ...first.notes]);

  let assessed = first;
  let labelsAsOf: Instant | null = null;
  if (hasNewLabels(run, plan, { first, hasWaited: labels.hasWaited })) {
    await run.enter('assess');
    // What is frozen has no label that no look knew, however long a person thinks about the second one.
    labelsAsOf = run.time.now();
    const second = await assessAgain(run, plan, { first, labelsAsOf });
    if (second.kind === 'stop') return second.outcome;
    assessed = second;
  }

  await run.enter('freeze');
  const snapshots = await dataActivities().freezeSnapshots.executeWithOptions(
    { summary: 'training and holdout snapshots' },
    [{ key: run.key, plan, training: labels.window, labelsAsOf: labelsAsOf ?? run.time.now() }],
  );

  await run.enter('train');
  const candidate = await train(run, { plan, window: labels.window, snapshot: snapshots.training });
  const notes = [...assessed.notes, ...labels.notes];
  return decideAndPromote(run, { plan, candidate, holdout: snapshots.holdout, notes });
}

type TrainRequest = Parameters<ReturnType<typeof trainActivities>['trainCandidate']>[0];

async function train(
  run: RunState,
  work: { plan: RunPlan; window: Window; snapshot: TrainRequest['training'] },
): Promise<TrainedCandidate> {
  const { plan, window, snapshot } = work;
  const tailMs = Date.parse(plan.training.end) - Date.parse(plan.validationStart);
  const result = await trainActivities(plan.trainTimeoutMs).trainCandidate.executeWithOptions(
    { summary: `train on ${snapshot.rows.used} rows` },
    [
      {
        key: run.key,
        specDigest: plan.specDigest,
        training: snapshot,
        validationStart: new Date(Date.parse(window.end) - tailMs).toISOString(),
      },
    ],
  );
  return runActivities().registerCandidate.executeWithOptions({ summary: 'register the version' }, [
    {
      key: run.key,
      specDigest: plan.specDigest,
      trainingContentDigest: snapshot.contentDigest,
      trainingWindow: window,
      result,
    },
  ]);
}

/** Which failures are findings about the data or the recipe: those complete the run. */
const FINDINGS: Readonly<Record<string, OutcomeKind>> = {
  DATA_SCHEMA_VIOLATION: 'blocked-by-data',
  DATA_WINDOW_EMPTY: 'blocked-by-data',
  SPLIT_LEAKAGE: 'blocked-by-data',
  TRAINING_DIVERGED: 'turned-down',
};

/** @throws the error itself when it is a fault of ours or of the infrastructure */
function outcomeOf(run: RunState, error: unknown): Outcome {
  if (isCancellation(error)) return run.outcome('cancelled', ['The run was cancelled.']);
  const kind = FINDINGS[codeOf(error) ?? ''];
  if (kind === undefined) throw error;
  return run.outcome(kind, [describe(error)]);
}

function codeOf(error: unknown): string | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  // The server cut an activity short: of a training that is its limit, of others something that it waited for.
  if (error instanceof ActivityFailure && cause instanceof TimeoutFailure) {
    return error.activityType === 'trainCandidate' ? 'TRAINER_TIMEOUT' : 'SOURCE_UNAVAILABLE';
  }
  return cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
}

const MAX_FAILURE_CHARACTERS = 2_000;

function describe(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(error);
  const text = [...(code === null ? message : `${code}: ${message}`)].slice(0, MAX_FAILURE_CHARACTERS).join('');
  // What Postgres cannot keep would leave the run open for ever.
  return text.replace(/\0|\p{Surrogate}/gu, '\u{fffd}');
}

/** Decisions that came late still get their row; then the run is closed and the coordinator told. */
async function finish(run: RunState, result: Outcome | { failure: string }): Promise<void> {
  const isFailure = 'failure' in result;
  run.desk.close();
  run.questions.close();
  await condition(allHandlersFinished);
  if (!isFailure) {
    await run.enter('done');
    run.markOutcome(result);
  }
  const activities = runActivities();
  await activities.closeRun.executeWithOptions({ summary: isFailure ? 'failed' : result.kind }, [
    run.key,
    isFailure ? result : { outcome: result },
  ]);
  await activities.reportRunFinished.executeWithOptions({ summary: 'tell the coordinator' }, [
    run.input.modelId,
    {
      eventId: `finished/${workflowInfo().workflowId}`,
      runNo: run.input.runNo,
      outcome: isFailure ? 'failed' : result.kind,
    },
  ]);
  await condition(allHandlersFinished);
}
