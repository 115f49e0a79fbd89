/**
 * The checks of a window by itself (assess-window.ts) as evidence beside those of its history: which fault a failure speaks for, since
 * when, and which of them a check of the history has told better.
 */
import { isLosingMap } from '../triage/fact-words.js';
import type { ColumnMap } from '../triage/facts.js';
import type { InputMeasures } from '../triage/input-measures.js';
import { startOf } from './input-check.js';
import type { QualityCheck } from './quality-check.js';

/** By check of the window, the checks of the history that say the same with more to go on. */
const TOLD_BETTER: Readonly<Record<string, readonly string[]>> = {
  'row-share': ['row-history'],
  'empty-days': ['day-rows', 'row-history'],
  'duplicate-ids': ['repeated-rows', 'repeated-day'],
  'null-share': ['null-spike'],
  constant: ['constant-column', 'null-spike'],
};

function isTold(check: QualityCheck, history: readonly QualityCheck[]): boolean {
  const better = TOLD_BETTER[check.check];
  return (
    !check.passed && history.some((one) => !one.passed && one.column === check.column && better?.includes(one.check))
  );
}

/** The fault that a failed check of the window speaks for, and whether it is a fact. */
function evidenceOf(check: QualityCheck, maps: readonly ColumnMap[]): Partial<QualityCheck> {
  switch (check.check) {
    case 'schema-type':
      return { fault: 'logging-change', isExact: true };
    // Few rows alone are too little to conclude from; rows that are missing show against the history.
    case 'row-count':
      return check.value === 0 ? { isExact: true } : { fault: null };
    case 'range': {
      const map = maps.find(({ column }) => column === check.column);
      // What is clipped, rounded or merged leaves no range by it.
      if (map === undefined || isLosingMap(map)) return { isExact: true };
      // The map is the evidence; that its values leave the range follows from it.
      return { fault: null };
    }
    default:
      return check.severity === 'error' ? { isExact: true } : {};
  }
}

/** Rows that stop before the end: since the day after the newest one's. */
function staleSince({ current }: InputMeasures): string | null {
  const last = current.rows.findLastIndex((rows) => rows > 0);
  return startOf(current.days[last + 1]) ?? current.facts.newestEventAt;
}

export function windowChecks(
  checks: readonly QualityCheck[],
  options: {
    readonly measures: InputMeasures;
    readonly history: readonly QualityCheck[];
    readonly maps: readonly ColumnMap[];
  },
): QualityCheck[] {
  const { measures, history, maps } = options;
  return checks.flatMap((check): QualityCheck[] => {
    if (check.passed) return [check];
    if (isTold(check, history)) return [];
    const onset = check.check === 'freshness' ? { onset: staleSince(measures) } : {};
    return [{ ...check, ...evidenceOf(check, maps), ...onset }];
  });
}
