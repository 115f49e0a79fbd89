/**
 * `assessQuality`: what really happened? Measures inputs, labels, the champion's quality and, where only that can tell, a refit, on
 * the rows themselves; the decision table of core concludes; facts and verdict are recorded, and an incident where a fault stops
 * the run. Everything is a function of rows, pipeline and fixed seeds: a killed worker's second attempt finds and records the same.
 */
import { Context } from '@temporalio/activity';
import { canonicalDigest } from '../../core/canonical-json.js';
import { shortWindow } from '../../core/instant.js';
import { triageDetails } from '../../core/report/triage-details.js';
import { halvedWindows, windowsBeyond } from '../../core/triage/assess-windows.js';
import type { Assessment, AssessReply } from '../../core/triage/assessment.js';
import { capAssessment } from '../../core/triage/cap-assessment.js';
import { decide, isAlarm } from '../../core/triage/decide.js';
import type { TriageFacts } from '../../core/triage/facts.js';
import { needsRefit, refitDays } from '../../core/triage/needs-refit.js';
import { triageRuleOf } from '../../core/triage/triage-rule.js';
import type { TriageResult } from '../../core/triage/verdict.js';
import type { Digest } from '../../core/types.js';
import type { ActivityDeps } from '../deps.js';
import { withScratch } from '../scratch.js';
import { type AssessContext, type AssessRequest, loadContext } from './assess-context.js';
import { type MeasuredFacts, measureFacts } from './measure-facts.js';
import { probeRefit } from './refit-probe.js';

const SHOWN_REASONS = 8;
/** In bytes of JSON: eight of them, with the details and the rest, stay below the 16 KB of a payload. */
const LONGEST_REASON = 600;

interface Running {
  readonly dir: string;
  readonly signal: AbortSignal;
}

async function concludeFrom(
  deps: ActivityDeps,
  { context, measured }: { context: AssessContext; measured: MeasuredFacts },
  running: Running,
): Promise<{ facts: TriageFacts; result: TriageResult }> {
  const rule = triageRuleOf(context.shared.triage);
  const { facts } = measured;
  const { scored, compared } = measured.champion;
  const result = decide(facts, rule);
  if (scored === null || facts.performance === null || !needsRefit(facts, { result, rule })) return { facts, result };
  const probe = await probeRefit(deps, { scored, ...refitDays(compared, facts.performance) }, running);
  const notMeasured = probe.why === null ? facts.notMeasured : [...facts.notMeasured, probe.why];
  const probed: TriageFacts = { ...facts, refit: probe.facts, notMeasured };
  return { facts: probed, result: decide(probed, rule) };
}

interface Concluded {
  readonly context: AssessContext;
  readonly facts: TriageFacts;
  readonly result: TriageResult;
  /** What else is asked with it: of the rows that no claim is about. */
  readonly also?: TriageResult;
}

/**
 * The rows that are new to the champion, as a run looks at them that no alarm caused. Where nothing is left of the rows before them, a
 * fault that none of them could show would pass for none: then their halves are compared.
 */
async function measureNew(
  deps: ActivityDeps,
  context: AssessContext,
  running: Running,
): Promise<{ context: AssessContext; measured: MeasuredFacts }> {
  const measured = await measureFacts(deps, context, running);
  const isAlone = context.champion !== null && measured.facts.reference === null && measured.facts.current.rows > 0;
  const windows = isAlone ? halvedWindows(context.windows) : null;
  if (windows === null) return { context, measured };
  const halved: AssessContext = { ...context, windows };
  return { context: halved, measured: await measureFacts(deps, halved, running) };
}

/**
 * A run that an alarm caused trains on more rows than the claims are about: before it goes on, the others that are new to the champion
 * are looked at as by a run that no alarm caused, which faults alone stop.
 * @returns what holds it up there; null where nothing does, or where there are no others
 */
