/**
 * An assessment of bounded size, whatever the number of columns: what moved, failed or is named stays, of the rest the first ones do.
 * Judged is always the whole; capped is what is stored and shown.
 */
import type { QualityCheck } from '../quality/quality-check.js';
import type { Assessment } from './assessment.js';
import type { AssociationFacts, MovedColumn, TriageFacts } from './facts.js';
import type { CauseFinding, TriageResult } from './verdict.js';

const MOST_COLUMNS = 60;
const MOST_CHECKS = 120;
const MOST_ITEMS = 30;
/** Longer ones hold a list of the data's own names. */
const MOST_CHARACTERS = 1_000;

const clip = (text: string): string => {
  const characters = [...text];
  return characters.length <= MOST_CHARACTERS ? text : `${characters.slice(0, MOST_CHARACTERS).join('')}…`;
};
const few = <T>(list: readonly T[], most = MOST_ITEMS): T[] => list.slice(0, most);
const sentences = (list: readonly string[]): string[] => few(list).map(clip);

/** Moved ones first, the largest effect of them at the head; then those that nothing could be said of. */
function byInterest(columns: readonly MovedColumn[]): MovedColumn[] {
  const rank = ({ hasMoved, isUnchanged }: MovedColumn): number => (hasMoved ? 0 : isUnchanged ? 2 : 1);
  return columns.toSorted((a, b) => rank(a) - rank(b) || (b.effect ?? 0) - (a.effect ?? 0));
}

const failedFirst = (checks: readonly QualityCheck[]): QualityCheck[] =>
  few(
    checks.toSorted((a, b) => Number(a.passed) - Number(b.passed)),
    MOST_CHECKS,
  ).map((check) => ({ ...check, text: clip(check.text) }));

const capAssociation = (facts: AssociationFacts): AssociationFacts => ({
  ...facts,
  together: few(facts.together, MOST_COLUMNS),
  outOfStep: few(facts.outOfStep).map((one) => ({
    ...one,
    columns: few(one.columns, MOST_COLUMNS),
    pairs: few(one.pairs),
  })),
});

function capFacts(facts: TriageFacts): TriageFacts {
  const { drift, labels, association } = facts;
  const columns = drift === null ? [] : drift.columns;
  const left = columns.length - MOST_COLUMNS;
  const isCut = left > 0;
  return {
    ...facts,
    claims: few(facts.claims).map((claim) => ({
      ...claim,
      alerts: few(claim.alerts),
      absent: sentences(claim.absent),
    })),
    checks: failedFirst(facts.checks),
    maps: few(facts.maps),
    recomputed: few(facts.recomputed),
    ...(association === null || association === undefined ? {} : { association: capAssociation(association) }),
    drift: drift === null ? null : { ...drift, columns: isCut ? few(byInterest(columns), MOST_COLUMNS) : columns },
    labels: labels === null ? null : { ...labels, shifts: few(labels.shifts) },
    versions: few(facts.versions),
    notMeasured: [
      ...sentences(facts.notMeasured),
      ...(isCut
        ? [`${left} more columns were tested and are not listed: none of them says more than those that are.`]
        : []),
    ],
  };
}

const capCause = (cause: CauseFinding): CauseFinding => ({
  ...cause,
  columns: few(cause.columns, MOST_COLUMNS),
  supports: sentences(cause.supports),
  against: sentences(cause.against),
  unchecked: sentences(cause.unchecked),
});

const capResult = (result: TriageResult): TriageResult => ({
  ...result,
  causes: result.causes.map(capCause),
  columns: few(result.columns, MOST_COLUMNS),
  reasons: sentences(result.reasons),
  next: clip(result.next),
});

export function capAssessment(assessment: Assessment): Assessment {
  const { triage, facts } = assessment;
  return {
    ...assessment,
    checks: failedFirst(assessment.checks),
    reasons: sentences(assessment.reasons),
    ...(triage === undefined ? {} : { triage: capResult(triage) }),
    ...(facts === undefined ? {} : { facts: capFacts(facts) }),
  };
}
