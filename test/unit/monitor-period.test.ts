// Which days a look is about, the claim that a period raises, and what the activity does when it is repeated or the champion changed.
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createMonitorActivities } from '#dist/activities/create-monitor-activities.js';
import { baselineOf } from '#dist/activities/monitor-baseline.js';
import type { MonitorDeps } from '#dist/activities/monitor-deps.js';
import { PipelineError } from '#dist/core/errors.js';
import { makeBaseline } from '#dist/core/monitor/baseline.js';
import type { MonitorKey, MonitorLook } from '#dist/core/monitor/look.js';
import type { MonitorPoint } from '#dist/core/monitor/monitor-point.js';
import { monitorPeriod } from '#dist/core/monitor/period.js';
import { periodClaim } from '#dist/core/monitor/period-claim.js';
import type { Arrival } from '#dist/core/signals/arrival.js';
import { monitor as monitorSchema } from '#dist/core/spec/monitor-schema.js';
import { parseSpec } from '#dist/core/spec/parse-spec.js';
import { simulate } from './monitor-fixtures.js';

const day = (text: string): string => `2001-${text}T00:00:00.000Z`;
const window = { start: day('02-05'), end: day('02-12') };

describe('the days of a look', () => {
  const periodOf = (change: object = {}) =>
    monitorPeriod({
      monitor: monitorSchema.parse({}),
      labelDelay: 'P2D',
      at: '2001-02-12T06:00:00.000Z',
      asOf: '2001-02-12T06:00:00.000Z',
      trainedThrough: day('01-20'),
      ...change,
    });

  it('are whole ones up to the midnight before it; labels are as old as they have to be', () => {
    expect(periodOf()).toEqual({ end: day('02-12'), window, mature: { start: day('02-03'), end: day('02-10') } });
  });

  it('are mature up to the period and no further when much later knowledge is used', () => {
    expect(periodOf({ asOf: day('06-01') }).mature).toEqual(window);
  });

  it('begin after those that the champion learnt from', () => {
    const clipped = periodOf({ trainedThrough: '2001-02-07T12:00:00.000Z' });
    expect(clipped.window).toEqual({ start: day('02-08'), end: day('02-12') });
    expect(periodOf({ trainedThrough: day('02-11') })).toMatchObject({ mature: null });
    expect(periodOf({ trainedThrough: day('02-12') })).toMatchObject({ window: null, mature: null });
  });
});

const point = (series: string, change: Partial<MonitorPoint> = {}): MonitorPoint => ({
  series,
  scope: series.startsWith('performance') ? 'performance' : 'column',
  column: series.split(':')[1] ?? null,
  value: 0.3,
  interval: null,
  threshold: 0.05,
  alert: false,
  adjustedPValue: 0.0002,
  binError: 0.01,
  window,
  rows: 2_000,
  days: 7,
  referenceDays: 28,
  method: series.startsWith('performance') ? 'auc' : 'ks',
  note: 'far',
  ...change,
});

describe('the claim of a period', () => {
  const claimOf = (points: readonly MonitorPoint[]) =>
    periodClaim({
      modelId: 'm',
      periodEnd: day('02-12'),
      championVersion: 3,
      clock: { mode: 'wall' },
      receivedAt: day('02-12'),
      points,
    });

  it('is none where nothing alerts, whatever could not be judged', () => {
    expect(claimOf([point('drift:a'), point('drift:b', { alert: null })])).toBeNull();
  });

  it('holds what a rule looked at, and is known again by period and champion', () => {
    const points = [point('drift:a', { alert: true }), point('drift:b'), point('estimated:auc', { alert: null })];
    const claim = claimOf(points);
    expect(claim).toMatchObject({ source: 'perennial-monitor', eventId: 'm/2001-02-12/v3', cause: 'drift' });
    expect(claim?.claim?.findings.map(({ column, alert }) => [column, alert])).toEqual([
      ['a', true],
      ['b', false],
    ]);
    expect(claimOf(points)?.bodyDigest).toBe(claim?.bodyDigest);
  });

  it('is about performance when nothing else alerts', () => {
    const fallen = point('performance:auc', { alert: true, column: null });
    expect(claimOf([fallen, point('drift:a')])?.cause).toBe('performance');
    expect(claimOf([fallen, point('drift:a', { alert: true })])?.cause).toBe('drift');
    expect(claimOf([fallen])?.claim?.findings[0]).toMatchObject({ method: 'auc', lowerIsDrift: true });
  });
});

