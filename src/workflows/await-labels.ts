/**
 * Stage `labels`: sleeps until the labels of training window and holdout are in, or the deadline has come. Woken by
 * labelsArrivedSignal and, in wall mode, by its own poll, so that one lost signal cannot blind a run.
 */
import { pollInterval } from '../core/policy/poll-interval.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { Instant, LabelDecision, Window } from '../core/types.js';
import { dataActivities } from './activity-proxies.js';
import type { RunState } from './run-state.js';

type WaitResult =
  | { readonly kind: 'training'; readonly window: Window; readonly notes: readonly string[] }
  | { readonly kind: 'stop'; readonly outcome: 'labels-missing' | 'expired'; readonly reasons: readonly string[] };

/** `hasWaited`: the labels were not enough at once. */
export type LabelsResult = WaitResult & { readonly hasWaited: boolean };

const stop = (reasons: readonly string[], outcome: 'labels-missing' | 'expired' = 'labels-missing'): WaitResult => ({
  kind: 'stop',
  outcome,
  reasons,
});

/** What ended the wait, and what was known then. */
interface WaitEnd {
  readonly by: 'enough' | 'proceed' | 'abort' | 'shrink' | 'expired' | LabelDecision;
  readonly request: CoverageRequest;
  readonly shares: string;
  readonly missing: readonly string[];
  readonly hasWaited: boolean;
}

export async function awaitLabels(run: RunState, plan: RunPlan): Promise<LabelsResult> {
  const end = await waitToTheEnd(run, plan);
  run.questions.close();
  return { ...(await resultOf(end, plan)), hasWaited: end.hasWaited };
}

async function resultOf(end: WaitEnd, plan: RunPlan): Promise<WaitResult> {
  const { by, request, shares, missing } = end;
  if (typeof by === 'object') return answered(by, { request, missing });
  switch (by) {
    case 'enough':
      return { kind: 'training', window: plan.training, notes: [shares] };
    case 'proceed':
      return { kind: 'training', window: plan.training, notes: [`Went on at the deadline; ${shares}.`, ...missing] };
    case 'abort':
      return stop(['The labels were not in at the deadline.', ...missing]);
    case 'shrink':
      return shrink(request, missing);
    case 'expired':
      return stop(['Nobody answered whether to go on without the missing labels.', ...missing], 'expired');
  }
}

async function waitToTheEnd(run: RunState, plan: RunPlan): Promise<WaitEnd> {
  const data = dataActivities();
  const desk = run.questions;
  let askUntil: Instant | null = null;
  let looks = 0;
  let hasWaited = false;
  const pollMsUntil = (at: Instant): number =>
    pollInterval({ pollMs: plan.labels.pollMs, leftMs: run.time.leftMs(at), looks });
  for (;;) {
    const seen = run.news;
    const deadlineAt = desk.deadlineAt ?? plan.labels.deadlineAt;
    run.time.boundBy(askUntil ?? deadlineAt);
    const now = run.time.now();
    const request = { key: run.key, plan, training: plan.training, asOf: now, deadlineAt };
    const coverage = await data.measureCoverage.executeWithOptions({ summary: `labels known by ${now}` }, [request]);
    // Somebody's word that is being recorded right now was still said in time.
    await desk.settled();
    const { missing, kind } = coverage;
    const shares = `labels in: training ${percent(coverage.trainingShare)}, holdout ${percent(coverage.holdoutShare)}`;
    const endBy = (by: WaitEnd['by']): WaitEnd => ({ by, request, shares, missing, hasWaited });
    // An answer that was accepted counts, whatever came in since.
    if (desk.answer !== null) return endBy(desk.answer);
    if (kind === 'enough') return endBy(kind);
    hasWaited = true;
    // The deadline was extended while this was measured: it is not over yet.
    if (desk.deadlineAt !== deadlineAt) continue;
    if (kind === 'wait') {
      askUntil = null;
      desk.isAsking = false;
      run.awaits('labels', { until: deadlineAt, notes: [shares, ...missing] });
      if ((await waitForLabels(run, { until: deadlineAt, seen, pollMs: pollMsUntil(deadlineAt) })) === 'poll')
        looks += 1;
      run.awaits(null);
    } else if (kind === 'ask') {
      askUntil ??= run.time.after(plan.approval.expiryMs);
      if (run.time.now() >= askUntil) return endBy('expired');
      const notes = [shares, ...missing];
      if ((await ask(run, { until: askUntil, seen, pollMs: pollMsUntil(askUntil), notes })) === 'poll') looks += 1;
    } else return endBy(kind);
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

type CoverageRequest = Parameters<ReturnType<typeof dataActivities>['shrinkTraining']>[0];

async function shrink(request: CoverageRequest, missing: readonly string[]): Promise<WaitResult> {
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
  run.questions.isAsking = true;
  run.awaits(QUESTION, { until: wait.until, notes: wait.notes });
  return run.time.until(() => run.questions.answer !== null || run.news > wait.seen, {
    at: wait.until,
    pollMs: wait.pollMs,
    summary: 'await an answer about missing labels',
  });
}

async function answered(
  answer: LabelDecision,
  context: { request: CoverageRequest; missing: readonly string[] },
): Promise<WaitResult> {
  const { request, missing } = context;
  const said = `${answer.by} chose ${answer.decision}: ${answer.reason}`;
  if (answer.decision === 'abort') return stop([said, ...missing]);
  if (answer.decision === 'proceed') return { kind: 'training', window: request.training, notes: [said, ...missing] };
  const shrunk = await shrink(request, missing);
  return shrunk.kind === 'training' ? { ...shrunk, notes: [said, ...shrunk.notes] } : shrunk;
}
