/** From what is asked to the decision instants of a backfill, or what is wrong with it. Pure: `now` is an argument. */
import { PipelineError } from '../errors.js';
import { durationMs } from '../spec/duration.js';
import { type PointRule, pointRule, schedulePoints } from '../spec/schedule-points.js';
import { MODEL_ID, type PipelineSpec } from '../spec/schema.js';
import type { Instant } from '../types.js';
import type { LabelTimes } from './label-clock.js';
import type { BackfillRequest } from './types.js';

/** More windows than this are a mistake, or several backfills. */
const MOST_WINDOWS = 1_000;
/** As many instants as fit well into one payload. */
const PAGE = 100;

export interface BackfillPage {
  readonly rule: PointRule;
  readonly total: number;
  /** The next ones, oldest first; none when all are done. */
  readonly instants: readonly Instant[];
  readonly labels: LabelTimes;
}

const refuse = (text: string): PipelineError => new PipelineError('SIGNAL_INVALID', text);

function checkRange({ name, from, to }: Pick<BackfillRequest, 'name' | 'from' | 'to'>): void {
  if (!MODEL_ID.test(name)) {
    throw refuse(`"${name}" is no name for a backfill: lower-case letters, digits and dashes, at most 63.`);
  }
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) throw refuse('A backfill needs two instants, from and to.');
  if (!(fromMs < toMs)) throw refuse(`A backfill from ${from} to ${to} has no time in between.`);
}

/**
 * @param wanted.rule of an execution before this one: what it stepped by stays, whatever was applied since
 * @param wanted.done windows that are over already
 * @throws SIGNAL_INVALID for a range without a point, with too many, or one whose labels are not complete by `now`;
 *   SPEC_INVALID without anything to step by
 */
export function planBackfill(
  spec: PipelineSpec,
  wanted: Pick<BackfillRequest, 'name' | 'from' | 'to' | 'every'> & {
    readonly rule: PointRule | null;
    readonly done: number;
  },
  now: Instant,
): BackfillPage {
  const { from, to, every, done } = wanted;
  checkRange(wanted);
  const rule = wanted.rule ?? pointRule(spec, { every, from });
  const instants = schedulePoints(rule, { from, to, limit: MOST_WINDOWS + 1 });
  const last = instants.at(-1);
  if (last === undefined) throw refuse(`No tick lies from ${from} to before ${to}: widen the range, or say --every.`);
  if (instants.length > MOST_WINDOWS) {
    throw refuse(`More than ${MOST_WINDOWS} ticks lie from ${from} to ${to}: shorten the range or step wider.`);
  }
  const delayMs = durationMs(spec.labels.delay);
  // Else the replayed clock of a run would run ahead of what anybody knows.
  if (Date.parse(last) + delayMs > Date.parse(now)) {
    throw refuse(
      `The labels of the tick at ${last} are complete ${spec.labels.delay} later, which is yet to come: end the range earlier.`,
    );
  }
  return {
    rule,
    total: instants.length,
    instants: instants.slice(done, done + PAGE),
    labels: { delayMs, deadlineMs: durationMs(spec.labels.deadline) },
  };
}
