/**
 * From the window rule of a spec and the instant of the decision to the exact windows of a run: training, its validation
 * tail, and the holdout that is later than both by the embargo. Everything is UTC and half-open.
 */
import { PipelineError } from '../errors.js';
import { iso } from '../instant.js';
import type { Instant, Window } from '../types.js';
import { DAY_MS, durationMs } from './duration.js';
import type { PipelineSpec } from './schema.js';

export interface ResolvedWindows {
  readonly training: Window;
  readonly holdout: Window;
  /** Training rows from here on are the validation tail: early stopping watches them, nothing is fitted on them. */
  readonly validationStart: Instant;
  /** Parts of the training window left out, clipped to it, oldest first. */
  readonly excluding: readonly Window[];
  /** Keep at most the newest N rows. */
  readonly last: number | null;
}

function holdoutOf(spec: PipelineSpec, nowMs: number): { startMs: number; endMs: number } {
  if (spec.holdout.span === 'last-month') {
    const now = new Date(nowMs);
    return {
      startMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1),
      endMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1),
    };
  }
  const endMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { startMs: endMs - durationMs(spec.holdout.span), endMs };
}

function clip(windows: readonly Window[], startMs: number, endMs: number): Window[] {
  return windows
    .map((w) => ({ start: Math.max(Date.parse(w.start), startMs), end: Math.min(Date.parse(w.end), endMs) }))
    .filter((w) => w.start < w.end)
    .sort((a, b) => a.start - b.start)
    .map((w) => ({ start: iso(w.start), end: iso(w.end) }));
}

/** Milliseconds of the window that no exclusion covers. */
function uncoveredMs(startMs: number, endMs: number, excluding: readonly Window[]): number {
  let left = 0;
  let from = startMs;
  for (const w of excluding) {
    left += Math.max(0, Date.parse(w.start) - from);
    from = Math.max(from, Date.parse(w.end));
  }
  return left + Math.max(0, endMs - from);
}

function withTrainingEnd(spec: PipelineSpec, startMs: number, endMs: number, holdout: Window): ResolvedWindows {
  const tailMs = durationMs(spec.trainer.validationTail);
  const span = `[${iso(startMs)}, ${iso(Math.max(startMs, endMs))})`;
  const validationMs = endMs - tailMs;
  const excluding = startMs < endMs ? clip(spec.window.excluding, startMs, endMs) : [];
  const isEmpty = validationMs <= startMs || uncoveredMs(startMs, validationMs, excluding) <= 0;
  if (isEmpty || uncoveredMs(validationMs, endMs, excluding) <= 0) {
    throw new PipelineError(
      'DATA_WINDOW_EMPTY',
      `Nothing is left to train on: the training window would run from ${iso(startMs)} to ${iso(endMs)}, of which the ` +
        `validation tail takes the newest ${spec.trainer.validationTail}` +
        `${excluding.length > 0 ? ` and ${excluding.length} excluded window(s) take more` : ''}. The holdout is ` +
        `[${holdout.start}, ${holdout.end}). Start the window earlier, shorten trainer.validationTail, or decide later.`,
      { details: { training: span, holdout, validationTail: spec.trainer.validationTail } },
    );
  }
  return {
    training: { start: iso(startMs), end: iso(endMs) },
    holdout,
    validationStart: iso(validationMs),
    excluding,
    last: spec.window.last ?? null,
  };
}

/**
 * `last-month` is the whole calendar month before the month of `now`; a span ends at the UTC midnight that opens the day
 * of `now`. Training ends one embargo before the holdout starts.
 * Example: now 2001-04-01T06:00Z, last-month, embargo P1D, sliding P31D -> holdout [03-01, 04-01), training [01-28, 02-28).
 * @throws DATA_WINDOW_EMPTY when no training row could lie before the validation tail, or none in it
 * @throws SPEC_INVALID when `now` is no instant
 */
export function resolveWindows(spec: PipelineSpec, now: Instant): ResolvedWindows {
  const nowMs = Date.parse(now);
  if (Number.isNaN(nowMs)) {
    throw new PipelineError('SPEC_INVALID', `"${now}" is no instant; write ISO 8601 such as 2001-04-01T00:00:00Z.`);
  }
  const { startMs, endMs } = holdoutOf(spec, nowMs);
  const trainingEndMs = startMs - durationMs(spec.holdout.embargo);
  const { sliding, expanding } = spec.window;
  const trainingStartMs =
    expanding !== undefined ? Date.parse(expanding) : trainingEndMs - durationMs(sliding ?? 'P0D');
  return withTrainingEnd(spec, trainingStartMs, trainingEndMs, { start: iso(startMs), end: iso(endMs) });
}

/**
 * The label wait's outcome `shrink`: the training end moves back to `newEnd`, its start stays, and the holdout never moves.
 * A later `newEnd` than the present end changes nothing.
 * @throws DATA_WINDOW_EMPTY when nothing would be left
 */
export function shrinkTraining(windows: ResolvedWindows, spec: PipelineSpec, newEnd: Instant): ResolvedWindows {
  const endMs = Math.min(Date.parse(newEnd), Date.parse(windows.training.end));
  return withTrainingEnd(spec, Date.parse(windows.training.start), endMs, windows.holdout);
}
