/** What is compared in a replay: a trigger policy with its schedule, from a pipeline or as a yardstick. */
import { iso } from '../../instant.js';
import { DAY_MS, durationMs } from '../../spec/duration.js';
import { pointRule, schedulePoints } from '../../spec/schedule-points.js';
import type { PipelineSpec } from '../../spec/schema.js';
import { type TriggerPolicy, triggers } from '../../spec/trigger-schema.js';
import type { RecordedIncident } from './recorded.js';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Contender {
  readonly name: string;
  readonly policy: TriggerPolicy;
  readonly ticksMs: readonly number[];
  /** False: no claim reaches it. */
  readonly hearsClaims: boolean;
  /** From the end of a day to the notice that its labels are in. */
  readonly labelDelayMs: number;
  /** That it knows of; a yardstick knows of none. */
  readonly incidents: readonly RecordedIncident[];
}

function weekly({ fromMs, toMs }: Span): number[] {
  const times: number[] = [];
  for (let ms = fromMs + 7 * DAY_MS; ms < toMs; ms += 7 * DAY_MS) times.push(ms);
  return times;
}

function monthly({ fromMs, toMs }: Span): number[] {
  const start = new Date(fromMs);
  const times: number[] = [];
  for (let month = start.getUTCMonth() + 1; ; month += 1) {
    const ms = Date.UTC(start.getUTCFullYear(), month, 1);
    if (ms >= toMs) return times;
    times.push(ms);
  }
}

const plain = (name: string, ticksMs: readonly number[]): Contender => ({
  name,
  policy: triggers.parse({}),
  ticksMs,
  hearsClaims: false,
  labelDelayMs: 0,
  incidents: [],
});

/** Always beside the policies asked about: what needs no thought at all. */
export function yardsticks(span: Span): Contender[] {
  const eager = triggers.parse({ debounce: { quiet: 'PT0S', maxWait: 'PT0S' }, coolDown: 'PT0S' });
  return [
    plain('never', []),
    plain('weekly', weekly(span)),
    plain('monthly', monthly(span)),
    { ...plain('each drift alarm', []), policy: eager, hearsClaims: true },
  ];
}

/** When the pipeline's Schedule would have ticked. */
export function scheduleTicks(spec: Pick<PipelineSpec, 'model' | 'schedule'>, { fromMs, toMs }: Span): number[] {
  if (spec.schedule === undefined || spec.schedule.paused) return [];
  const range = { from: iso(fromMs), to: iso(toMs) };
  const rule = pointRule(spec, { every: null, from: range.from });
  return schedulePoints(rule, { ...range, limit: Number.POSITIVE_INFINITY }).map((at) => Date.parse(at));
}

export function contenderOf(spec: PipelineSpec, name: string, span: Span): Contender {
  return {
    name,
    policy: spec.triggers,
    ticksMs: scheduleTicks(spec, span),
    hearsClaims: true,
    labelDelayMs: durationMs(spec.labels.delay),
    incidents: [],
  };
}
