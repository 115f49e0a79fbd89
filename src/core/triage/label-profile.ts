/**
 * Whether labels are made by another rule than before, told from the profile within days. A day lifts and lowers all its hours in a
 * way that the days before teach; a rule that counts other rows as positive (30 minutes late instead of 15) changes how hours stand to
 * their day, however calm or stormy the days are. On real flights the day-to-day level alone cannot tell the two apart: fortnights
 * fall by as much by themselves.
 */
import { levelResiduals } from '../stats/level-residuals.js';
import { type LabelDays, LEAST_A_DAY, logOdds, pickDays, placesWhere, sumDays } from './label-days.js';

const GROUPS = 5;
const LEAST_BEFORE = 14;
const LEAST_AFTER = 5;
/** Earlier days are cut into so many runs: how far one lies from the others is what is usual. */
const RUNS = 4;

/** Root mean square shift of the groups, in log-odds, from which on it counts; unchanged weeks and months of flights stay below. */
const LEAST_EFFECT = 0.2;
/** Mean of the groups' squared t. */
const LEAST_EVIDENCE = 3;
const LEAST_LEVEL = 0.1;
/** Share of rows in groups that moved the way of the whole, and correlation of the groups' shares before and after: a rule keeps
 * the order of the hours, a world that turned round does not. */
const LEAST_SAME_WAY = 0.7;
const LEAST_ORDER = 0.5;

export interface ProfileBreak {
  /** Place of the first day under the new rule. */
  readonly at: number;
  readonly effect: number;
  /** The largest effect among runs of the earlier days. */
  readonly usual: number;
  readonly evidence: number;
}

interface Profile {
  readonly level: Float64Array;
  /** By group, log-odds a day. */
  readonly groups: readonly Float64Array[];
  readonly weights: readonly number[];
}

interface Contrast {
  readonly effect: number;
  readonly evidence: number;
}

function contrast(profile: Profile, before: readonly number[], after: readonly number[]): Contrast | null {
  const take = (values: Float64Array, places: readonly number[]): Float64Array =>
    Float64Array.from(places, (at) => values[at]!);
  let [squares, evidence] = [0, 0];
  for (const [group, values] of profile.groups.entries()) {
    const found = levelResiduals(
      { part: take(values, before), level: take(profile.level, before) },
      { part: take(values, after), level: take(profile.level, after) },
    );
    if (found === null || !(found.standardError > 0)) return null;
    const weight = profile.weights[group]!;
    // The error's share is taken off: few rows must not look like a change.
    squares += weight * (found.shift ** 2 - found.standardError ** 2);
    evidence += weight * (found.shift / found.standardError) ** 2;
  }
  return { effect: Math.sqrt(Math.max(0, squares)), evidence };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

function usualEffect(profile: Profile, before: readonly number[]): number {
  const runs = range(0, RUNS).map((run) => before.filter((_, at) => Math.floor((at * RUNS) / before.length) === run));
  const effects = runs.map((run) => {
    const rest = before.filter((at) => !run.includes(at));
    return contrast(profile, rest, run)?.effect ?? Number.POSITIVE_INFINITY;
  });
  return Math.max(...effects);
}

const meanAt = (values: Float64Array, places: readonly number[]): number =>
  places.reduce((sum, at) => sum + values[at]!, 0) / places.length;

function correlation(first: readonly number[], second: readonly number[]): number {
  const center = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [a, b] = [center(first), center(second)];
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** All groups about the same way as the whole, and in the order that they had. */
function isOneRule(profile: Profile, before: readonly number[], after: readonly number[]): boolean {
  const level = meanAt(profile.level, after) - meanAt(profile.level, before);
  if (!(Math.abs(level) >= LEAST_LEVEL)) return false;
  const old = profile.groups.map((values) => meanAt(values, before));
  const now = profile.groups.map((values) => meanAt(values, after));
  const sameWay = now.reduce(
    (sum, value, group) => sum + (Math.sign(value - old[group]!) === Math.sign(level) ? profile.weights[group]! : 0),
    0,
  );
  return sameWay >= LEAST_SAME_WAY && correlation(old, now) >= LEAST_ORDER;
}

/** Slices of about equal size, from those with the lowest share of positives to those with the highest. */
function makeGroups(all: LabelDays, slices: readonly LabelDays[]): LabelDays[] {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const earlier = range(0, all.reference);
  const shareOf = (days: LabelDays): number => {
    const known = pickDays(days, earlier);
    return sum(known.positives) / sum(known.labelled);
  };
  const ranked = slices
    .map((days) => ({ days, share: shareOf(days), rows: sum(days.labelled) }))
    .filter(({ share }) => Number.isFinite(share))
    .sort((a, b) => a.share - b.share);
  const rows = ranked.reduce((total, one) => total + one.rows, 0);
  const groups: LabelDays[][] = range(0, GROUPS).map(() => []);
  let below = 0;
  for (const { days, rows: own } of ranked) {
    groups[Math.min(GROUPS - 1, Math.floor(((below + own / 2) / rows) * GROUPS))]!.push(days);
    below += own;
  }
  return groups.filter((group) => group.length > 0).map(sumDays);
}

/**
 * Looks at every day of the later window, with enough days on both sides, as the first one under another rule.
 * @param all of all rows; @param slices the same days by part of the day; null: too little to tell
 */
export function profileBreak(all: LabelDays, slices: readonly LabelDays[]): ProfileBreak | 'none' | null {
  if (slices.length < GROUPS) return null;
  const whole = makeGroups(all, slices);
  const used = placesWhere(all, (at) => whole.every((group) => group.labelled[at]! >= LEAST_A_DAY));
  const days = pickDays(all, used);
  const groups = whole.map((group) => pickDays(group, used));
  if (groups.length < 3 || days.reference < LEAST_BEFORE || days.day.length - days.reference < LEAST_AFTER) return null;
  const rowsOf = groups.map((group) => group.labelled.reduce((sum, rows) => sum + rows, 0));
  const rows = rowsOf.reduce((sum, own) => sum + own, 0);
  const profile = { level: logOdds(days), groups: groups.map(logOdds), weights: rowsOf.map((own) => own / rows) };
  let best: (Contrast & { at: number }) | null = null;
  for (let at = days.reference; at <= days.day.length - LEAST_AFTER; at += 1) {
    const found = contrast(profile, range(0, at), range(at, days.day.length));
    if (found !== null && (best === null || found.evidence > best.evidence)) best = { ...found, at };
  }
  if (best === null) return null;
  const [before, after] = [range(0, best.at), range(best.at, days.day.length)];
  const usual = usualEffect(profile, before);
  const isBroken =
    best.effect >= LEAST_EFFECT &&
    best.effect >= usual &&
    best.evidence >= LEAST_EVIDENCE &&
    isOneRule(profile, before, after);
  return isBroken ? { at: used[best.at]!, effect: best.effect, usual, evidence: best.evidence } : 'none';
}
