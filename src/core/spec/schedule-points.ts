/**
 * The instants at which a schedule would have fired in a range of the past: cron lines in their time zone and intervals as
 * Temporal's Schedules count them (a test compares with the server), and whole months for a backfill.
 */
import { PipelineError } from '../errors.js';
import { iso } from '../instant.js';
import type { Instant } from '../types.js';
import { type CronSets, cronProblem, cronSets } from './cron.js';
import { DAY_MS, durationMs, isDuration } from './duration.js';
import type { PipelineSpec } from './schema.js';

export type PointRule =
  | { readonly kind: 'cron'; readonly line: string; readonly timeZone: string }
  /** Multiples of it counted from the anchor. */
  | { readonly kind: 'interval'; readonly everyMs: number; readonly anchor: Instant }
  /** The anchor's day and time in each so many-th month; a day that the month does not have is its last one. */
  | { readonly kind: 'months'; readonly months: number; readonly anchor: Instant };

interface Range {
  /** Half-open [from, to). */
  readonly from: Instant;
  readonly to: Instant;
  /** No more points than this are looked for. */
  readonly limit: number;
}

const EPOCH = '1970-01-01T00:00:00.000Z';
const MONTHS = /^P([1-9]\d{0,2})M$/;

/**
 * What a backfill steps by: what is asked for, counted from the start of the range, else what the spec's schedule says,
 * counted as its Schedule counts.
 * @throws SPEC_INVALID for an `every` that is none, or when neither says anything
 */
export function pointRule(
  spec: Pick<PipelineSpec, 'model' | 'schedule'>,
  asked: { every: string | null; from: Instant },
): PointRule {
  const { every, from } = asked;
  const { schedule } = spec;
  if (every !== null) {
    const months = MONTHS.exec(every)?.[1];
    if (months !== undefined) return { kind: 'months', months: Number(months), anchor: from };
    if (isDuration(every) && durationMs(every) >= 60_000) {
      return { kind: 'interval', everyMs: durationMs(every), anchor: from };
    }
    if (cronProblem(every) === null) return { kind: 'cron', line: every, timeZone: schedule?.timeZone ?? 'UTC' };
    throw new PipelineError(
      'SPEC_INVALID',
      `"${every}" is no step: write whole months (P1M), a duration of at least a minute (P7D) or a cron line ("0 6 1 * *").`,
    );
  }
  if (schedule?.cron !== undefined) return { kind: 'cron', line: schedule.cron, timeZone: schedule.timeZone };
  if (schedule?.every !== undefined) return { kind: 'interval', everyMs: durationMs(schedule.every), anchor: EPOCH };
  throw new PipelineError(
    'SPEC_INVALID',
    `The pipeline of ${spec.model} has no schedule to step by: say --every, e.g. P1M.`,
  );
}

/** In order, at most `limit`. */
export function schedulePoints(rule: PointRule, range: Range): Instant[] {
  const [fromMs, toMs] = [Date.parse(range.from), Date.parse(range.to)];
  const points: Instant[] = [];
  for (const ms of pointsFrom(rule, { fromMs, toMs })) {
    if (ms >= toMs || points.length >= range.limit) break;
    if (ms >= fromMs) points.push(iso(ms));
  }
  return points;
}

function pointsFrom(rule: PointRule, range: { fromMs: number; toMs: number }): Iterable<number> {
  if (rule.kind === 'cron') return cronPoints(cronSets(rule.line), { ...range, timeZone: rule.timeZone });
  return rule.kind === 'interval' ? intervalPoints(rule, range.fromMs) : monthPoints(rule);
}

function* intervalPoints({ everyMs, anchor }: { everyMs: number; anchor: Instant }, fromMs: number) {
  const anchorMs = Date.parse(anchor);
  for (let n = Math.ceil((fromMs - anchorMs) / everyMs); ; n++) yield anchorMs + n * everyMs;
}

function* monthPoints({ months, anchor }: { months: number; anchor: Instant }) {
  const at = new Date(anchor);
  const timeOfDayMs = at.getTime() % DAY_MS;
  for (let n = 0; ; n += months) {
    const lastDay = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + n + 1, 0)).getUTCDate();
    const day = Math.min(at.getUTCDate(), lastDay);
    const ms = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + n, day);
    yield ms + ((timeOfDayMs + DAY_MS) % DAY_MS);
  }
}

/** Milliseconds by which local time is ahead of UTC at an instant. */
function offsetIn(timeZone: string): (ms: number) => number {
  if (timeZone === 'UTC') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
    return local - Math.floor(ms / 1000) * 1000;
  };
}

/**
 * A local time that a change of the clocks jumps over is no instant. Of one that comes twice that one counts which Temporal's
 * server takes (Go's time.Date): first the offset that holds when it is that time in UTC, then the one that holds there.
 * On a day whose clocks go back the server may fire twice for one line; a backfill decides once.
 */
function toUtc(localMs: number, offsetAt: (ms: number) => number): number | null {
  const guess = localMs - offsetAt(localMs);
  const ms = localMs - offsetAt(guess);
  return ms + offsetAt(ms) === localMs ? ms : null;
}

function* cronPoints(sets: CronSets, range: { fromMs: number; toMs: number; timeZone: string }) {
  const offsetAt = offsetIn(range.timeZone);
  const firstDayMs = Math.floor(range.fromMs / DAY_MS - 1) * DAY_MS;
  for (let dayMs = firstDayMs; dayMs < range.toMs + DAY_MS; dayMs += DAY_MS) {
    const day = new Date(dayMs);
    const isWanted =
      sets.years.has(day.getUTCFullYear()) &&
      sets.months.has(day.getUTCMonth() + 1) &&
      sets.daysOfMonth.has(day.getUTCDate()) &&
      sets.daysOfWeek.has(day.getUTCDay());
    if (isWanted) yield* timesOf(sets, dayMs, offsetAt);
  }
}

function* timesOf(sets: CronSets, dayMs: number, offsetAt: (ms: number) => number) {
  for (const hour of sets.hours) {
    for (const minute of sets.minutes) {
      for (const second of sets.seconds) {
        const ms = toUtc(dayMs + ((hour * 60 + minute) * 60 + second) * 1000, offsetAt);
        if (ms !== null) yield ms;
      }
    }
  }
}