const spec = parseSpec(
  JSON.stringify({
    model: 'm',
    source: { kind: 'csv', path: '/rows.csv', columns: { label: 'y' } },
    features: [{ kind: 'numeric', name: 'distance' }],
    window: { sliding: 'P30D' },
    gates: [{ metric: 'auc', min: 0.5 }],
    monitor: {},
  }),
  'm.yaml',
);

function world() {
  const points = new Map<string, readonly MonitorPoint[]>();
  const arrivals: Arrival[] = [];
  const looks: MonitorLook[] = [];
  const counts = { measured: 0, scored: 0 };
  const state = {
    version: 1 as number | null,
    dies: null as 'after-points' | null,
    problem: null as PipelineError | null,
  };
  const keyOf = ({ periodEnd, championVersion }: MonitorKey): string => `${periodEnd} v${championVersion}`;
  const registry = {
    currentSpec: async () => spec,
    specByDigest: async () => spec,
    champion: async () =>
      state.version === null
        ? null
        : {
            version: state.version,
            epoch: 1,
            artifact: { digest: 'a', bytes: 1 },
            specDigest: 's',
            since: day('02-01'),
            trainedThrough: day('01-20'),
          },
    monitorBaseline: async () => ({ digest: 'b', bytes: 1 }),
    pointsOfPeriod: async (key: MonitorKey) => points.get(keyOf(key)) ?? [],
    recordPoints: async (key: MonitorKey, made: readonly MonitorPoint[]) => {
      if (!points.has(keyOf(key))) points.set(keyOf(key), made);
      if (state.dies === 'after-points') throw new Error('the process dies here');
      return points.get(keyOf(key)) ?? [];
    },
    recordLook: async (look: MonitorLook) => void looks.push(look),
    acceptArrivals: async (made: readonly Arrival[]) => {
      const isNew = !arrivals.some(({ eventId }) => eventId === made[0]?.eventId);
      if (isNew) arrivals.push(...made);
      return [{ modelId: 'm', triggerId: `t-${made[0]?.eventId}`, isNew }];
    },
  };
  const baseline = { columns: [], training: { rows: 2_800, days: 28 }, holdout: {} };
  const deps = {
    registry,
    artifacts: { read: async () => Buffer.from(JSON.stringify(baseline)) },
    dataset: {
      observe: async (_: unknown, { path }: { path: string }) => {
        if (state.problem !== null) throw state.problem;
        const perDay = Array.from({ length: 8 }, (__, at) => ({
          day: `2001-02-${String(4 + at).padStart(2, '0')}`,
          rows: 300,
          labelled: 290,
        }));
        return { perDay, nulls: [], columns: { path, rows: 2_400, rowsBefore: 2_400 } };
      },
    },
    trainer: {
      predict: async () => {
        counts.scored += 1;
        return { scores: [new Float32Array(2_400)], latencyMs: 1, peakMemoryMb: 1 };
      },
    },
    measureOffLoop: async () => {
      counts.measured += 1;
      return [point('drift:distance', { alert: true })];
    },
    now: () => '2001-02-12T06:00:00.000Z',
    scratchDir: '/tmp',
  } as unknown as MonitorDeps;
  const { measurePeriod } = createMonitorActivities(deps);
  const look = (): Promise<MonitorLook> =>
    new MockActivityEnvironment().run(measurePeriod, {
      modelId: 'm',
      at: '2001-02-12T06:00:00.000Z',
      clock: { mode: 'replay', now: '2001-02-12T06:00:00.000Z' } as const,
    });
  return { look, points, arrivals, looks, counts, state };
}

describe('a baseline', () => {
  it('knows how many rows the snapshots have, whatever the sample of them that it looks at', async () => {
    const window = { start: day('01-01'), end: day('01-29') };
    const snapshots = (['training', 'holdout'] as const).map((kind) => ({
      ...{ kind, window, contentDigest: kind, manifest: { digest: 'm', bytes: 1 } },
      rows: { in: 3_000_000, used: 2_800_000, unlabelled: 0, excluded: 200_000, quarantined: 0 },
    }));
    const made: unknown[] = [];
    const deps = {
      registry: {
        monitorBaseline: async () => null,
        snapshotsOfVersion: async () => snapshots,
        recordMonitorBaseline: async ({ artifact }: { artifact: unknown }) => artifact,
      },
      artifacts: {
        read: async () => Buffer.from('{"schema":[],"profile":{}}'),
        putBytes: async () => ({ digest: 'b', bytes: 1 }),
      },
      dataset: { toColumns: async (_: unknown, { path }: { path: string }) => ({ path, rows: 100_000 }) },
      trainer: { predict: async () => ({ scores: [new Float32Array(0)] }) },
      baselineOffLoop: async (job: object) => {
        made.push(job);
        return {};
      },
      scratchDir: '/tmp',
    } as unknown as MonitorDeps;
    const row = { version: 1, artifact: { digest: 'a', bytes: 1 } } as Parameters<typeof baselineOf>[1]['row'];
    await baselineOf(deps, { modelId: 'm', row, spec, maxRows: 100_000 }, new AbortController().signal);
    expect(made).toMatchObject([{ training: { rows: 2_800_000 }, holdout: { rows: 2_800_000 } }]);
    const { table, scores } = simulate({ from: 11_323, days: 28, rowsPerDay: 50, seed: 1 });
    const rows = { table, contentDigest: 'c', window, rows: 2_800_000 };
    expect(makeBaseline({ training: rows, holdout: rows, features: [], scores }).training).toMatchObject({
      rows: 2_800_000,
      days: 28,
    });
  });
});

