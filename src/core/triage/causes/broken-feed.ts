/** Rows missing, stale, duplicated beyond the usual, a null spike, a constant column, values that stand in for missing ones. */
import { type EvidenceRule, earliest, evidence } from '../evidence-rule.js';
import { columnsOf, failedChecks, isFact } from '../fact-words.js';
import type { TriageFacts } from '../facts.js';

const failed = (facts: TriageFacts, isExact: boolean) => {
  const checks = failedChecks(facts, 'broken-feed').filter((check) => isFact(check) === isExact);
  if (checks.length === 0) return null;
  const onset = earliest(checks.map((check) => check.onset));
  return evidence(
    checks.map(({ text }) => text),
    { columns: columnsOf(checks), onset },
  );
};

export const BROKEN_FEED: readonly EvidenceRule[] = [
  {
    id: 'feed-fact',
    cause: 'broken-feed',
    gives: 'confirmed',
    when: 'a failed check of rows, days, freshness, nulls, duplicates or constant columns is a fact',
    find: (facts) => failed(facts, true),
  },
  {
    id: 'feed-estimate',
    cause: 'broken-feed',
    gives: 'suspected',
    when: 'such a check fails by an estimate, or a new value or category seems to stand in for missing ones',
    find: (facts) => failed(facts, false),
  },
  {
    id: 'feed-sound',
    cause: 'broken-feed',
    gives: 'excluded',
    when: 'no check fails that speaks for it',
    find: (facts) =>
      facts.checks.length > 0 && failedChecks(facts, 'broken-feed').length === 0
        ? evidence(['Rows, days, nulls, duplicates and freshness are as usual: every check passed.'])
        : null,
  },
  {
    id: 'feed-no-rows-before',
    cause: 'broken-feed',
    gives: 'not-checked',
    when: 'there are no earlier rows to compare with',
    find: (facts) =>
      facts.reference === null || facts.reference.rows === 0
        ? evidence([
            'There are no rows before the window: counts, nulls and duplicates were not compared with the usual ones.',
          ])
        : null,
  },
];
