/**
 * One line of the decision table (docs/triage.md): a cause, what the facts have to show, and what that makes of the cause. The
 * table is data, so that the page and the code cannot say different things.
 */
import type { Instant } from '../types.js';
import type { TriageFacts } from './facts.js';
import type { TriageRule } from './triage-rule.js';
import type { CauseFinding, TriageCause } from './verdict.js';

/** What a line found: sentences for a person, and what they name. */
export interface Evidence {
  readonly texts: readonly string[];
  readonly columns: readonly string[];
  readonly onset: Instant | null;
}

export interface EvidenceRule {
  /** Its name in the page, e.g. `unit-map-exact`. Unique. */
  readonly id: string;
  readonly cause: TriageCause;
  /**
   * `confirmed` and `suspected`: it speaks for the cause. `excluded`: it speaks against it, whatever speaks for it as a suspicion.
   * `missing`: only labels that are still to come keep the cause open. `not-checked`: what the cause needs was not there.
   */
  readonly gives: CauseFinding['state'] | 'missing';
  /** As the page says it: a clause that completes "when …". */
  readonly when: string;
  /** Null: the facts do not show it. */
  readonly find: (facts: TriageFacts, rule: TriageRule) => Evidence | null;
}

export const evidence = (
  texts: readonly string[],
  named: { readonly columns?: readonly string[]; readonly onset?: Instant | null } = {},
): Evidence => ({ texts, columns: [...new Set(named.columns ?? [])], onset: named.onset ?? null });

/** The earliest of the instants; null without any. */
export function earliest(instants: readonly (Instant | null | undefined)[]): Instant | null {
  const known = instants.filter((one): one is Instant => one !== null && one !== undefined);
  return known.length === 0 ? null : known.reduce((first, one) => (Date.parse(one) < Date.parse(first) ? one : first));
}
