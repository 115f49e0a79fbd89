/**
 * A gate on every value of a column (`on: each:<column>`): hundreds of comparisons, so it blocks only on *shown* harm.
 * A value is harmed when it is shown, one-sided, to be beyond the bound, with Holm's adjustment over the assessable values.
 * The level stays the same at every look: a stricter one would find less harm.
 */
import { holm } from '../stats/holm.js';
import { jackknifeInterval } from '../stats/jackknife.js';
import { studentTCdf } from '../stats/student-t.js';
import type { GateResult } from '../types.js';
import type { DeclaredGate } from './declare-gates.js';
import { type GateMeasurement, obstacleOf, requiredValue } from './judge-gate.js';
import { bounds, plain, signed } from './wording.js';

const HARM_ALPHA = 0.025;
const HARM_CONFIDENCE = 1 - 2 * HARM_ALPHA;

export interface EachJudgement {
  readonly results: readonly GateResult[];
  /** Sentences: the values that had too few rows or days. */
  readonly couldNotCheck: readonly string[];
}

const SHOWN_NAMES = 12;

/**
 * @returns one result for the gate (value: that of the assessable value closest to or farthest beyond the bound), then one
 * failing result for each harmed value. Values with too few rows or days do not block; without any assessable value the
 * gate is not assessable.
 */
export function judgeEach(declared: DeclaredGate, measured: readonly GateMeasurement[]): EachJudgement {
  const { gate, name, threshold } = declared;
  const head = { metric: gate.metric, required: gate.required, threshold };
  // A value without a jackknife cannot show harm, whatever its kind of bound.
  const assessable = measured.filter((one) => obstacleOf(declared, one) === null && one.estimate !== null);
  const first = assessable[0];
  if (first === undefined) {
    const why =
      measured[0]?.problem ?? `none of ${measured.length} values has ${gate.minRows} rows on ${gate.minDays} days`;
    const reason = `${name} could not be assessed: ${why}.`;
    const nothing = { value: null, interval: null, passed: null, reason };
    return { results: [{ ...head, ...nothing, gate: name, slice: gate.on }], couldNotCheck: [] };
  }
  const pValues = holm(assessable.map((one) => harmPValue(declared, one)));
  const harmed = assessable.filter((_, at) => pValues[at]! <= HARM_ALPHA);
  const worst = assessable.reduce((low, one) => (slackOf(declared, one) < slackOf(declared, low) ? one : low), first);
  const skipped = measured.filter((one) => !assessable.includes(one));
  const summary: GateResult = {
    ...head,
    gate: name,
    slice: gate.on,
    value: worst.value,
    interval: jackknifeInterval(worst.estimate!, HARM_CONFIDENCE),
    passed: harmed.length === 0,
    reason: `${name} ${harmed.length === 0 ? 'passes' : 'fails'}: harm is shown for ${harmed.length} of ${assessable.length} assessable values; the lowest is ${worst.slice}.`,
  };
  const results = [summary, ...harmed.map((one) => harmOf(declared, one))];
  return { results, couldNotCheck: skipped.length === 0 ? [] : [skippedSentence(declared, skipped)] };
}

function skippedSentence({ gate, name }: DeclaredGate, skipped: readonly GateMeasurement[]): string {
  const names = skipped.map(({ slice }) => slice.slice(slice.indexOf('=') + 1));
  const shown = names.slice(0, SHOWN_NAMES).join(', ');
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : '';
  return `${name} could not assess ${names.length} values (fewer than ${gate.minRows} rows or ${gate.minDays} days, or no interval); they do not block: ${shown}${more}.`;
}

function harmOf({ gate, name, threshold, kind }: DeclaredGate, one: GateMeasurement): GateResult {
  const interval = jackknifeInterval(one.estimate!, HARM_CONFIDENCE);
  const write = kind === 'gain' || kind === 'nonInferior' ? signed : plain;
  return {
    gate: `${name}${one.slice.slice(one.slice.indexOf('='))}`,
    metric: gate.metric,
    slice: one.slice,
    required: gate.required,
    value: one.value,
    interval,
    threshold,
    passed: false,
    reason: `${one.slice} is shown to be beyond the bound ${write(requiredValue(kind, threshold))}: ${gate.metric} ${write(one.value)} ${bounds(interval, write)} on ${one.rows} rows, ${one.days} days.`,
  };
}

/** How far inside the bound the value lies; negative: beyond it. */
function slackOf({ kind, threshold }: DeclaredGate, one: GateMeasurement): number {
  const room = (one.value ?? Number.NaN) - requiredValue(kind, threshold);
  return kind === 'max' ? -room : room;
}

/** One-sided p-value of "not beyond the bound". */
function harmPValue(declared: DeclaredGate, one: GateMeasurement): number {
  const slack = slackOf(declared, one);
  const { standardError, degreesOfFreedom } = one.estimate!;
  if (standardError === 0) return slack < 0 ? 0 : 1;
  return studentTCdf(slack / standardError, degreesOfFreedom);
}
