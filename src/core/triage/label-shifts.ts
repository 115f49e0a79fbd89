/**
 * How the share of positive labels differs from the reference: over all rows, and by value of each column beyond what the day did to
 * the rest of its rows. Days are the units; Holm's correction runs over every slice that was looked at. Only labels of mature rows
 * count: in younger ones the class that is known sooner would pass for a shift.
 */
import { holm } from '../stats/holm.js';
import { type LevelResiduals, levelResiduals } from '../stats/level-residuals.js';
import { differenceInterval, differenceOf, shareByDays } from '../stats/share-by-days.js';
import { studentTCdf } from '../stats/student-t.js';
import type { Instant } from '../types.js';
import { hasChanged } from './fact-words.js';
import type { LabelShift } from './facts.js';
import {
  countingVariance,
  joinDays,
  type LabelDays,
  LEAST_A_DAY,
  logOdds,
  pickDays,
  placesWhere,
  withoutPart,
} from './label-days.js';
import { exchangedSince, isInvertedSince, type Jump, jumpIn, LEAST_AFTER, LEAST_BEFORE } from './label-jump.js';
import type { LabelMeasures, LabelSlice, WindowLabels } from './label-measures.js';
import { profileBreak } from './label-profile.js';

const CONFIDENCE = 0.95;
/** A version may be announced on any day, and days resemble their neighbours. */
const CONFIDENCE_ANNOUNCED = 0.99;
const ALPHA = 0.05;
/** A slice's jump has to stand at this level over all slices. */
const JUMP_ALPHA = 0.01;
/** Jumps that count, in log-odds: of all rows (.2 falls to .156 or rises to .252), of a slice, which has a life of its own. */
const LEAST_GAP = { overall: 0.3, slice: 1 };
/** Slices that are told; beyond them a list says no more. */
const MOST_TOLD = 10;
/** Rows of the rest of the day against those of the slice: a slice that is nearly all rows has nothing to be compared with. */
const LEAST_REST = 0.2;

interface Told {
  readonly where: string;
  readonly column: string | null;
  /** Place of the first day of what is called after. */
  readonly at: number;
  readonly isInverted: boolean;
  readonly isAbrupt: boolean;
}

/** Null where a side has fewer than two days. */
function shiftOf(days: LabelDays, told: Told, confidence = CONFIDENCE): LabelShift | null {
  const { at, ...rest } = told;
  const before = pickDays(
    days,
    placesWhere(days, (day) => day < at),
  );
  const after = pickDays(
    days,
    placesWhere(days, (day) => day >= at),
  );
  const [was, is] = [shareByDays(before.labelled, before.positives), shareByDays(after.labelled, after.positives)];
  if (was === null || is === null) return null;
  return {
    ...rest,
    before: was.value,
    after: is.value,
    rows: after.labelled.reduce((sum, rows) => sum + rows, 0),
    interval: differenceInterval(differenceOf(was, is), confidence),
    onset: told.isAbrupt || told.isInverted ? days.day[at]! : null,
  };
}

interface Windows {
  readonly reference: WindowLabels;
  readonly current: WindowLabels;
}

const allDays = (windows: Windows): LabelDays =>
  joinDays(windows, { reference: windows.reference.matureDays, current: windows.current.matureDays });

function sliceDays(windows: Windows, slice: LabelSlice): LabelDays | null {
  return slice.reference === null ? null : joinDays(windows, { reference: slice.reference, current: slice.current });
}

/** Values of a column that come back every day, as hours do. */
function partsOfDay(windows: Windows, slices: readonly LabelSlice[]): LabelDays[] {
  const parts = slices.filter(({ kind }) => kind === 'part');
  const columns = [...new Set(parts.map(({ column }) => column))];
  const all = allDays(windows);
  const candidates = columns.map((column) =>
    parts.flatMap((slice) => {
      if (slice.column !== column) return [];
      const days = sliceDays(windows, slice);
      const there = days === null ? 0 : days.labelled.filter((rows) => rows > 0).length;
      return days !== null && there >= all.day.length / 2 ? [days] : [];
    }),
  );
  return candidates.find((own) => own.length >= 5) ?? [];
}

const OVERALL = { where: 'overall', column: null, isInverted: false, isAbrupt: false } as const;

