/** One cause, from every line of the decision table that speaks of it. */
import { type Evidence, type EvidenceRule, earliest } from './evidence-rule.js';
import type { TriageFacts } from './facts.js';
import type { TriageRule } from './triage-rule.js';
import type { CauseFinding, TriageCause } from './verdict.js';

export interface WeighedCause {
  readonly finding: CauseFinding;
  /** Only labels that are still to come keep it open. */
  readonly isPending: boolean;
}

type Gives = EvidenceRule['gives'];

/**
 * Confirmed, if any line says so; else suspected, if any does: what speaks against it is told beside it and removes no suspicion. Else
 * open, where labels may still tell; else excluded, if a line says so; else it was not checked.
 */
export function weighCause(
  cause: TriageCause,
  lines: readonly EvidenceRule[],
  { facts, rule }: { readonly facts: TriageFacts; readonly rule: TriageRule },
): WeighedCause {
  const found = lines
    .filter((line) => line.cause === cause)
    .flatMap(({ gives, find }) => {
      const shown = find(facts, rule);
      return shown === null ? [] : [{ gives, shown }];
    });
  const of = (...gives: readonly Gives[]): Evidence[] =>
    found.filter((one) => gives.includes(one.gives)).map(({ shown }) => shown);
  const has = (gives: Gives): boolean => found.some((one) => one.gives === gives);
  const isOpen = has('missing') && !has('confirmed') && !has('suspected');
  const speaking = of('confirmed', 'suspected');
  const texts = (list: readonly Evidence[]): string[] => [...new Set(list.flatMap((one) => one.texts))];
  const state = stateOf(has, isOpen);
  const named = speaking.length > 0 ? speaking : of('missing');
  return {
    finding: {
      cause,
      state,
      columns: [...new Set(named.flatMap(({ columns }) => columns))],
      onset: earliest(named.map(({ onset }) => onset)),
      supports: texts(speaking),
      against: texts(of('excluded')),
      unchecked: texts(of('missing', 'not-checked')),
    },
    isPending: isOpen,
  };
}

function stateOf(has: (gives: Gives) => boolean, isOpen: boolean): CauseFinding['state'] {
  if (has('confirmed')) return 'confirmed';
  if (has('suspected')) return 'suspected';
  if (isOpen) return 'not-checked';
  return has('excluded') && !has('not-checked') ? 'excluded' : 'not-checked';
}
