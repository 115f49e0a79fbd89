/**
 * Is the alarm a reason to retrain? From measured facts to one verdict, by the decision table. Every cause is weighed and reported;
 * when several hold, the one that does not train wins. Pure.
 */
import type { Cause } from '../types.js';
import { EVIDENCE_RULES } from './evidence-rules.js';
import type { TriageFacts } from './facts.js';
import { nextStep } from './next-step.js';
import type { TriageRule } from './triage-rule.js';
import {
  CAUSES,
  type CauseFinding,
  FAULT_VERDICTS,
  type TriageAction,
  type TriageResult,
  type TriageVerdict,
} from './verdict.js';
import { type WeighedCause, weighCause } from './weigh-cause.js';

const isFault = ({ cause }: CauseFinding): boolean => FAULT_VERDICTS.some((fault) => fault === cause);
const holds = ({ state }: CauseFinding): boolean => state === 'confirmed' || state === 'suspected';

/** Whether the alarm is true matters only to runs that an alarm caused. */
export const isAlarm = (cause: Cause): boolean => cause === 'drift' || cause === 'performance';

/** A fault that is certain before one that is suspected only: both stop, and the certain one asks nobody. */
function standing(causes: readonly CauseFinding[]): CauseFinding | null {
  const faults = causes.filter((finding) => isFault(finding) && holds(finding));
  return faults.find(({ state }) => state === 'confirmed') ?? faults[0] ?? causes.find(holds) ?? null;
}

function actionOf(
  verdict: TriageVerdict,
  { finding, cause }: { finding: CauseFinding | null; cause: Cause },
): TriageAction {
  if (finding !== null && isFault(finding)) return finding.state === 'confirmed' ? 'stop' : 'ask';
  if (verdict === 'pending-labels') return 'await-labels';
  if (!isAlarm(cause) || verdict === 'concept-shift' || verdict === 'genuine-shift') return 'go-on';
  return verdict === 'unclear' ? 'ask' : 'stop';
}

/**
 * Of an alarm any cause that labels keep open; of other runs only a fault, since nothing else concerns them. Beside a cause that
 * holds and lets the run go on, only a fault too: it would be the one that wins.
 */
function isPending(
  weighed: readonly WeighedCause[],
  { finding, cause }: { finding: CauseFinding | null; cause: Cause },
): boolean {
  const open = weighed.filter((one) => one.isPending);
  const isFaultOpen = open.some((one) => isFault(one.finding));
  if (finding === null) return isFaultOpen || (isAlarm(cause) && open.length > 0);
  return isFaultOpen && actionOf(finding.cause, { finding, cause }) === 'go-on';
}

const UNCLEAR = 'The facts do not settle it.';
const NO_CHAMPION = 'There is no champion yet: nothing to compare with.';

function openReasons(causes: readonly CauseFinding[], facts: TriageFacts): string[] {
  if (!facts.hasChampion) return [NO_CHAMPION];
  const alleged = causes.filter(({ cause }) => !isFaultCause(cause));
  return [
    UNCLEAR,
    ...new Set([...alleged.flatMap(({ against }) => against), ...causes.flatMap(({ unchecked }) => unchecked)]),
  ];
}

const isFaultCause = (cause: CauseFinding['cause']): boolean => FAULT_VERDICTS.some((fault) => fault === cause);

export function decide(facts: TriageFacts, rule: TriageRule): TriageResult {
  const weighed = CAUSES.map((cause) => weighCause(cause, EVIDENCE_RULES, { facts, rule }));
  const causes = weighed.map(({ finding }) => finding);
  const found = standing(causes);
  // Without a champion nothing is compared, so only faults can be told.
  const standsAlone = found !== null && !facts.hasChampion && !isFault(found) ? null : found;
  const waits = facts.hasChampion && isPending(weighed, { finding: standsAlone, cause: facts.cause });
  const finding = waits ? null : standsAlone;
  const verdict: TriageVerdict = finding?.cause ?? (waits ? 'pending-labels' : 'unclear');
  const action = !facts.hasChampion && finding === null ? 'go-on' : actionOf(verdict, { finding, cause: facts.cause });
  const others = causes.filter((one) => one !== finding && holds(one) && one.cause !== 'no-shift');
  return {
    verdict,
    certainty:
      finding !== null && isFault(finding) ? (finding.state === 'confirmed' ? 'confirmed' : 'suspected') : null,
    action,
    causes,
    columns: finding?.columns ?? [],
    onset: finding?.onset ?? null,
    reasons: [
      ...(finding?.supports ?? openReasons(causes, facts)),
      ...others.map((one) => `Also ${one.state}: ${one.cause}. ${one.supports.join(' ')}`),
      ...facts.notMeasured,
    ],
    next: nextStep({ verdict, action, finding }),
  };
}