/** A jump that the days' own ups and downs could have made is none. */
function jumpOverall(days: LabelDays): Jump | null {
  const options = { reference: days.reference, counting: countingVariance(days), leastGap: LEAST_GAP.overall };
  const jump = jumpIn(logOdds(days), options);
  if (jump?.isAbrupt !== true) return jump;
  const shift = shiftOf(days, { ...OVERALL, at: jump.at });
  return { ...jump, isAbrupt: shift !== null && hasChanged(shift) };
}

const daysToCount = (all: LabelDays): number[] => placesWhere(all, (at) => all.labelled[at]! >= LEAST_A_DAY);

/** Over all rows, before an instant and from the next midnight on; null with too few days on a side. */
export function shiftSince({ reference, current }: LabelMeasures, instant: Instant): LabelShift | null {
  if (reference === null) return null;
  const all = allDays({ reference, current });
  const days = pickDays(all, daysToCount(all));
  const at = days.day.findIndex((day) => Date.parse(day) >= Date.parse(instant));
  if (at < LEAST_BEFORE || days.day.length - at < LEAST_AFTER) return null;
  return shiftOf(days, { ...OVERALL, at }, CONFIDENCE_ANNOUNCED);
}

function overall(windows: Windows, slices: readonly LabelSlice[]): LabelShift | null {
  const all = allDays(windows);
  const used = daysToCount(all);
  const days = pickDays(all, used);
  if (days.reference < 2 || days.day.length - days.reference < 2) return null;
  const jump = jumpOverall(days);
  const found = profileBreak(all, partsOfDay(windows, slices));
  const broken = found === null || found === 'none' ? null : used.findIndex((at) => at >= found.at);
  const at = jump?.isAbrupt === true ? jump.at : (broken ?? days.reference);
  const isInverted = [days.reference, jump?.at ?? days.reference].some((place) => isInvertedSince(days, place));
  const isAbrupt = jump?.isAbrupt === true || broken !== null;
  return shiftOf(days, {
    where: 'overall',
    column: null,
    at: isInverted && !isAbrupt ? (jump?.at ?? at) : at,
    isInverted,
    isAbrupt,
  });
}

interface Looked {
  readonly slice: LabelSlice;
  readonly days: LabelDays;
  readonly part: Float64Array;
  readonly level: Float64Array;
  readonly residuals: LevelResiduals;
}

/** What the slice does beyond the rest of its day, from one place on against before. */
const residualsAt = ({ part, level }: Pick<Looked, 'part' | 'level'>, at: number): LevelResiduals | null =>
  levelResiduals(
    { part: part.subarray(0, at), level: level.subarray(0, at) },
    { part: part.subarray(at), level: level.subarray(at) },
  );

function look(windows: Windows, all: LabelDays, slice: LabelSlice): Looked[] {
  const whole = sliceDays(windows, slice);
  if (whole === null) return [];
  const others = withoutPart(all, whole);
  const isUsed = (at: number): boolean =>
    whole.labelled[at]! >= LEAST_A_DAY &&
    others.labelled[at]! >= Math.max(LEAST_A_DAY, LEAST_REST * whole.labelled[at]!);
  const used = placesWhere(whole, isUsed);
  const [days, rest] = [pickDays(whole, used), pickDays(others, used)];
  if (days.reference < LEAST_BEFORE || days.day.length - days.reference < LEAST_AFTER) return [];
  const series = { part: logOdds(days), level: logOdds(rest) };
  const residuals = residualsAt(series, days.reference);
  return residuals === null ? [] : [{ slice, days, ...series, residuals }];
}

interface Judged {
  readonly shift: LabelShift;
  /** After Holm's correction. */
  readonly pValue: number;
}

/** Rows a day of the rarer class below which log-odds of days leap by themselves. */
const LEAST_OF_CLASS = 3;

function hasBothClasses({ day, labelled, positives }: LabelDays): boolean {
  const rarer = positives.reduce((sum, own, at) => sum + Math.min(own, labelled[at]! - own), 0);
  return rarer >= LEAST_OF_CLASS * day.length;
}

/** Log-odds beyond those of earlier days as far as which a part is known to follow its day. */
const BEYOND_DAYS = 0.5;

