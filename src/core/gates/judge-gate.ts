/** One gate on one set of rows: from what was measured to a GateResult. NaN, a missing value or too few rows never pass. */
import { type Jackknife, jackknifeInterval } from '../stats/jackknife.js';
import type { GateResult, Interval } from '../types.js';
import type { DeclaredGate, GateKind } from './declare-gates.js';
import { bounds, plain, signed } from './wording.js';

/** What was measured for a gate on one set of rows. */
export interface GateMeasurement {
  /** `all`, a slice's name, or `each:<column>=<value>`. */
  readonly slice: string;
  readonly rows: number;
  readonly days: number;
  /** The bounded quantity: the candidate's value, the gain or the ratio over the champion. Null: it could not be computed. */
  readonly value: number | null;
  /** Null when leaving a day out makes the quantity undefined. */
  readonly estimate: Jackknife | null;
  /** Why it could not be measured at all: no champion, unknown column, unusable scores. Null: it could. */
  readonly problem: string | null;
}

/** The quantity passes when it is at least (for `max`: at most) this. */
export function requiredValue(kind: GateKind, threshold: number): number {
  return kind === 'nonInferior' ? -threshold : threshold;
}

/** @returns why these rows cannot be judged, or null when they can. */
export function obstacleOf({ gate, isAbsolute }: DeclaredGate, measured: GateMeasurement): string | null {
  if (measured.problem !== null) return measured.problem;
  if (measured.rows < gate.minRows) return `only ${measured.rows} rows, needs ${gate.minRows}`;
  if (measured.days < gate.minDays) return `only ${measured.days} days, needs ${gate.minDays}`;
  if (measured.value === null || !Number.isFinite(measured.value)) return `${gate.metric} is not defined on these rows`;
  if (!isAbsolute && measured.estimate === null) return 'its interval cannot be computed from these days';
  return null;
}

/**
 * `min` and `max` bound the measured value itself, a floor for this holdout; `gain`, `ratio` and `nonInferior` bound
 * the lower end of the interval, so that a comparison passes only when it is shown.
 * @param confidence two-sided, of the look
 */
export function judgeGate(declared: DeclaredGate, measured: GateMeasurement, confidence: number): GateResult {
  const { gate, name, threshold } = declared;
  const interval = measured.estimate === null ? null : jackknifeInterval(measured.estimate, confidence);
  const head = { gate: name, metric: gate.metric, slice: measured.slice, required: gate.required, threshold };
  const obstacle = obstacleOf(declared, measured);
  const value = measured.value !== null && Number.isFinite(measured.value) ? measured.value : null;
  if (obstacle !== null) {
    return { ...head, value, interval, passed: null, reason: `${name} could not be assessed: ${obstacle}.` };
  }
  const passed = isWithin(declared, value, interval);
  return { ...head, value, interval, passed, reason: sentence(declared, { value, interval, passed }) };
}

function isWithin({ kind, threshold }: DeclaredGate, value: number | null, interval: Interval | null): boolean {
  // Written so that NaN on either side gives false.
  if (kind === 'min') return value !== null && value >= threshold;
  if (kind === 'max') return value !== null && value <= threshold;
  return interval !== null && interval.lower >= requiredValue(kind, threshold);
}

const QUANTITY: Readonly<Record<GateKind, string>> = {
  min: 'value',
  max: 'value',
  gain: 'gain',
  ratio: 'ratio',
  nonInferior: 'gain',
};

function sentence(
  { name, kind, threshold, isAbsolute }: DeclaredGate,
  { value, interval, passed }: { value: number | null; interval: Interval | null; passed: boolean },
): string {
  const write = kind === 'gain' || kind === 'nonInferior' ? signed : plain;
  const rule = isAbsolute
    ? `must be at ${kind === 'min' ? 'least' : 'most'}`
    : 'has a lower bound that must be at least';
  const needed = write(requiredValue(kind, threshold));
  return `${name} ${passed ? 'passes' : 'fails'}: the ${QUANTITY[kind]} ${write(value)} ${bounds(interval, write)} ${rule} ${needed}.`;
}
