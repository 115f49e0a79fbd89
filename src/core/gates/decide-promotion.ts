/**
 * The one place where a promotion verdict is decided: a pure function of intervals and gate results.
 * Order: anything missing or undecided -> `inconclusive`; anything shown to fail -> `reject`; only non-required doubts left
 * -> `needs-approval`; else `promote`.
 */
import type { Comparison, GateResult, Interval, Mode, PromotionVerdict } from '../types.js';
import { compareGain, MAX_LOOKS, MIN_BLOCKS } from './compare-gain.js';
import type { DeclaredGate } from './declare-gates.js';
import { bounds, percent, signed } from './wording.js';

/** Gain of the candidate over one other version; null parts: could not be computed. */
export interface MeasuredGain {
  readonly version: number | null;
  readonly difference: number | null;
  readonly interval: Interval | null;
}

export interface PromotionFacts {
  readonly metric: string;
  readonly mode: Mode;
  readonly margin: number;
  readonly tolerance: number;
  readonly equivalence: number;
  readonly look: number;
  readonly blocks: number;
  /** Over the champion; null: there is no champion. */
  readonly gain: MeasuredGain | null;
  /** Over the earlier champion with the best estimate on this holdout; null: there is none. Read in mode `refresh`. */
  readonly anchor: MeasuredGain | null;
  /** What the spec asks for, and what became of it. */
  readonly declared: readonly DeclaredGate[];
  readonly gates: readonly GateResult[];
  /** Sentences about what no gate waits for and still could not be checked. */
  readonly remarks: readonly string[];
}

export interface PromotionDecision {
  readonly verdict: PromotionVerdict;
  readonly comparison: Comparison;
  /** The spec's gates and, before them, the mode's own (`superior:…`, `refresh:…`, `anchor:…`). */
  readonly gates: readonly GateResult[];
  /** Sentences, most important first. */
  readonly reasons: readonly string[];
  readonly couldNotCheck: readonly string[];
}

/** What speaks against promoting: each list in its own weight. */
interface Doubts {
  readonly missing: string[];
  readonly failed: string[];
  readonly asks: string[];
}

export function decidePromotion(facts: PromotionFacts): PromotionDecision {
  const comparison = facts.gain === null ? 'not-enough-data' : compareGain({ ...facts, interval: facts.gain.interval });
  const doubts: Doubts = { missing: [], failed: [], asks: [] };
  if (facts.look > MAX_LOOKS) {
    doubts.missing.push(
      `This time range was looked at ${facts.look - 1} times already; at most ${MAX_LOOKS} looks count. Evaluate on a newer range.`,
    );
  }
  const modeGates = facts.gain === null ? [] : judgeMode(facts, facts.gain, { comparison, doubts });
  if (facts.gain === null) judgeBootstrap(facts, doubts);
  const couldNotCheck = judgeGates(facts, doubts);
  for (const gate of modeGates) if (gate.passed === null) couldNotCheck.push(gate.reason);
  const verdict = verdictOf(doubts);
  return {
    verdict,
    comparison,
    gates: [...modeGates, ...facts.gates],
    reasons: reasonsOf(facts, { verdict, doubts, modeGates }),
    couldNotCheck: [...couldNotCheck, ...facts.remarks],
  };
}

function verdictOf({ missing, failed, asks }: Doubts): PromotionVerdict {
  if (missing.length > 0) return 'inconclusive';
  if (failed.length > 0) return 'reject';
  return asks.length > 0 ? 'needs-approval' : 'promote';
}

/** The mode's own question, as gates: what an approval is bound to includes them. */
function judgeMode(
  facts: PromotionFacts,
  gain: MeasuredGain,
  { comparison, doubts }: { comparison: Comparison; doubts: Doubts },
): GateResult[] {
  const passed = facts.mode === 'superior' ? isSuperior(comparison) : isRefreshed(facts, gain, comparison);
  const needed =
    facts.mode === 'superior'
      ? `lower bound above ${signed(facts.margin)}`
      : `lower bound at least ${signed(-facts.tolerance)} and no shown loss`;
  const main = modeGate(facts, gain, {
    gate: `${facts.mode}:${facts.metric}`,
    threshold: facts.mode === 'superior' ? facts.margin : facts.tolerance,
    passed,
    reason: `${facts.metric} gain over the champion ${spread(gain)}: ${wordOf(comparison)}; ${facts.mode} needs its ${needed}.`,
  });
  note(
    main,
    doubts,
    facts.blocks < MIN_BLOCKS ? `Only ${facts.blocks} days, needs ${MIN_BLOCKS}: not enough data. ` : '',
  );
  if (facts.mode === 'superior' || facts.anchor === null) return [main];
  const anchor = judgeAnchor(facts, facts.anchor);
  note(anchor, doubts, '');
  return [main, anchor];
}

function isSuperior(comparison: Comparison): boolean | null {
  return comparison === 'not-enough-data' ? null : comparison === 'win';
}

/**
 * `refresh` asks for "not worse", so an interval that shows it is enough data, whatever its word. One that shows neither
 * that nor a loss nor a tie leaves the question open.
 */
