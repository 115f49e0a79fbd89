/**
 * Candidate against champion on one frozen holdout: measures, then asks `gates/` what follows. Pure and self-contained,
 * so that it runs in a worker thread; 150,000 rows take well under a second.
 */
import { assertInvariant } from '../errors.js';
import { decidePromotion } from '../gates/decide-promotion.js';
import { type DeclaredGate, declareGates } from '../gates/declare-gates.js';
import { type EachJudgement, judgeEach } from '../gates/judge-each.js';
import { judgeGate } from '../gates/judge-gate.js';
import { shownReason } from '../gates/wording.js';
import { type Jackknife, jackknifeInterval } from '../stats/jackknife.js';
import { blocksOfDays } from '../stats/ranked-sample.js';
import { studentTQuantile } from '../stats/student-t.js';
import { bestAnchor } from './best-anchor.js';
import type { EvaluationInput, EvaluationResult } from './evaluation-result.js';
import { type Grouping, groupRows, isEach } from './group-rows.js';
import { gatingConfidence } from './looks.js';
import { type Models, measureGate } from './measure-gate.js';
import { estimateOf, finiteOrNull, gainsOf, gainValue, measureAll, PRINTED_CONFIDENCE, valuesOf } from './measured.js';
import { metricKey } from './metrics.js';
import { flipsOf, rowInterval95, rowIntervalAssumption } from './row-interval.js';
import { type ScoredModel, scoreModel } from './scored-model.js';
import { sliceFacts } from './slice-facts.js';

export type { EvaluationInput, EvaluationResult } from './evaluation-result.js';

/** Of the minimum detectable gain. */
const POWER = 0.8;

/**
 * @throws INVARIANT_BROKEN when arrays differ in length or a label is neither 0 nor 1: the caller mixed up rows.
 * Everything else that is wrong with the data (no rows, one class, unusable scores, unknown slices) is a result:
 * `inconclusive`, with the reason.
 */
export function evaluate(input: EvaluationInput): EvaluationResult {
  checkShapes(input);
  const { label, day, spec, look } = input;
  const blocks = blocksOfDays(day);
  const score = (who: string, scores: Float32Array): ScoredModel => scoreModel(who, { scores, label, blocks });
  const models: Models = {
    candidate: score('the candidate', input.candidate),
    champion: input.champion === null ? null : score('the champion', input.champion),
  };
  const key = metricKey(spec.metric);
  const confidence = gatingConfidence(look);
  const candidate = measureAll(models.candidate);
  const champion = models.champion === null ? null : measureAll(models.champion);
  const estimate = champion === null ? null : estimateOf(key, candidate?.[key], champion?.[key]);
  const intervalAt = (level: number) => (estimate === null ? null : jackknifeInterval(estimate, level));
  const anchor = spec.mode === 'refresh' ? bestAnchor(input, candidate?.[key], score) : null;
  const groupings = groupingsOf(input);
  const difference = finiteOrNull(gainValue(key, candidate?.[key], champion?.[key]));
  const interval = intervalAt(confidence);
  const declared = declareGates(spec.gates);
  const judged = declared.map((one) => judge(one, { models, groupings, confidence }));
  const decision = decidePromotion({
    ...spec,
    look,
    blocks: blocks.blocks,
    gain: models.champion === null ? null : { version: null, difference, interval },
    anchor,
    declared,
    gates: [...judged.flatMap((one) => one.results), ...(input.extraGates ?? [])],
    remarks: [...judged.flatMap((one) => one.couldNotCheck), ...unguardedSlices(input, groupings)],
  });
  const problems = [models.candidate, models.champion].flatMap((model) => model?.problem ?? []);
  const pair = pairOf(input, models);
  return {
    metric: spec.metric,
    mode: spec.mode,
    rows: label.length,
    positives: label.reduce((sum, one) => sum + one, 0),
    blocks: blocks.blocks,
    metrics: { candidate: valuesOf(candidate), champion: models.champion === null ? null : valuesOf(champion) },
    primary: { candidate: finiteOrNull(candidate?.[key].value), champion: finiteOrNull(champion?.[key].value) },
    gains: models.champion === null ? null : gainsOf(candidate, champion),
    comparison: decision.comparison,
    difference,
    interval,
    interval95: intervalAt(PRINTED_CONFIDENCE),
    rowInterval95: pair === null ? null : rowInterval95(spec.metric, pair),
    rowIntervalAssumption: rowIntervalAssumption(spec.metric),
    confidence,
    minimumDetectableGain: estimate === null ? null : detectableGain(estimate, { confidence, margin: spec.margin }),
    anchor: anchor === null || anchor.version === null ? null : { ...anchor, version: anchor.version },
    flips: pair === null ? null : flipsOf(pair),
    gates: decision.gates.map((gate) => ({ ...gate, reason: shownReason(gate.reason) })),
    verdict: decision.verdict,
    reasons: [...problems.map((problem) => `Unusable scores: ${problem}.`), ...decision.reasons].map(shownReason),
    couldNotCheck: decision.couldNotCheck.map(shownReason),
    slices: sliceFacts([...groupings.values()], { models, key }),
  };
}

