/**
 * Stages `evaluate`, `approve`, `promote`: measure against the champion of now, ask a person where policy wants one,
 * move the alias by compare-and-set. A champion that changed meanwhile voids the evidence, and everything is measured again.
 */
import { ActivityFailure, ApplicationFailure, CancellationScope, workflowInfo } from '@temporalio/workflow';
import { promotionOff } from '../core/policy/promotion-off.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { EvaluationSummary, Outcome, SnapshotRef, TrainedCandidate } from '../core/types.js';
import { dataActivities, runActivities } from './activity-proxies.js';
import type { RunState } from './run-state.js';

interface Work {
  readonly plan: RunPlan;
  readonly candidate: TrainedCandidate;
  readonly holdout: SnapshotRef;
  readonly notes: readonly string[];
}

export async function decideAndPromote(run: RunState, work: Work): Promise<Outcome> {
  for (;;) {
    const evaluation = await evaluate(run, work);
    if (work.plan.promotion === 'off') {
      return run.outcome('turned-down', [promotionOff(evaluation, work.plan), ...evaluation.reasons, ...work.notes]);
    }
    const needsPerson = mustAsk(evaluation, work.plan);
    if (evaluation.verdict !== 'promote' && !needsPerson) {
      return run.outcome('turned-down', [...evaluation.reasons, ...work.notes]);
    }
    if (needsPerson) {
      const answer = await awaitDecision(run, { evaluation, expiryMs: work.plan.approval.expiryMs });
      if (answer === 'champion-moved') continue;
      if (answer === 'expired') return run.outcome('expired', ['Nobody decided in time.', ...evaluation.reasons]);
      if (answer.decision === 'reject') {
        return run.outcome('rejected-by-person', [`${answer.by}: ${answer.reason}`, ...evaluation.reasons]);
      }
    }
    await run.enter('promote');
    // Not to be cancelled half-way: the alias may have moved already, and the outcome must say so.
    const end = await CancellationScope.nonCancellable(() => promote(run, evaluation));
    if (end === 'promoted') return run.outcome('promoted', [...evaluation.reasons, ...work.notes]);
    if (end !== 'champion-moved') return run.outcome('recipe-blocked', [end.blocked, ...work.notes]);
  }
}

async function evaluate(run: RunState, work: Work): Promise<EvaluationSummary> {
  await run.enter('evaluate');
  run.movedEpoch = null;
  const evaluation = await dataActivities().compareWithChampion.executeWithOptions(
    { summary: `candidate v${work.candidate.version} against the champion` },
    [{ key: run.key, specDigest: work.plan.specDigest, candidate: work.candidate, holdout: work.holdout }],
  );
  run.evaluation = evaluation;
  run.desk.present(evaluation.evidenceDigest);
  run.refresh();
  return evaluation;
}

/** Under `never`, a verdict that needs a person counts as inconclusive: the run is turned down. */
function mustAsk(evaluation: EvaluationSummary, plan: RunPlan): boolean {
  const { policy } = plan.approval;
  if (evaluation.verdict === 'needs-approval') return policy !== 'never';
  return evaluation.verdict === 'promote' && policy === 'always';
}

async function awaitDecision(run: RunState, wait: { evaluation: EvaluationSummary; expiryMs: number }) {
  const expiresAt = run.time.after(wait.expiryMs);
  const isStale = (): boolean => run.movedEpoch !== null && run.movedEpoch > wait.evaluation.championEpoch;
  // Open before the stage is shown: whoever reads `approve` may decide at once.
  run.desk.open(expiresAt);
  await run.enter('approve');
  run.awaits('a decision on the candidate', { until: expiresAt });
  await run.time.until(() => run.desk.decided !== null || isStale(), { at: expiresAt, summary: 'await a decision' });
  // A decision being recorded right now still counts when it was made in time.
  await run.desk.settled();
  run.desk.close();
  run.awaits(null);
  if (isStale()) return 'champion-moved';
  return run.desk.decided ?? 'expired';
}

/** `champion-moved`: it is no longer the one that was measured against. */
type Promotion = 'promoted' | 'champion-moved' | { readonly blocked: string };

async function promote(run: RunState, evaluation: EvaluationSummary): Promise<Promotion> {
  const decided = run.desk.decided;
  try {
    await runActivities().moveChampion.executeWithOptions({ summary: `champion := v${evaluation.candidateVersion}` }, [
      {
        modelId: run.input.modelId,
        moveKey: `${workflowInfo().workflowId}/${evaluation.evaluationId}`,
        kind: 'promotion',
        toVersion: evaluation.candidateVersion,
        expected: { version: evaluation.championVersion, epoch: evaluation.championEpoch },
        by: decided?.by ?? 'policy',
        reason: decided?.reason ?? evaluation.reasons[0] ?? evaluation.verdict,
        evidenceDigest: evaluation.evidenceDigest,
        runNo: run.input.runNo,
      },
    ]);
    return 'promoted';
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : null;
    const code = cause instanceof ApplicationFailure ? cause.type : null;
    if (code === 'CHAMPION_CHANGED') return 'champion-moved';
    // A rollback blocked the recipe after this run was planned.
    if (code === 'RECIPE_BLOCKED') return { blocked: cause?.message ?? '' };
    throw error;
  }
}