function isRefreshed(
  { tolerance, blocks, look }: PromotionFacts,
  gain: MeasuredGain,
  comparison: Comparison,
): boolean | null {
  if (gain.interval === null || blocks < MIN_BLOCKS || look > MAX_LOOKS) return null;
  if (gain.interval.lower >= -tolerance && Number.isFinite(gain.interval.upper)) return comparison !== 'loss';
  return comparison === 'not-enough-data' ? null : false;
}

function judgeAnchor(facts: PromotionFacts, anchor: MeasuredGain): GateResult {
  const lower = anchor.interval?.lower ?? Number.NaN;
  const passed = Number.isFinite(lower) && facts.blocks >= MIN_BLOCKS ? lower >= -facts.tolerance : null;
  return modeGate(facts, anchor, {
    gate: `anchor:${facts.metric}${anchor.version === null ? '' : `@v${anchor.version}`}`,
    threshold: facts.tolerance,
    passed,
    reason:
      anchor.version === null
        ? 'The best earlier champion is not known: the scores of an earlier champion cannot be used.'
        : `${facts.metric} gain over the best earlier champion (version ${anchor.version}) ${spread(anchor)}; its lower bound must be at least ${signed(-facts.tolerance)}, so that small steps down do not add up.`,
  });
}

function modeGate(
  { metric }: PromotionFacts,
  { difference, interval }: MeasuredGain,
  rest: Pick<GateResult, 'gate' | 'threshold' | 'passed' | 'reason'>,
): GateResult {
  return { ...rest, metric, slice: 'all', required: true, value: difference, interval };
}

function note(gate: GateResult, doubts: Doubts, prefix: string): void {
  if (gate.passed === null) doubts.missing.push(prefix + gate.reason);
  else if (!gate.passed) doubts.failed.push(gate.reason);
}

/** Without a champion only absolute bounds can gate, and at least one must. */
function judgeBootstrap({ declared }: PromotionFacts, doubts: Doubts): void {
  if (declared.some(({ isAbsolute, gate }) => isAbsolute && gate.required)) return;
  doubts.missing.push(
    'There is no champion to compare with, and the pipeline has no required absolute gate: add one with `min` or `max`, e.g. `{metric: auc, min: 0.6}`.',
  );
}

/** @returns sentences about what could not be checked */
function judgeGates({ declared, gates, gain }: PromotionFacts, doubts: Doubts): string[] {
  const couldNotCheck: string[] = [];
  if (declared.length === 0) doubts.missing.push('The pipeline has no gate: without one nothing is promoted.');
  const kinds = new Map(declared.map((one) => [one.name, one]));
  const judged = new Set(gates.map((gate) => gate.gate));
  for (const { name, gate } of declared) {
    if (judged.has(name)) continue;
    const reason = `${name} has no result.`;
    couldNotCheck.push(reason);
    (gate.required ? doubts.missing : doubts.asks).push(reason);
  }
  for (const gate of gates) {
    const isRelative = kinds.get(gate.gate)?.isAbsolute === false;
    // A pass without a finite value behind it is no pass.
    const hasValue = gate.value !== null && Number.isFinite(gate.value);
    if (gate.passed === false) (gate.required ? doubts.failed : doubts.asks).push(gate.reason);
    if (gate.passed === false || (gate.passed && hasValue)) continue;
    couldNotCheck.push(gate.passed ? `${gate.gate} was called passed without a value.` : gate.reason);
    // A first champion is gated by absolute bounds only: comparisons are named as unchecked, and do not block.
    if (gain === null && isRelative && gate.passed === null) continue;
    (gate.required ? doubts.missing : doubts.asks).push(couldNotCheck.at(-1)!);
  }
  return couldNotCheck;
}

function reasonsOf(
  facts: PromotionFacts,
  { verdict, doubts, modeGates }: { verdict: PromotionVerdict; doubts: Doubts; modeGates: readonly GateResult[] },
): string[] {
  const doubted = [...doubts.missing, ...doubts.failed, ...doubts.asks];
  const first =
    facts.gain === null ? ['First version of this model: there is no champion, so absolute bounds alone gate it.'] : [];
  const shown = modeGates
    .map((gate) => gate.reason)
    .filter((reason) => !doubted.some((doubt) => doubt.endsWith(reason)));
  const held = facts.gates.filter((gate) => gate.passed === true).length;
  const counted = `${held} of ${facts.gates.length} gate results pass.`;
  return verdict === 'promote' || verdict === 'needs-approval'
    ? [...first, ...shown, ...doubted, counted]
    : [...doubted, ...first, ...shown, counted];
}

function spread({ difference, interval }: MeasuredGain): string {
  if (interval === null) return `${signed(difference)} (its interval cannot be computed)`;
  return `${signed(difference)} ${bounds(interval, signed)} at ${percent(interval.confidence)}`;
}

function wordOf(comparison: Comparison): string {
  return comparison === 'not-enough-data' ? 'undecided, not enough data' : `a ${comparison}`;
}