function checkShapes({ label, day, candidate, champion, anchors, table }: EvaluationInput): void {
  const rows = label.length;
  const lengths = {
    day: day.length,
    candidate: candidate.length,
    champion: champion?.length ?? rows,
    table: table.rows,
  };
  for (const [what, length] of Object.entries(lengths)) {
    assertInvariant(length === rows, `The holdout has ${rows} labels, but ${what} has ${length} rows.`);
  }
  for (const { version, scores } of anchors) {
    assertInvariant(
      scores.length === rows,
      `The holdout has ${rows} labels, but version ${version} has ${scores.length} scores.`,
    );
  }
  const isBinary = label.every((one) => one === 0 || one === 1);
  assertInvariant(isBinary, 'A holdout label is neither 0 nor 1.');
}

/** (quantile that gates + quantile of the power) standard errors above the margin. */
function detectableGain(
  { standardError, degreesOfFreedom }: Jackknife,
  { confidence, margin }: { confidence: number; margin: number },
): number {
  const gating = studentTQuantile((1 + confidence) / 2, degreesOfFreedom);
  return margin + standardError * (gating + studentTQuantile(POWER, degreesOfFreedom));
}

/** Every declared slice, with a gate or without one, and every other set of rows that a gate names. */
function groupingsOf({ spec, table }: EvaluationInput): Map<string, Grouping> {
  const names = new Set([...spec.slices.map(({ name }) => name), ...spec.gates.map(({ on }) => on)]);
  names.delete('all');
  return new Map([...names].map((on) => [on, groupRows(on, table, spec.slices)]));
}

/** A declared slice that no gate names is printed and protects nothing; one that cannot be told is not even printed. */
function unguardedSlices({ spec }: EvaluationInput, groupings: Map<string, Grouping>): string[] {
  const guarded = new Set(spec.gates.map(({ on }) => on));
  return spec.slices
    .filter(({ name }) => !guarded.has(name))
    .map(({ name }) => {
      const problem = groupings.get(name)?.problem ?? null;
      return `Slice ${name} has no gate${problem === null ? ': it is printed, not protected' : `, and ${problem}`}.`;
    });
}

function judge(
  declared: DeclaredGate,
  { models, groupings, confidence }: { models: Models; groupings: Map<string, Grouping>; confidence: number },
): EachJudgement {
  const measured = measureGate(declared, models, groupings.get(declared.gate.on) ?? null);
  const isDeclaredSlice = groupings.get(declared.gate.on)?.names[0] === declared.gate.on;
  if (isEach(declared.gate.on) && !isDeclaredSlice) return judgeEach(declared, measured);
  return { results: measured.map((one) => judgeGate(declared, one, confidence)), couldNotCheck: [] };
}

function pairOf({ label, candidate, champion }: EvaluationInput, models: Models) {
  const mine = models.candidate.sample;
  const theirs = models.champion?.sample ?? null;
  if (mine === null || theirs === null || champion === null) return null;
  return { label, candidate: { scores: candidate, sample: mine }, champion: { scores: champion, sample: theirs } };
}
