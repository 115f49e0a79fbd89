/**
 * `measurePeriod`: one look of the built-in monitor. Figures first, then the claim that they make, then what became of the look:
 * dying on any line loses nothing, since an attempt that finds the figures goes on from them, and doubles nothing, since the
 * ledger knows a claim by its period and champion.
 */

import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { PipelineError } from '../core/errors.js';
import { shortInstant } from '../core/instant.js';
import type { MonitorBaseline } from '../core/monitor/baseline.js';
import { type FeedFacts, feedPoints, schemaPoint } from '../core/monitor/feed-points.js';
import type { MonitorLook, MonitorRequest } from '../core/monitor/look.js';
import type { MonitorPoint } from '../core/monitor/monitor-point.js';
import { labelDelayOf, type MonitorPeriod, monitorPeriod, periodEnd } from '../core/monitor/period.js';
import { periodClaim } from '../core/monitor/period-claim.js';
import { type MonitorSpec, monitor as monitorSchema } from '../core/spec/monitor-schema.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant, RunClock, Window } from '../core/types.js';
import { baselineOf, type Champion } from './monitor-baseline.js';
import type { MonitorDeps } from './monitor-deps.js';
import type { ObservedWindow } from './observed-source.js';
import { withScratch } from './scratch.js';

type PeriodRequest = MonitorRequest & { readonly at: Instant };

interface Looked {
  readonly champion: Champion;
  readonly spec: PipelineSpec;
  readonly monitor: MonitorSpec;
  readonly period: MonitorPeriod & { readonly window: Window };
  readonly asOf: Instant;
}

const within = (days: ObservedWindow['perDay'], window: Window | null) =>
  window === null
    ? []
    : days.filter(({ day }) => {
        const at = Date.parse(day);
        return at >= Date.parse(window.start) && at < Date.parse(window.end);
      });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function feedFacts(looked: Looked, observed: ObservedWindow, baseline: MonitorBaseline): FeedFacts {
  const { spec, period } = looked;
  const inWindow = within(observed.perDay, period.window);
  const mature = within(observed.perDay, period.mature);
  const shareBefore = new Map(baseline.columns.map(({ name, nullShare }) => [name, nullShare]));
  return {
    window: period.window,
    mature: period.mature,
    rows: sum(inWindow.map(({ rows }) => rows)),
    days: inWindow.length,
    ofMature: {
      rows: sum(mature.map(({ rows }) => rows)),
      labelled: sum(mature.map(({ labelled }) => labelled)),
      days: mature.length,
    },
    nulls: observed.nulls.map((one) => ({ ...one, before: shareBefore.get(one.name) ?? 0 })),
    training: baseline.training,
    quality: spec.quality,
    coverage: spec.labels.coverage.overall,
  };
}

/** A column that is gone is what a monitor is for, no failure of its look. @throws every other error */
function schemaProblem(error: unknown): PipelineError {
  if (error instanceof PipelineError && error.code === 'DATA_SCHEMA_VIOLATION') return error;
  throw error;
}

/** Of a source without a row in the window: that it has none. */
async function measure(deps: MonitorDeps, looked: Looked, signal: AbortSignal): Promise<MonitorPoint[]> {
  const { champion, spec, monitor, period, asOf } = looked;
  const baseline = await baselineOf(deps, champion, signal);
  // The champion's features and its share of the rows, out of the present source: what it is asked, and as many a day as its training
  // rows were, whatever the pipeline became meanwhile.
  const { sample: _, ...present } = spec;
  const { features, sample } = champion.spec;
  const watched = { ...present, features, slices: [], ...(sample === undefined ? {} : { sample }) };
  const from = [period.window.start, period.mature?.start ?? period.window.start].sort()[0]!;
  return withScratch(deps.scratchDir, async (dir) => {
    const request = { window: period.window, from, asOf, maxRows: monitor.maxRows, path: join(dir, 'rows.columns') };
    const observed = await deps.dataset.observe(watched, request, { signal }).catch(schemaProblem);
    if (observed instanceof PipelineError) {
      const { column } = observed.details as { column?: unknown };
      return [
        schemaPoint(period.window, { text: observed.message, column: typeof column === 'string' ? column : null }),
      ];
    }
    const feed = feedFacts(looked, observed, baseline);
    if (observed.columns === null || feed.rows === 0) return feedPoints(feed);
    const { path } = observed.columns;
    const { trainer } = champion.spec;
    const job = { columnsPath: path, artifacts: [champion.row.artifact], workDir: dir, trainer };
    const { scores } = await deps.trainer.predict(job, { signal });
    const { window, mature } = period;
    const { metric } = spec;
    const seed = champion.row.version;
    const input = { baseline, scores: scores[0]!, window, mature, feed, monitor, metric, seed };
    return deps.measureOffLoop({ columnsPath: path, input }, signal);
  });
}