/** Where the rest of the rows is somewhere that it never was, the whole changed: how a part would stand to it nobody knows. */
function isKnownGround({ level, days }: Looked): boolean {
  const [before, after] = [level.subarray(0, days.reference), level.subarray(days.reference)];
  const now = after.reduce((sum, value) => sum + value, 0) / after.length;
  return now >= Math.min(...before) - BEYOND_DAYS && now <= Math.max(...before) + BEYOND_DAYS;
}

/** Each side with its own scatter, on the fewer days: what a few wild days do is no jump. */
function jumpPValue({ shift, standardError, after }: LevelResiduals): number {
  return standardError > 0 ? Math.min(1, 2 * studentTCdf(-Math.abs(shift) / standardError, after.length - 1)) : 0;
}

/** One class is all but gone. */
const GONE = 0.1;
const hasVanished = ({ before, after }: LabelShift): boolean =>
  after < GONE * before || 1 - after < GONE * (1 - before);

/**
 * What a slice did in the reference tells what it does in as many days. In longer windows its holidays begin and end, and move its
 * share at once by themselves: there only a class that is all but gone counts.
 */
function isBeyondItsLife(days: LabelDays, told: Told): boolean {
  if (days.day.length - days.reference <= days.reference) return true;
  const shift = shiftOf(days, told);
  return shift !== null && hasVanished(shift);
}

function judge(one: Looked, pValue: number, slices: number): Judged[] {
  const { slice, days, residuals, part } = one;
  const { reference } = days;
  const values = Float64Array.from([...residuals.before, ...residuals.after]);
  const jump = jumpIn(values, { reference, counting: countingVariance(days), leastGap: LEAST_GAP.slice });
  const since = jump === null ? null : residualsAt(one, jump.at);
  const isClear = since !== null && jumpPValue(since) * slices <= JUMP_ALPHA;
  const isKnown = isKnownGround(one);
  const where = `${slice.column} = ${slice.value}`;
  const isJump = isKnown && jump?.isAbrupt === true && isClear && hasBothClasses(days);
  const isAbrupt = isJump && isBeyondItsLife(days, { ...OVERALL, where, column: slice.column, at: jump.at });
  const later = { part: part.subarray(reference), left: residuals.after, leftBefore: residuals.before };
  const exchanged = isKnown ? exchangedSince(later) : null;
  const isInverted = exchanged !== null;
  if (!(pValue <= ALPHA) && !isAbrupt && !isInverted) return [];
  const at = exchanged === null ? (isAbrupt ? jump.at : reference) : reference + exchanged;
  const shift = shiftOf(days, { where, column: slice.column, isInverted, isAbrupt, at });
  return shift === null ? [] : [{ shift, pValue }];
}

const rank = ({ isInverted, isAbrupt }: LabelShift): number => (isInverted ? 0 : isAbrupt ? 1 : 2);

/** The first of those that rose and of those that fell: whether a column moved one way must show in what is told. */
function mostTold(shifts: readonly LabelShift[]): LabelShift[] {
  const first = (isUp: boolean): LabelShift[] =>
    shifts.filter(({ before, after }) => after > before === isUp).slice(0, MOST_TOLD / 2);
  const both = new Set([...first(true), ...first(false)]);
  const rest = shifts.filter((shift) => !both.has(shift)).slice(0, MOST_TOLD - both.size);
  return shifts.filter((shift) => both.has(shift) || rest.includes(shift));
}

/** Overall first, where it could be compared; then the slices that changed beyond chance, faults before drift. */
export function labelShifts(measures: LabelMeasures): LabelShift[] {
  const { reference, current, slices } = measures;
  if (reference === null) return [];
  const windows = { reference, current };
  const first = overall(windows, slices);
  if (first === null) return [];
  const all = allDays(windows);
  const looked = slices.flatMap((slice) => look(windows, all, slice));
  const adjusted = holm(looked.map(({ residuals }) => residuals.pValue));
  const told = looked.flatMap((one, at) => judge(one, adjusted[at]!, looked.length));
  told.sort((a, b) => rank(a.shift) - rank(b.shift) || a.pValue - b.pValue);
  return [first, ...mostTold(told.map(({ shift }) => shift))];
}
