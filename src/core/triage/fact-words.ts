/** Questions that several lines of the decision table ask of the facts. Each is false where nothing was measured. */
import { shortInstant } from '../instant.js';
import type { QualityCheck } from '../quality/quality-check.js';
import { DAY_MS } from '../spec/duration.js';
import type { Instant } from '../types.js';
import type {
  ColumnMap,
  LabelShift,
  MovedColumn,
  OutOfStep,
  PerformanceFacts,
  TriageFacts,
  VersionRecord,
} from './facts.js';
import type { TriageRule } from './triage-rule.js';
import type { FaultVerdict } from './verdict.js';

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;

/** An error without a word on its fault is a broken feed's; a warning without one speaks for nothing. */
const faultOf = (check: QualityCheck): FaultVerdict | null =>
  check.fault === undefined ? (check.severity === 'error' ? 'broken-feed' : null) : check.fault;

export const failedChecks = (facts: TriageFacts, fault: FaultVerdict): QualityCheck[] =>
  facts.checks.filter((check) => !check.passed && faultOf(check) === fault);

/** An error is a fact unless it says that it is an estimate; a warning only where it says that it is a fact. */
export const isFact = (check: QualityCheck): boolean =>
  check.severity === 'error' ? check.isExact !== false : check.isExact === true;

export const columnsOf = (checks: readonly QualityCheck[]): string[] =>
  checks.flatMap(({ column }) => (column === null ? [] : [column]));

const CODE_MAPS: ReadonlySet<ColumnMap['kind']> = new Set(['rotate', 'shift']);
/** Whoever moves values by a constant or around a cycle has changed code; units, scales and names are how a source writes. */
export const isCodeMap = ({ kind }: ColumnMap): boolean => CODE_MAPS.has(kind);

const LOSING_MAPS: ReadonlySet<ColumnMap['kind']> = new Set(['clip', 'round', 'merge']);
/** Many values have become one: nothing is mapped back, the earlier rows are mapped as these were. */
export const isLosingMap = ({ kind }: ColumnMap): boolean => LOSING_MAPS.has(kind);

const NEVER_EXACT: ReadonlySet<ColumnMap['kind']> = new Set(['rotate', 'part']);
/**
 * A rotation maps a cycle onto itself: that all its values are known ones shows nothing. Of a map of a part most values are known ones
 * because they were not mapped.
 */
export const isExactMap = ({ kind, share }: ColumnMap, { exactShare }: TriageRule): boolean =>
  !NEVER_EXACT.has(kind) && share !== null && share >= exactShare;

/** Its days, where it ended before the window did; empty otherwise. */
function daysOf({ onset, until }: { readonly onset: Instant | null; readonly until?: Instant | null }): string {
  if (onset === null || until === undefined || until === null) return '';
  const [first, last] = [onset.slice(0, 10), new Date(Date.parse(until) - DAY_MS).toISOString().slice(0, 10)];
  return first === last ? `, on ${first} only` : `, on days ${first} to ${last}`;
}

/** What the map is, and its days where it ended before the window did. */
export const mapName = (map: ColumnMap): string => `${map.text}${daysOf(map)}`;

const MOST_PAIRS = 4;
const INPUT_FAULTS: readonly FaultVerdict[] = ['broken-feed', 'logging-change', 'code-or-feature-bug'];

/** What no longer goes with what, and how strongly it did and does. */
export function outOfStepText(found: OutOfStep): string {
  const [verb, figures] = [
    found.columns.length === 1 ? 'does not go' : 'do not go',
    found.pairs
      .slice(0, MOST_PAIRS)
      .map(
        ({ columns, reference, current }) =>
          `${columns.join(' with ')} ${reference.toFixed(2)} before and ${current.toFixed(2)} now`,
      ),
  ];
  const more = found.pairs.length > MOST_PAIRS ? `, and ${found.pairs.length - MOST_PAIRS} more` : '';
  return (
    `${found.columns.join(', ')} ${verb} with the same rows’ other values as before${daysOf(found)}: ` +
    `${figures.join(', ')}${more} (Cramér’s V by day).`
  );
}

/** A column with a map, or with a check that speaks for a fault of inputs, goes with others otherwise for that reason. */
export function unexplainedOutOfStep(facts: TriageFacts): OutOfStep[] {
  const failed = INPUT_FAULTS.flatMap((fault) => failedChecks(facts, fault));
  const explained = new Set([...facts.maps.map(({ column }) => column), ...columnsOf(failed)]);
  return (facts.association?.outOfStep ?? []).filter(({ columns }) => !columns.some((column) => explained.has(column)));
}

