/** Scores heard so far in a replay, by series: what the registry would look up for thresholds that compare with the past. */
import { iso } from '../../instant.js';
import type { TriggerPolicy } from '../../spec/trigger-schema.js';
import type { ClaimFacts, ScoreHistory, WaitingTrigger } from '../triggers/facts.js';
import { planOf } from '../triggers/plan.js';

type Series = ScoreHistory & { readonly scores: { at: string; score: number }[] };

export class ScoreMemory {
  readonly #series = new Map<string, Series>();
  /** How far back the policy's thresholds look; 0 when none does. */
  readonly #reachMs: number;

  constructor(policy: TriggerPolicy) {
    this.#reachMs = Math.max(0, ...planOf(policy).conditions.map(({ historyMs }) => historyMs ?? 0));
  }

  add({ monitor, window, findings }: ClaimFacts): void {
    if (this.#reachMs === 0) return;
    for (const { scope, column, method, score } of findings) {
      if (score === null) continue;
      const key = JSON.stringify([monitor, scope, column, method]);
      const known = this.#series.get(key) ?? { monitor, scope, column, method, scores: [] };
      known.scores.push({ at: window.end, score });
      this.#series.set(key, known);
    }
  }

  /** Only what the thresholds could reach back to from a claim that waits now. */
  before(waiting: readonly WaitingTrigger[]): ScoreHistory[] {
    const ends = waiting.flatMap(({ claim }) => (claim === null ? [] : [Date.parse(claim.window.end)]));
    if (this.#reachMs === 0 || ends.length === 0) return [];
    const from = iso(ends.reduce((least, ms) => Math.min(least, ms)) - this.#reachMs);
    return [...this.#series.values()].map((series) => ({
      ...series,
      scores: series.scores.filter(({ at }) => at >= from),
    }));
  }
}
