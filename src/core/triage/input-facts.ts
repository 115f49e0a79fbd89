/** Everything that triage knows about the inputs of a window, from what was counted. */
import { assessWindow } from '../quality/assess-window.js';
import { checkCategoryHistory } from '../quality/category-history.js';
import { checkColumnHistory } from '../quality/column-history.js';
import type { QualityCheck } from '../quality/quality-check.js';
import { checkRepeats } from '../quality/repeat-checks.js';
import { checkRowHistory } from '../quality/row-history.js';
import { checkStandIns } from '../quality/stand-ins.js';
import { windowChecks } from '../quality/window-checks.js';
import type { Rng } from '../rng.js';
import { durationMs } from '../spec/duration.js';
import type { PipelineSpec } from '../spec/schema.js';
import { alignWindows, isCalendar } from './align-days.js';
import type { StoredProfile } from './column-profile.js';
import type { ColumnMap, MovedColumn, RecomputedColumn, SeasonFacts } from './facts.js';
import { findMaps } from './find-maps.js';
import type { InputMeasures, RecomputedInputs, WindowInputs } from './input-measures.js';
import { gainingDays } from './maps/days-between.js';
import { type MovedOptions, movedColumns } from './moved-column.js';
import { triageRuleOf } from './triage-rule.js';

export interface InputFactsOptions {
  readonly spec: PipelineSpec;
  readonly measures: InputMeasures;
  /** Of the champion's training rows; null without one. */
  readonly profile: StoredProfile | null;
  /** Deals of days per column. */
  readonly permutations: number;
  readonly rng: Rng;
  /** Source columns that the pipeline itself does not read (only its champion does): their errors are warnings. */
  readonly lenient?: ReadonlySet<string>;
}

export interface InputFacts {
  /** All of them, those of `assessWindow` included, each fault told once. Maps and recomputed columns speak for themselves. */
  readonly checks: readonly QualityCheck[];
  readonly maps: readonly ColumnMap[];
  readonly recomputed: readonly RecomputedColumn[];
  readonly columns: readonly MovedColumn[];
  /** `isPerformanceUsual` is null: it is not a matter of inputs. */
  readonly season: SeasonFacts | null;
  /** One sentence each. */
  readonly notMeasured: readonly string[];
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

function recomputedColumn(inputs: RecomputedInputs, { days }: WindowInputs): RecomputedColumn {
  const shares = inputs.rows.map((rows, day) => (rows === 0 ? 0 : inputs.differing[day]! / rows));
  const most = Math.max(0, ...shares);
  // A few rows that differ before it are no onset; it may have ended since.
  const span = most === 0 ? null : gainingDays(inputs.rows.map((rows, day) => rows * (shares[day]! - most / 2)));
  return {
    column: inputs.column,
    against: inputs.against,
    rows: sum(inputs.rows),
    differing: sum(inputs.differing),
    onset: span === null ? null : `${days[span.first]}T00:00:00.000Z`,
  };
}

/** @param moved against the reference */
function seasonFacts(
  measures: InputMeasures,
  moved: readonly MovedColumn[],
  options: MovedOptions,
): SeasonFacts | null {
  const { season, current } = measures;
  if (season === null) return null;
  const against = movedColumns(alignWindows(season, current, null), options);
  const isSame = (column: string): boolean => against.some((one) => one.column === column && one.isUnchanged);
  const changed = moved.filter(({ hasMoved }) => hasMoved);
  // What changed since last year and not since last month is no matter of this alarm.
  const names = new Set(changed.map(({ column }) => column));
  const questioned = names.size === 0 ? against : against.filter(({ column }) => names.has(column));
  const isAnyMoved = questioned.some(({ hasMoved }) => hasMoved);
  const isEverySeen =
    questioned.some(({ adjustedPValue }) => adjustedPValue !== null) && changed.every(({ column }) => isSame(column));
  return {
    window: season.window,
    isAlike: isAnyMoved ? false : isEverySeen ? true : null,
    explains: changed.filter(({ column }) => isSame(column)).map(({ column }) => column),
    isPerformanceUsual: null,
  };
}

function notMeasured({ current, reference, recomputed }: InputMeasures): string[] {
  const unread = current.columns.filter(({ isMeasured }) => !isMeasured).map(({ column }) => column);
  const calendar = current.columns.filter((column) => column.isMeasured && isCalendar(column));
  return [
    ...(reference === null
      ? ['There are no earlier rows: what is usual, and whether a column moved, is not known.']
      : []),
    ...unread.map((column) => `Column "${column}" could not be read: nothing of it was compared.`),
    ...calendar.map(
      ({ column }) => `"${column}" follows the calendar: that it differs from earlier weeks means nothing.`,
    ),
    ...recomputed
      .filter(({ isMeasured }) => !isMeasured)
      .map(({ column, against }) => `"${column}" was not compared with "${against}": one of the two cannot be read.`),
  ];
}

/** Errors of columns that only the champion reads stop nothing. */
const asWarnings = (checks: readonly QualityCheck[], lenient: ReadonlySet<string> | undefined): QualityCheck[] =>
  checks.map((check) =>
    check.column !== null && lenient?.has(check.column) && !check.passed
      ? { ...check, severity: 'warn', fault: null }
      : check,
  );

export function inputFacts(options: InputFactsOptions): InputFacts {
  const { spec, measures, profile, lenient } = options;
  const { current, reference } = measures;
  const compared = reference === null ? null : { current, reference };
  const maps = compared === null ? [] : findMaps(compared);
  const mapped = new Set(maps.map(({ column }) => column));
  const history =
    compared === null
      ? []
      : [
          ...checkRowHistory(compared, durationMs(spec.quality.maxStaleness)),
          ...checkRepeats(compared),
          ...checkColumnHistory(compared),
          ...checkCategoryHistory(compared, maps),
          ...checkStandIns(compared, mapped),
        ];
  const own = assessWindow({
    spec,
    facts: current.facts,
    reference: reference?.facts ?? null,
    ...(lenient === undefined ? {} : { lenient }),
  });
  const checks = [...windowChecks(own.checks, { measures, history, maps }), ...history];
  const moving = { rule: triageRuleOf(spec.triage).retest, permutations: options.permutations, rng: options.rng };
  const columns = reference === null ? [] : movedColumns(alignWindows(reference, current, profile), moving);
  return {
    checks: asWarnings(checks, lenient),
    maps,
    recomputed: measures.recomputed.filter(({ isMeasured }) => isMeasured).map((one) => recomputedColumn(one, current)),
    columns,
    season: seasonFacts(measures, columns, moving),
    notMeasured: notMeasured(measures),
  };
}
