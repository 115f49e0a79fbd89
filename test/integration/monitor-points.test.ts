/** The monitor's rows: once a series, period and champion, whoever writes them how often; read over HTTP, and as figures for Prometheus. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { MonitorPoint } from '#dist/core/monitor/monitor-point.js';
import { listPoints, monitorRegistry, newestLook } from '#dist/registry/monitor-points.js';
import { MODEL, OTHER, useGateway } from './gateway-fixtures.js';
import { FEBRUARY, makeVersion } from './registry-fixtures.js';

const at = useGateway('monitor-points');
const ENDS = ['2001-02-12', '2001-02-13'].map((day) => `${day}T00:00:00.000Z`);
const SERIES = 'drift:distance';

const point = (series: string, change: Partial<MonitorPoint> = {}): MonitorPoint => ({
  series,
  scope: 'column',
  column: 'distance',
  value: 0.25,
  interval: { lower: 0.2, upper: 0.3, confidence: 0.95 },
  threshold: 0.05,
  alert: true,
  adjustedPValue: 0.0002,
  binError: 0.004,
  window: FEBRUARY,
  rows: 2_000,
  days: 7,
  referenceDays: 28,
  method: 'KS D',
  note: 'far \0 away',
  ...change,
});

const registry = () => monitorRegistry(at.pool);
const keyOf = (periodEnd: string, championVersion: number) => ({ modelId: MODEL, periodEnd, championVersion });

/** Of who may read the other model alone. */
let token: string;

beforeAll(async () => {
  token = await at.token('reader', { roles: ['read'], models: [OTHER] });
  for (const name of ['one', 'two']) await makeVersion(at.registry, MODEL, name);
});

describe('points', () => {
  it('of two attempts at once count as the first one wrote them, all of a period or none', async () => {
    const attempts = [0.25, 0.75].map((value) => [point(SERIES, { value }), point('rows', { value, interval: null })]);
    const kept = await Promise.all(attempts.map((points) => registry().recordPoints(keyOf(ENDS[0]!, 1), points)));
    expect(kept[0]).toEqual(kept[1]);
    expect(kept[0]?.map(({ series }) => series)).toEqual([SERIES, 'rows']);
    const [first] = kept[0] ?? [];
    expect(await registry().pointsOfPeriod(keyOf(ENDS[0]!, 1))).toEqual(kept[0]);
    expect(first).toMatchObject({ ...point(SERIES), value: first?.value, note: 'far \uFFFD away' });
    const broken = [point(SERIES), point(SERIES)];
    await expect(registry().recordPoints(keyOf(ENDS[1]!, 1), broken)).rejects.toThrow();
    expect(await registry().pointsOfPeriod(keyOf(ENDS[1]!, 1))).toEqual([]);
  });

  it('of a new champion stand beside those of the one before, and no champion that is not there has any', async () => {
    await registry().recordPoints(keyOf(ENDS[1]!, 1), [point(SERIES, { alert: false })]);
    await registry().recordPoints(keyOf(ENDS[1]!, 2), [
      point(SERIES, { value: 0.01, alert: false }),
      point('x', { value: null }),
    ]);
    const of = async (change: object) =>
      (await listPoints(at.pool, { modelId: MODEL, limit: 10, ...change })).map(
        ({ series, periodEnd, championVersion }) => [series, periodEnd, championVersion],
      );
    const all = [
      [SERIES, ENDS[0], 1],
      [SERIES, ENDS[1], 1],
      [SERIES, ENDS[1], 2],
    ];
    expect(await of({ series: SERIES })).toEqual(all);
    expect(await of({ series: SERIES, limit: 1 })).toEqual(all.slice(1));
    expect(await of({ series: SERIES, since: ENDS[0] })).toEqual(all.slice(1));
    await expect(registry().recordPoints(keyOf(ENDS[1]!, 9), [point(SERIES)])).rejects.toThrow();
  });

  it('and looks and baselines are final, and the same again adds nothing', async () => {
    const artifact = { digest: 'a'.repeat(64), bytes: 7 };
    const other = { digest: 'b'.repeat(64), bytes: 8 };
    expect(await registry().recordMonitorBaseline({ modelId: MODEL, version: 1, artifact })).toEqual(artifact);
    expect(await registry().recordMonitorBaseline({ modelId: MODEL, version: 1, artifact: other })).toEqual(artifact);
    const look = {
      ...{ modelId: MODEL, periodEnd: ENDS[1]!, championVersion: null, outcome: 'no-champion' as const },
      ...{ reason: 'none yet', alerts: [], triggerId: null, asOf: ENDS[1]! },
    };
    await registry().recordLook(look);
    await registry().recordLook({ ...look, reason: 'said again' });
    expect(await newestLook(at.pool, MODEL)).toMatchObject(look);
    for (const table of ['monitor_points', 'monitor_looks', 'monitor_baselines']) {
      await expect(at.pool.query(`delete from perennial.${table}`)).rejects.toThrow(/its rows are final/);
    }
  });
});

describe('over HTTP', () => {
  it('whoever may read the model sees its series, and nobody else', async () => {
    const { status, json } = await at.ask(`/v1/models/${MODEL}/monitor?series=${SERIES}`);
    expect(status).toBe(200);
    expect(json.points).toHaveLength(3);
    expect(json).toMatchObject({ modelId: MODEL, look: { outcome: 'no-champion' } });
    expect((await at.ask(`/v1/models/${OTHER}/monitor`)).json).toEqual({ modelId: OTHER, points: [], look: null });
    expect((await at.ask('/v1/models/unknown/monitor')).status).toBe(404);
    expect((await at.ask(`/v1/models/${MODEL}/monitor`, { token })).status).toBe(403);
  });

  it('the newest figure of each series is a gauge, of the models that the token may read', async () => {
    const line = `perennial_monitor_value{model="${MODEL}",series="${SERIES}"} 0.01`;
    const all = await at.ask('/metrics');
    expect(all.text.split('\n')).toContain(line);
    expect(all.text).toContain(`perennial_monitor_alert{model="${MODEL}",series="${SERIES}"} 0`);
    expect(all.text).not.toContain('series="x"');
    const { text } = await at.ask('/metrics', { token });
    expect(text).toContain('perennial_unjudged_models');
    expect(text).not.toContain(MODEL);
  });
});