async function lookBeyond(deps: ActivityDeps, context: AssessContext, running: Running): Promise<Concluded | null> {
  if (!isAlarm(context.cause) || context.champion === null) return null;
  const { triage, quality } = context.shared;
  const beyond = windowsBeyond(context.windows, { reference: triage.reference, maxStaleness: quality.maxStaleness });
  if (beyond === null) return null;
  const { windows, judged } = beyond;
  const others: AssessContext = {
    ...context,
    cause: 'schedule',
    windows,
    excluding: [...context.excluding, ...judged],
  };
  const { context: looked, measured } = await measureNew(deps, others, running);
  // How fresh the newest row is was asked of all rows, by the data gate.
  const checks = measured.facts.checks.filter(({ check }) => check !== 'freshness');
  const facts: TriageFacts = { ...measured.facts, checks };
  const result = decide(facts, triageRuleOf(triage));
  if (result.action === 'go-on') return null;
  const where = `Not in the rows that the claims are about, but in the others that are new to the champion, ${shortWindow(looked.windows.current)}:`;
  const reasons = [where, ...result.reasons];
  return { context: { ...context, windows: looked.windows }, facts, result: { ...result, reasons } };
}

async function conclude(deps: ActivityDeps, context: AssessContext, running: Running): Promise<Concluded> {
  const isQuestioned = isAlarm(context.cause);
  const first = isQuestioned
    ? { context, measured: await measureFacts(deps, context, running) }
    : await measureNew(deps, context, running);
  const own: Concluded = { context: first.context, ...(await concludeFrom(deps, first, running)) };
  // Whoever is asked decides on all that the run would train on.
  const beyond = own.result.action === 'stop' ? null : await lookBeyond(deps, context, running);
  if (beyond === null) return own;
  if (own.result.action !== 'ask' || beyond.result.action === 'stop') return beyond;
  const result = { ...own.result, reasons: [...own.result.reasons, ...beyond.result.reasons] };
  return beyond.result.action === 'ask' ? { ...own, result, also: beyond.result } : { ...own, result };
}

/** What a person is told of a sound window: no verdict on an alarm that nobody raised, but every warning. */
const warningsOf = ({ checks }: TriageFacts): string[] =>
  checks.filter(({ passed }) => !passed).map(({ text }) => text);

function assessmentOf(context: AssessContext, facts: TriageFacts, result: TriageResult): Assessment {
  const isQuestioned = context.champion !== null && isAlarm(context.cause);
  const isClear = !isQuestioned && result.action === 'go-on';
  return {
    verdict: isClear ? 'clear' : result.verdict,
    inputsAsOf: context.inputsAsOf,
    window: context.windows.current,
    checks: facts.checks,
    reasons: isClear ? warningsOf(facts) : result.reasons,
    triage: result,
    facts,
  };
}

function clip(text: string): string {
  let bytes = 0;
  const isWithin = (character: string): boolean => {
    bytes += Buffer.byteLength(JSON.stringify(character)) - 2;
    return bytes <= LONGEST_REASON;
  };
  const characters = [...text];
  const end = characters.findIndex((character) => !isWithin(character));
  return end === -1 ? text : characters.slice(0, end).join('');
}

const findingKey = (asked: readonly TriageResult[]): Digest =>
  canonicalDigest(asked.map(({ verdict, columns }) => ({ verdict, columns: [...columns].sort() })));

export async function assessRun(deps: ActivityDeps, request: AssessRequest): Promise<AssessReply> {
  const signal = Context.current().cancellationSignal;
  const loaded = await loadContext(deps, request);
  const { context, facts, result, also } = await withScratch(deps.scratchDir, (dir) =>
    conclude(deps, loaded, { dir, signal }),
  );
  const assessment = capAssessment(assessmentOf(context, facts, result));
  const { incidentId } = await deps.registry.recordAssessment(request.key, assessment);
  return {
    verdict: assessment.verdict,
    reasons: assessment.reasons.slice(0, SHOWN_REASONS).map(clip),
    window: assessment.window,
    certainty: result.certainty,
    action: result.action,
    next: clip(result.next),
    incidentId,
    findingKey: findingKey(also === undefined ? [result] : [result, also]),
    details: triageDetails(assessment, incidentId === null ? {} : { incidentId }),
  };
}
