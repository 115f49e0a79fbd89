/**
 * Stage `assess`: acts on what the activity concluded, that is goes on, stops, asks a person, or goes on to the label wait and
 * assesses once more with the labels that came. The verdict itself is made in the activity and stands in the history.
 */
import { patched } from '@temporalio/workflow';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { AssessReply } from '../core/triage/assessment.js';
import type { TriageAction } from '../core/triage/verdict.js';
import type { LabelDecision, Outcome, OutcomeKind } from '../core/types.js';
import { dataActivities } from './activity-proxies.js';
import type { RunState } from './run-state.js';

export type AssessResult =
  | {
      readonly kind: 'go-on';
      /** Only missing labels keep it open: to be assessed once more when their wait is over. */
      readonly isPending: boolean;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'stop'; readonly outcome: Outcome };

const OUTCOMES: Readonly<Partial<Record<AssessReply['verdict'], OutcomeKind>>> = {
  'broken-feed': 'blocked-by-data',
  'logging-change': 'blocked-by-data',
  'label-fault': 'blocked-by-data',
  'code-or-feature-bug': 'code-suspected',
};

/** Without a fault there is nothing to repair: no shift, a season, or an alarm that a person has turned down. */
const stoppedAs = (verdict: AssessReply['verdict']): OutcomeKind => OUTCOMES[verdict] ?? 'not-a-shift';

/** Room for the verdict, a person's word and the incident in the outcome. */
const MAX_FACTS = 8;

/** For the outcome: the verdict first, then what to do, then why. */
function sentences({ verdict, certainty, next, reasons, incidentId }: AssessReply): string[] {
  return [
    `Assessed as ${verdict}${certainty == null ? '' : ` (${certainty})`}.`,
    ...(next === undefined ? [] : [next]),
    ...reasons.slice(0, MAX_FACTS),
    ...(incidentId == null ? [] : [`It belongs to incident ${incidentId}.`]),
  ];
}

export async function assess(run: RunState, plan: RunPlan): Promise<AssessResult> {
  const reply = await dataActivities().assessQuality.executeWithOptions({ summary: 'is the window fit to train on?' }, [
    { key: run.key, plan },
  ]);
  return act(run, { plan, reply, isLast: false });
}

/** After the label wait: what is still open then is a person's to say. */
export async function assessAgain(run: RunState, plan: RunPlan): Promise<AssessResult> {
  const labelsAsOf = run.time.now();
  const reply = await dataActivities().assessQuality.executeWithOptions(
    { summary: `assess once more with the labels known by ${labelsAsOf}` },
    [{ key: run.key, plan, labelsAsOf, isAfterLabelWait: true }],
  );
  return act(run, { plan, reply, isLast: true });
}

interface Assessed {
  readonly plan: RunPlan;
  readonly reply: AssessReply;
  readonly isLast: boolean;
}

/** A run that an earlier build took beyond its assessment goes on as that build did, whatever its activity had said. */
const isByAction = (action: TriageAction | undefined): action is TriageAction =>
  action !== undefined && patched('assess-by-action');

async function act(run: RunState, assessed: Assessed): Promise<AssessResult> {
  const { plan, reply, isLast } = assessed;
  const { action, verdict } = reply;
  if (!isByAction(action)) {
    if (verdict === 'clear') return { kind: 'go-on', isPending: false, notes: [] };
    return stop(run, 'blocked-by-data', [`Assessed as ${verdict}.`, ...reply.reasons]);
  }
  run.assessed = reply;
  run.refresh();
  if (action === 'stop') return stop(run, stoppedAs(verdict), sentences(reply));
  const isPending = action === 'await-labels' && !isLast;
  if (action !== 'go-on' && !isPending) return ask(run, plan, reply);
  const notes = verdict === 'clear' ? [] : sentences({ ...reply, reasons: reply.reasons.slice(0, 1) });
  return { kind: 'go-on', isPending, notes };
}

const stop = (run: RunState, kind: OutcomeKind, reasons: readonly string[]): AssessResult => ({
  kind: 'stop',
  outcome: run.outcome(kind, reasons),
});

const QUESTION = 'an answer: retrain all the same (proceed), or stop (abort)?';

async function ask(run: RunState, plan: RunPlan, reply: AssessReply): Promise<AssessResult> {
  // The next step of a question is to answer it: when it is over, that is no step any more.
  const { next: _answer, ...rest } = reply;
  const found = sentences(rest);
  if (plan.promotion === 'off') return askNobody(run, { verdict: reply.verdict, found });
  const answer = await awaitAnswer(run, plan);
  if (answer === null) {
    return stop(run, 'expired', ['Nobody answered whether to retrain all the same.', ...found]);
  }
  const said = `by ${answer.by}: ${answer.reason}`;
  if (answer.decision === 'proceed')
    return { kind: 'go-on', isPending: false, notes: [`Retrained all the same ${said}`, ...found] };
  return stop(run, stoppedAs(reply.verdict), [`Stopped ${said}`, ...found]);
}

/** A run that promotes nothing waits for nobody: it stops at a fault, and measures what is merely unclear. */
function askNobody(
  run: RunState,
  { verdict, found }: { verdict: AssessReply['verdict']; found: readonly string[] },
): AssessResult {
  const notes = ['Promotion is off: nobody was asked.', ...found];
  if (verdict in OUTCOMES) return stop(run, stoppedAs(verdict), notes);
  return { kind: 'go-on', isPending: false, notes };
}

/** Null: nobody answered in time. */
async function awaitAnswer(run: RunState, plan: RunPlan): Promise<LabelDecision | null> {
  const until = run.time.after(plan.approval.expiryMs);
  const desk = run.questions;
  desk.askAssessment(until);
  run.awaits(QUESTION, { until });
  await run.time.until(() => desk.assessAnswer !== null, {
    at: until,
    summary: 'await an answer about the assessment',
  });
  // Somebody's word that is being recorded right now was still said in time.
  await desk.settled();
  desk.close();
  run.awaits(null);
  return desk.assessAnswer;
}
