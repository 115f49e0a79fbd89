/**
 * Stage `assess`: acts on what the activity concluded, that is goes on, stops, asks a person, or goes on to the label wait. What is
 * frozen after a wait has labels that the first look did not know: then it looks once more, whatever the first look said. The
 * verdict itself is made in the activity and stands in the history.
 */
import { patched } from '@temporalio/workflow';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { AssessReply } from '../core/triage/assessment.js';
import { isAlarm } from '../core/triage/decide.js';
import type { TriageAction } from '../core/triage/verdict.js';
import type { Instant, LabelDecision, Outcome, OutcomeKind } from '../core/types.js';
import { dataActivities } from './activity-proxies.js';
import type { RunState } from './run-state.js';

export interface WentOn {
  readonly kind: 'go-on';
  /** Only missing labels keep it open: to be assessed once more when their wait is over. */
  readonly isPending: boolean;
  /** A person was asked and said so. */
  readonly isByPerson: boolean;
  readonly notes: readonly string[];
}

export type AssessResult = WentOn | { readonly kind: 'stop'; readonly outcome: Outcome };

const goOn = (notes: readonly string[], how: Partial<WentOn> = {}): WentOn => ({
  kind: 'go-on',
  isPending: false,
  isByPerson: false,
  notes,
  ...how,
});

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
  if (!isByAction(reply.action)) return actByVerdict(run, reply);
  show(run, reply);
  return reply.action === 'await-labels' ? goOn(notesOf(reply), { isPending: true }) : act(run, plan, reply);
}

/** A run that an earlier build took beyond its assessment goes on as that build did, whatever its activity had said. */
const isByAction = (action: TriageAction | undefined): action is TriageAction =>
  action !== undefined && patched('assess-by-action');

function actByVerdict(run: RunState, { verdict, reasons }: AssessReply): AssessResult {
  if (verdict === 'clear') return goOn([]);
  return stop(run, 'blocked-by-data', [`Assessed as ${verdict}.`, ...reasons]);
}

function show(run: RunState, reply: AssessReply): void {
  run.assessed = reply;
  run.refresh();
}

/**
 * Would labels be frozen that the first look did not know? It knew those of the instant of the plan's inputs; later ones come while the
 * run waits for labels, for a person's answer, or for a worker. Without a label wait, less than one poll for labels is no wait.
 */
export function hasNewLabels(
  run: RunState,
  plan: RunPlan,
  { first, hasWaited }: { readonly first: WentOn; readonly hasWaited: boolean },
): boolean {
  if (first.isPending) return true;
  const newerMs = Date.parse(run.time.now()) - Date.parse(plan.inputsAsOf);
  const isNewer = newerMs > 0 && (hasWaited || newerMs >= plan.labels.pollMs);
  return isNewer && run.assessed !== null && patched('assess-after-label-wait');
}

/** What is still open after the label wait is a person's to say. */
export async function assessAgain(
  run: RunState,
  plan: RunPlan,
  { first, labelsAsOf }: { readonly first: WentOn; readonly labelsAsOf: Instant },
): Promise<AssessResult> {
  const before = run.assessed;
  const reply = await dataActivities().assessQuality.executeWithOptions(
    { summary: `assess once more with the labels known by ${labelsAsOf}` },
    [{ key: run.key, plan, labelsAsOf, isAfterLabelWait: true }],
  );
  if (!isByAction(reply.action)) return actByVerdict(run, reply);
  show(run, reply);
  return first.isPending || !standsByFirst(run, { first, before, reply }) ? act(run, plan, reply) : first;
}

/**
 * Of a run that went on at first. What let it go on, a person's word above all, holds against everything but a fault; only of an
 * alarm that nobody was asked about does the whole verdict count again. A person who was told of a suspicion is not asked twice.
 */
function standsByFirst(
  run: RunState,
  {
    first,
    before,
    reply,
  }: { readonly first: WentOn; readonly before: AssessReply | null; readonly reply: AssessReply },
): boolean {
  const isFault = reply.verdict in OUTCOMES;
  if (!isFault) return first.isByPerson || !isAlarm(run.input.cause);
  const isKnown = reply.findingKey !== undefined && reply.findingKey === before?.findingKey;
  return first.isByPerson && reply.action === 'ask' && isKnown;
}

const notesOf = (reply: AssessReply): string[] =>
  reply.verdict === 'clear' ? [] : sentences({ ...reply, reasons: reply.reasons.slice(0, 1) });

async function act(run: RunState, plan: RunPlan, reply: AssessReply): Promise<AssessResult> {
  if (reply.action === 'stop') return stop(run, stoppedAs(reply.verdict), sentences(reply));
  return reply.action === 'go-on' ? goOn(notesOf(reply)) : ask(run, plan, reply);
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
  if (answer.decision === 'proceed') return goOn([`Retrained all the same ${said}`, ...found], { isByPerson: true });
  return stop(run, stoppedAs(reply.verdict), [`Stopped ${said}`, ...found]);
}

/** A run that promotes nothing waits for nobody: it stops at a fault, and measures what is merely unclear. */
function askNobody(
  run: RunState,
  { verdict, found }: { verdict: AssessReply['verdict']; found: readonly string[] },
): AssessResult {
  const notes = ['Promotion is off: nobody was asked.', ...found];
  if (verdict in OUTCOMES) return stop(run, stoppedAs(verdict), notes);
  return goOn(notes);
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
