/**
 * The one place where a promotion verdict is decided: a pure function of intervals and gate results.
 * Order: anything missing or undecided -> `inconclusive`; anything shown to fail -> `reject`; only non-required doubts left
 * -> `needs-approval`; else `promote`.
 */
import type { Comparison, GateResult, PromotionVerdict } from '../types.js';
import { compareGain, MAX_LOOKS } from './compare-gain.js';
import { judgeMode } from './judge-mode.js';
import type { PromotionFacts } from './promotion-facts.js';

interface PromotionDecision {
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
  const modeGates = facts.gain === null ? [] : judgeMode(facts, facts.gain, comparison);
  const couldNotCheck: string[] = [];
  for (const gate of modeGates) {
    if (gate.passed === null) couldNotCheck.push(gate.reason);
    if (gate.passed !== true) (gate.passed === null ? doubts.missing : doubts.failed).push(gate.reason);
  }
  if (facts.gain === null) judgeBootstrap(facts, doubts);
  couldNotCheck.unshift(...judgeGates(facts, doubts));
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
  const shown = modeGates.filter((gate) => gate.passed === true).map((gate) => gate.reason);
  const held = facts.gates.filter((gate) => gate.passed === true).length;
  const counted = `${held} of ${facts.gates.length} gate results pass.`;
  return verdict === 'promote' || verdict === 'needs-approval'
    ? [...first, ...shown, ...doubted, counted]
    : [...doubted, ...first, ...shown, counted];
}
