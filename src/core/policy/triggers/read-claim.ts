/** One claim against every condition: which it meets, whether it can be judged at all, and why in words. */
import type { Severity } from '../../signals/drift-claim.js';
import type { ClaimFacts, WaitingTrigger } from './facts.js';
import type { ConditionPlan, TriggerPlan } from './plan.js';
import { concerns, readFinding } from './read-finding.js';
import type { ScoreSeries } from './score-series.js';

interface ConditionReading {
  /** Findings that the condition speaks of, absences included. */
  readonly concerned: number;
  readonly met: number;
  readonly unknown: number;
  readonly short: number;
}

export interface ClaimReading {
  /** Indices of the conditions met. */
  readonly met: readonly number[];
  /** It meets none, and nothing in it could be judged. */
  readonly isUndecidable: boolean;
  readonly conditions: readonly ConditionReading[];
}

const NOTHING: ConditionReading = { concerned: 0, met: 0, unknown: 0, short: 0 };
const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

function isMeant({ monitor, minSeverity }: ConditionPlan, claim: ClaimFacts): boolean {
  if (monitor !== undefined && monitor !== claim.monitor) return false;
  return minSeverity === undefined || RANK[claim.severity] >= RANK[minSeverity];
}

/** What should have been there and was not counts for `when: alert`, where no filter asks for something else. */
function absences(condition: ConditionPlan, { absent }: ClaimFacts): number {
  if (condition.when !== 'alert' || condition.methods !== undefined) return 0;
  return absent.filter(({ what, name }) => {
    const scope = what === 'column' ? 'column' : 'dataset';
    if (condition.scope !== undefined && condition.scope !== scope) return false;
    return condition.columns === undefined || (what === 'column' && condition.columns.includes(name));
  }).length;
}

function readCondition(condition: ConditionPlan, claim: ClaimFacts, series: ScoreSeries): ConditionReading {
  if (!isMeant(condition, claim)) return NOTHING;
  const context = { condition, claim, series };
  const absent = absences(condition, claim);
  const reading = { concerned: absent, met: absent, unknown: 0, short: 0 };
  for (const finding of claim.findings) {
    if (!concerns(condition, finding)) continue;
    reading.concerned += 1;
    const verdict = readFinding(finding, context);
    if (verdict === 'yes') reading.met += 1;
    if (verdict === 'unknown') reading.unknown += 1;
    if (verdict === 'short') reading.short += 1;
  }
  return reading;
}

/** Without a normalised claim (sent straight through Temporal) the sender's word is an alert, and says nothing finer. */
function readWord(condition: ConditionPlan): ConditionReading {
  const { when, monitor, scope, columns, methods, minSeverity, minFindings } = condition;
  const isPlain = [monitor, scope, columns, methods, minSeverity].every((filter) => filter === undefined);
  return when === 'alert' && isPlain && minFindings === 1 ? { ...NOTHING, concerned: 1, met: 1 } : NOTHING;
}

export function readClaim({ claim }: WaitingTrigger, plan: TriggerPlan, series: ScoreSeries): ClaimReading {
  const conditions = plan.conditions.map((condition) =>
    claim === null ? readWord(condition) : readCondition(condition, claim, series),
  );
  const met: number[] = [];
  let concerned = 0;
  let unknown = 0;
  conditions.forEach((reading, index) => {
    concerned += reading.concerned;
    unknown += reading.unknown;
    if (reading.met >= plan.conditions[index]!.minFindings) met.push(index);
  });
  const isUndecidable = met.length === 0 && concerned > 0 && unknown === concerned;
  return { met, isUndecidable, conditions };
}

function whyNot(condition: ConditionPlan, reading: ConditionReading): string {
  const name = `"${condition.name}"`;
  if (reading.concerned === 0) return `${name} speaks of nothing in this claim`;
  const unsaid = [
    reading.unknown > 0 ? `${reading.unknown} could not be judged` : '',
    reading.short > 0 ? `${reading.short} have too few earlier scores to compare with` : '',
  ].filter((part) => part !== '');
  const rest = unsaid.length === 0 ? '' : ` (${unsaid.join(', ')})`;
  return `${name} is met by ${reading.met} of ${reading.concerned} findings${rest}, ${condition.minFindings} wanted`;
}

/** One sentence on a claim that meets no condition. */
export function whyNoneMet({ conditions }: ClaimReading, plan: TriggerPlan): string {
  const parts = plan.conditions.map((condition, index) => whyNot(condition, conditions[index] ?? NOTHING));
  return `No condition is met: ${parts.join('; ')}.`;
}

export function namesOf(indices: Iterable<number>, plan: TriggerPlan): string {
  const names = [...indices].map((index) => `"${plan.conditions[index]?.name}"`);
  return names.length === 0 ? 'none' : names.join(', ');
}