/** What the effect of a moved column is called. */
export const effectName = ({ method }: Pick<MovedColumn, 'method'>): string =>
  method === 'ks' ? 'KS D' : 'Jensen–Shannon distance';

/** Of a share of labels, beyond chance. */
export const hasChanged = ({ interval }: LabelShift): boolean => interval.lower > 0 || interval.upper < 0;

export const movedColumns = (facts: TriageFacts): MovedColumn[] =>
  facts.drift === null ? [] : [...facts.drift.columns, ...scoresOf(facts)].filter(({ hasMoved }) => hasMoved);

export const scoresOf = ({ drift }: TriageFacts): MovedColumn[] =>
  drift === null || drift.scores === null ? [] : [drift.scores];

/** Inputs were re-tested, and none moved; one that could not be tested keeps no fault from being seen. */
export const areInputsUnmoved = ({ drift }: TriageFacts): boolean =>
  drift?.columns.every(({ hasMoved }) => !hasMoved) ?? false;

/** By name: nobody knows whether they moved. */
export const untestedInputs = ({ drift }: TriageFacts): string[] =>
  (drift?.columns ?? []).filter(({ adjustedPValue }) => adjustedPValue === null).map(({ column }) => column);

/** Worse by a proper score, and not by chance. */
export const hasFallen = (
  performance: PerformanceFacts | null,
  { minDays }: TriageRule,
): performance is PerformanceFacts =>
  performance !== null && performance.days >= minDays && performance.interval.lower > 0;

export const isPerformanceMeasured = (performance: PerformanceFacts | null, { minDays }: TriageRule): boolean =>
  performance !== null && performance.days >= minDays;

export const performanceText = (performance: PerformanceFacts): string =>
  `The champion's log loss went from ${performance.reference.toFixed(4)} to ${performance.current.toFixed(4)} over ${performance.days} days; ` +
  `what the days' label shares do not explain: ${signed(performance.change)} ` +
  `[${signed(performance.interval.lower)}, ${signed(performance.interval.upper)}].`;

/** Versions whose use began near the onset; near the window, where no onset is known. */
export function versionsNear(
  facts: TriageFacts,
  rule: TriageRule,
  of: { readonly kinds: readonly string[]; readonly onset: Instant | null },
): VersionRecord[] {
  const { start, end } = facts.current.window;
  const before = rule.versionWithinMs;
  const fromMs = Date.parse(of.onset ?? start) - before;
  const toMs = of.onset === null ? Date.parse(end) : Date.parse(of.onset) + before / 3;
  return facts.versions.filter(({ kind, at }) => {
    const atMs = Date.parse(at);
    return of.kinds.includes(kind) && atMs >= fromMs && atMs <= toMs;
  });
}

/** A record that names columns speaks for those alone. */
export const touches = (version: VersionRecord, columns: readonly string[]): boolean =>
  columns.some((column) => version.columns.includes(column) || version.name === column);

export const isSilent = (version: VersionRecord): boolean => version.columns.length === 0 && version.name === null;

export function versionText(version: VersionRecord): string {
  const { kind, name, from, to, commit, at } = version;
  const change = [from, to].filter((one) => one !== null).join(' to ');
  const named = [name, change === '' ? null : change, commit === null ? null : `commit ${commit}`].filter(
    (one) => one !== null,
  );
  return `The ${kind} version${named.length === 0 ? '' : ` (${named.join(', ')})`} has been in use since ${shortInstant(at)}.`;
}

/** Rows and days enough for a re-test to end in more than `unclear`. */
export const hasEnough = (facts: TriageFacts, rule: TriageRule): boolean =>
  facts.current.rows >= rule.minRows && (facts.reference?.rows ?? 0) >= rule.minRows;

/** Rows are there, and their labels are not yet: what only more rows could settle is no matter of waiting for labels. */
export const areLabelsToCome = (facts: TriageFacts, rule: TriageRule): boolean =>
  !facts.isAfterLabelWait &&
  facts.hasChampion &&
  hasEnough(facts, rule) &&
  facts.labels !== null &&
  facts.labels.labelledDays < rule.minDays;

/** Scopes whose claims only labels can answer. */
export const LABEL_SCOPES: ReadonlySet<string> = new Set(['performance', 'target']);

export const alertsOf = (facts: TriageFacts) => facts.claims.flatMap(({ alerts }) => alerts);

/** A claim about performance or the target is not answered by inputs alone. */
export const needsPerformance = (facts: TriageFacts): boolean =>
  facts.cause === 'performance' || alertsOf(facts).some(({ scope }) => LABEL_SCOPES.has(scope));
