/**
 * The mode's own question as gates: is the candidate shown to be better (`superior`), or shown to be not worse (`refresh`)?
 * As gates they stand in the list that an approval is bound to.
 */
import type { Comparison, GateResult } from '../types.js';
import { isUsable, MAX_LOOKS, MIN_BLOCKS } from './compare-gain.js';
import type { MeasuredGain, PromotionFacts } from './promotion-facts.js';
import { bounds, percent, signed } from './wording.js';

/** @returns the mode's gate on the gain over the champion and, in mode `refresh` with an earlier champion, the anchor's */
export function judgeMode(facts: PromotionFacts, gain: MeasuredGain, comparison: Comparison): GateResult[] {
  const passed = facts.mode === 'superior' ? isSuperior(comparison) : isRefreshed(facts, gain, comparison);
  const needed =
    facts.mode === 'superior'
      ? `lower bound above ${signed(facts.margin)}`
      : `lower bound at least ${signed(-facts.tolerance)} and no shown loss`;
  const few = facts.blocks < MIN_BLOCKS ? `Only ${facts.blocks} days, needs ${MIN_BLOCKS}. ` : '';
  const main = modeGate(facts, gain, {
    gate: `${facts.mode}:${facts.metric}`,
    threshold: facts.mode === 'superior' ? facts.margin : facts.tolerance,
    passed,
    reason: `${few}${facts.metric} gain over the champion ${spread(gain)}: ${wordOf(comparison)}; ${facts.mode} needs its ${needed}.`,
  });
  return facts.mode === 'superior' || facts.anchor === null ? [main] : [main, judgeAnchor(facts, facts.anchor)];
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
  if (!isUsable(gain.interval) || blocks < MIN_BLOCKS || look > MAX_LOOKS) return null;
  if (gain.interval.lower >= -tolerance) return comparison !== 'loss';
  return comparison === 'not-enough-data' ? null : false;
}

function judgeAnchor(facts: PromotionFacts, anchor: MeasuredGain): GateResult {
  const isKnown = isUsable(anchor.interval) && facts.blocks >= MIN_BLOCKS;
  const passed = isKnown ? anchor.interval.lower >= -facts.tolerance : null;
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

function spread({ difference, interval }: MeasuredGain): string {
  if (interval === null) return `${signed(difference)} (its interval cannot be computed)`;
  return `${signed(difference)} ${bounds(interval, signed)} at ${percent(interval.confidence)}`;
}

function wordOf(comparison: Comparison): string {
  return comparison === 'not-enough-data' ? 'undecided, not enough data' : `a ${comparison}`;
}