async function raise(deps: MonitorDeps, looked: Looked, by: { points: readonly MonitorPoint[]; clock: RunClock }) {
  const { champion, period } = looked;
  const arrival = periodClaim({
    modelId: champion.modelId,
    periodEnd: period.end,
    championVersion: champion.row.version,
    clock: by.clock,
    receivedAt: deps.now(),
    points: by.points,
  });
  if (arrival === null) return null;
  const [taken] = await deps.registry.acceptArrivals([arrival]);
  if (taken === undefined || 'refused' in taken) throw taken?.refused ?? new Error('The ledger gave no answer.');
  return taken.triggerId;
}

async function look(
  deps: MonitorDeps,
  request: PeriodRequest,
  signal: AbortSignal,
): Promise<MonitorLook & { asOf: Instant }> {
  const { modelId, at, clock } = request;
  const asOf = clock.mode === 'replay' ? clock.now : deps.now();
  const spec = await deps.registry.currentSpec(modelId);
  if (spec === null) throw new PipelineError('MODEL_UNKNOWN', `No pipeline was applied for model ${modelId}.`);
  const monitor = spec.monitor ?? monitorSchema.parse({});
  const row = await deps.registry.champion(modelId);
  const nothing = { modelId, periodEnd: periodEnd(at), asOf, alerts: [], triggerId: null };
  if (row === null) {
    const reason = 'There is no champion yet: nothing was trained that could be compared with.';
    return { ...nothing, championVersion: null, outcome: 'no-champion', reason };
  }
  const championVersion = row.version;
  const { trainedThrough } = row;
  const period = monitorPeriod({ monitor, labelDelay: labelDelayOf(spec), at, asOf, trainedThrough });
  const { window } = period;
  if (window === null) {
    const reason = `The champion, version ${championVersion}, was trained through ${shortInstant(trainedThrough)}: no day before ${shortInstant(period.end)} is news to it.`;
    return { ...nothing, championVersion, outcome: 'nothing-new', reason };
  }
  const championSpec = await deps.registry.specByDigest(row.specDigest);
  const champion = { modelId, row, spec: championSpec, maxRows: monitor.maxRows };
  const looked = { champion, spec, monitor, period: { ...period, window }, asOf };
  const key = { modelId, periodEnd: period.end, championVersion };
  const kept = await deps.registry.pointsOfPeriod(key);
  const points = kept.length > 0 ? kept : await deps.registry.recordPoints(key, await measure(deps, looked, signal));
  const alerts = points.filter(({ alert }) => alert === true).map(({ series }) => series);
  const triggerId = await raise(deps, looked, { points, clock });
  const reason =
    alerts.length === 0
      ? `${points.length} ${points.length === 1 ? 'figure, which does not alert' : 'figures, none alerts'}.`
      : `${alerts.join(', ')} ${alerts.length === 1 ? 'alerts' : 'alert'}, of ${points.length} ${points.length === 1 ? 'figure' : 'figures'}.`;
  return { ...nothing, championVersion, outcome: 'measured', reason, alerts, triggerId };
}

/** So that the answer stays small whatever the pipeline. */
const SHOWN_ALERTS = 20;

export function createMonitorActivities(deps: MonitorDeps) {
  return {
    measurePeriod: async (request: PeriodRequest): Promise<MonitorLook> => {
      const { asOf, ...found } = await look(deps, request, Context.current().cancellationSignal);
      await deps.registry.recordLook({ ...found, asOf });
      return { ...found, reason: found.reason.slice(0, 500), alerts: found.alerts.slice(0, SHOWN_ALERTS) };
    },
  };
}

export type MonitorActivities = ReturnType<typeof createMonitorActivities>;
