/** Which days a look of the built-in monitor is about: whole UTC days, as days are the units of every test. */
import { iso } from '../instant.js';
import { DAY_MS, durationMs } from '../spec/duration.js';
import type { MonitorSpec } from '../spec/monitor-schema.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { Instant, Window } from '../types.js';

export interface MonitorPeriod {
  /** The UTC midnight at or before the look. */
  readonly end: Instant;
  /** Inputs, scores and estimates; null: the champion was trained through its end, or later. */
  readonly window: Window | null;
  /** The newest days whose labels are mature; null where none are, or the champion was trained on them. */
  readonly mature: Window | null;
}

interface Look {
  readonly monitor: MonitorSpec;
  readonly labelDelay: string;
  /** The instant that the look is about. */
  readonly at: Instant;
  /** The instant whose knowledge is used. */
  readonly asOf: Instant;
  /** Of the champion. */
  readonly trainedThrough: Instant;
}

export const labelDelayOf = (spec: PipelineSpec): string => spec.monitor?.labelDelay ?? spec.labels.delay;

export const periodEnd = (at: Instant): Instant => iso(Math.floor(Date.parse(at) / DAY_MS) * DAY_MS);

/** Days that the champion learnt from tell nothing about how it does: both windows begin after them. */
export function monitorPeriod({ monitor, labelDelay, at, asOf, trainedThrough }: Look): MonitorPeriod {
  const end = periodEnd(at);
  const endMs = Date.parse(end);
  const spanMs = durationMs(monitor.window);
  const unseenMs = Math.ceil(Date.parse(trainedThrough) / DAY_MS) * DAY_MS;
  const windowTo = (toMs: number): Window | null => {
    const fromMs = Math.max(toMs - spanMs, unseenMs);
    return fromMs < toMs ? { start: iso(fromMs), end: iso(toMs) } : null;
  };
  const matureMs = Math.floor((Date.parse(asOf) - durationMs(labelDelay)) / DAY_MS) * DAY_MS;
  return { end, window: windowTo(endMs), mature: windowTo(Math.min(endMs, matureMs)) };
}