describe('a look', () => {
  it('without a champion records why it did nothing', async () => {
    const { look, state, looks, counts } = world();
    state.version = null;
    expect(await look()).toMatchObject({ outcome: 'no-champion', championVersion: null });
    expect(looks).toMatchObject([{ outcome: 'no-champion', reason: expect.stringContaining('no champion') }]);
    expect(counts.measured).toBe(0);
  });

  it('at a source that lost a column claims that, and is no failure; any other trouble is one', async () => {
    const { look, state, arrivals } = world();
    const text = 'Column "distance" is missing from the source.';
    state.problem = new PipelineError('DATA_SCHEMA_VIOLATION', text, { details: { column: 'distance' } });
    expect(await look()).toMatchObject({ outcome: 'measured', alerts: ['schema'], triggerId: 't-m/2001-02-12/v1' });
    const finding = { scope: 'quality', column: 'distance', method: 'schema', alert: true };
    expect(arrivals).toMatchObject([{ claim: { window, findings: [finding], notes: [`schema: ${text}`] } }]);
    const down = world();
    down.state.problem = new PipelineError('SOURCE_UNAVAILABLE', 'down');
    await expect(down.look()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(down.arrivals).toEqual([]);
  });

  it('repeated measures once and claims once, with the clock that it looked by', async () => {
    const { look, arrivals, counts } = world();
    const first = await look();
    expect(first).toMatchObject({ outcome: 'measured', alerts: ['drift:distance'], triggerId: 't-m/2001-02-12/v1' });
    expect(await look()).toEqual(first);
    expect(counts).toEqual({ measured: 1, scored: 1 });
    expect(arrivals).toMatchObject([{ clock: { mode: 'replay' }, channel: 'coordinator' }]);
  });

  it('that died after its figures raises their claim when it is tried again, and measures nothing anew', async () => {
    const { look, arrivals, counts, state } = world();
    state.dies = 'after-points';
    await expect(look()).rejects.toThrow('dies here');
    expect(arrivals).toEqual([]);
    state.dies = null;
    expect(await look()).toMatchObject({ outcome: 'measured' });
    expect([arrivals.length, counts.measured]).toEqual([1, 1]);
  });

  it('after a promotion begins anew for the same days', async () => {
    const { look, points, arrivals, state } = world();
    await look();
    state.version = 2;
    expect(await look()).toMatchObject({ championVersion: 2 });
    expect([...points.keys()]).toEqual([`${day('02-12')} v1`, `${day('02-12')} v2`]);
    expect(arrivals.map(({ eventId }) => eventId)).toEqual(['m/2001-02-12/v1', 'm/2001-02-12/v2']);
  });
});

describe('the section of the pipeline', () => {
  const problemsOf = (monitor: object): string => {
    try {
      parseSpec(JSON.stringify({ ...spec, monitor }), 'm.yaml');
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  it('takes its defaults, and none at all', () => {
    expect(spec.monitor).toMatchObject({ every: 'P1D', window: 'P7D', features: 'all', alert: { alpha: 0.01 } });
    expect(problemsOf({ features: ['distance'], cron: '0 4 * * 1', window: 'P28D' })).toBe('');
  });

  it.each([
    [{ window: 'PT36H' }, 'no window of 2 to 92 whole days'],
    [{ every: 'PT1H' }, 'Write at least P1D'],
    [{ cron: 'daily' }, 'is no cron line'],
    [{ features: ['speed'] }, 'names speed'],
    [{ alert: { alpha: 0 } }, 'monitor.alert.alpha'],
    [{ interval: 'P1D' }, 'interval'],
  ])('refuses %j, and says what to write', (monitor, message) => {
    expect(problemsOf(monitor)).toContain(message);
  });
});
