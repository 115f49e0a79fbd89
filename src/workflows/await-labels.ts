/**
 * Stage `labels`: sleeps until the labels of training window and holdout are in, or the deadline has come. Woken by
 * labelsArrivedSignal and, in wall mode, by its own poll, so that one lost signal cannot blind a run.
 */
import type { QuestionAnswer } from '../core/messages.js';
import { pollInterval } from '../core/policy/poll-interval.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { Instant, Window } from '../core/types.js';
import { dataActivities } from './activity-proxies.js';
import type { RunState } from './run-state.js';

export type LabelsResult =
  | { readonly kind: 'training'; readonly window: Window; readonly notes: readonly string[] }
  | { readonly kind: 'stop'; readonly outcome: 'labels-missing' | 'expired'; readonly reasons: readonly string[] };

const stop = (reasons: readonly string[], outcome: 'labels-missing' | 'expired' = 'labels-missing'): LabelsResult => ({
  kind: 'stop',
  outcome,
  reasons,
});

export async function awaitLabels(run: RunState, plan: RunPlan): Promise<LabelsResult> {
  const data = dataActivities();
  let askUntil: Instant | null = null;
  let looks = 0;
  const pollMsUntil = (at: Instant): number =>
    pollInterval({ pollMs: plan.labels.pollMs, leftMs: run.time.leftMs(at), looks });
  for (;;) {
    const seen = run.news;
    const now = run.time.now();
    const deadlineAt = deadlineOf(run, plan);
    const request = { key: run.key, plan, training: plan.training, asOf: now, deadlineAt };
    const coverage = await data.measureCoverage.executeWithOptions({ summary: `labels known by ${now}` }, [request]);
    const shares = `labels in: training ${percent(coverage.trainingShare)}, holdout ${percent(coverage.holdoutShare)}`;
    const { missing } = coverage;
    // An answer that was accepted counts, whatever came in since.
    if (run.answer !== null) return answered(run.answer, { request, missing });
    if (coverage.kind === 'enough') return { kind: 'training', window: plan.training, notes: [shares] };
    // The deadline was extended while this was measured: it is not over yet.
    if (deadlineOf(run, plan) !== deadlineAt) continue;
    switch (coverage.kind) {
      case 'proceed': {
        const notes = [`Went on at the deadline; ${shares}.`, ...missing];
        return { kind: 'training', window: plan.training, notes };
      }
      case 'abort':
        return stop(['The labels were not in at the deadline.', ...missing]);
      case 'shrink':
        return shrink(request, missing);
      case 'ask': {
        askUntil ??= run.time.after(plan.approval.expiryMs);
        if (run.time.now() >= askUntil) {
          return stop(['Nobody answered whether to go on without the missing labels.', ...missing], 'expired');
        }
        const notes = [shares, ...missing];
        if ((await ask(run, { until: askUntil, seen, pollMs: pollMsUntil(askUntil), notes })) === 'poll') looks += 1;
        break;
      }
      case 'wait':
        askUntil = null;
        run.isAsking = false;
        run.awaits('labels', { until: deadlineAt, notes: [shares, ...missing] });
        if ((await waitForLabels(run, { until: deadlineAt, seen, pollMs: pollMsUntil(deadlineAt) })) === 'poll')
          looks += 1;
        run.awaits(null);
    }
  }
}

interface Wait {
  readonly until: Instant;
  readonly seen: number;
  readonly pollMs: number;
}

function waitForLabels(run: RunState, wait: Wait): Promise<'met' | 'time' | 'poll'> {
  const { until, pollMs } = wait;
  return run.time.until(() => run.news > wait.seen, { at: until, pollMs, summary: 'await labels' });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const deadlineOf = (run: RunState, plan: RunPlan): Instant => run.extendedDeadline ?? plan.labels.deadlineAt;

type CoverageRequest = Parameters<ReturnType<typeof dataActivities>['shrinkTraining']>[0];

async function shrink(request: CoverageRequest, missing: readonly string[]): Promise<LabelsResult> {
  const window = await dataActivities().shrinkTraining.executeWithOptions({ summary: 'shrink the training window' }, [
    request,
  ]);
  if (window === null) return stop(['No training window, however short, has enough labels.', ...missing]);
  return {
    kind: 'training',
    window,
    notes: [`The training window ends at ${window.end} instead of ${request.training.end}.`],
  };
}

const QUESTION =
  'an answer: go on with the labels there are (proceed), with a shorter window (shrink), or stop (abort)?';

/** Labels that come meanwhile, or a later deadline, may make the question idle: they end this wait as well. */
function ask(run: RunState, wait: Wait & { notes: readonly string[] }): Promise<'met' | 'time' | 'poll'> {
  run.isAsking = true;
  run.awaits(QUESTION, { until: wait.until, notes: wait.notes });
  return run.time.until(() => run.answer !== null || run.news > wait.seen, {
    at: wait.until,
    pollMs: wait.pollMs,
    summary: 'await an answer about missing labels',
  });
}

async function answered(
  answer: QuestionAnswer,
  context: { request: CoverageRequest; missing: readonly string[] },
): Promise<LabelsResult> {
  const { request, missing } = context;
  const said = `${answer.by} chose ${answer.answer}: ${answer.reason}`;
  if (answer.answer === 'abort') return stop([said, ...missing]);
  if (answer.answer === 'proceed') return { kind: 'training', window: request.training, notes: [said, ...missing] };
  const shrunk = await shrink(request, missing);
  return shrunk.kind === 'training' ? { ...shrunk, notes: [said, ...shrunk.notes] } : shrunk;
}
