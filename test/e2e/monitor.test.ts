/**
 * The built-in monitor over real flights: a champion of January, a week in which nothing happened, a week in which distance came
 * in kilometres. Looks from the past with the knowledge of their time.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderMonitor } from '#dist/cli/render-monitor.js';
import type { KeptPoint } from '#dist/registry/monitor-points.js';
import { apply, duck, flightsSpec, sqlText } from './flights.js';
import { ended, openStage, retrain, type Stage, until } from './stage.js';

const MODEL = 'e2e-monitor';
const QUIET = '2001-02-12T06:00:00.000Z';
const KILOMETRES = '2001-02-19T06:00:00.000Z';
const DISTANCE = 'drift:distance';

let stage: Stage;

/** Claims start nothing here: what a run makes of them is tested elsewhere. */
const specWith = (sample: { fraction: number; seed: number } | undefined): string =>
  flightsSpec(MODEL, {
    source: {
      kind: 'parquet',
      path: 'watched.parquet',
      columns: { id: 'id', eventAt: 'event_at', label: 'late', labelKnownAt: 'known_at' },
    },
    window: { sliding: 'P17D' },
    holdout: { span: 'P14D', embargo: 'P1D' },
    sample,
    labels: { delay: 'P1D', coverage: { overall: 0.5, perClass: 0.5 } },
    approval: { policy: 'never' },
    monitor: {},
    triggers: {
      debounce: { quiet: 'PT0S', maxWait: 'PT0S' },
      conditions: [{ name: 'another', monitor: 'evidently' }],
    },
  });

beforeAll(async () => {
  stage = await openStage('monitor');
  const from = sqlText(join(stage.stateDir, 'flights.parquet'));
  const isKilometres = "event_at >= TIMESTAMP '2001-02-12' AND event_at < TIMESTAMP '2001-02-19'";
  await duck(
    `COPY (SELECT * REPLACE (CASE WHEN ${isKilometres} THEN distance * 1.609344 ELSE distance END AS distance)
      FROM read_parquet(${from}) ORDER BY id) TO ${sqlText(join(stage.stateDir, 'watched.parquet'))} (FORMAT parquet)`,
  );
  await apply(stage.client, stage.stateDir, specWith(undefined));
});
afterAll(() => stage?.close());

const view = async (series?: string) => stage.client.monitor({ modelId: MODEL, series, limit: 30 });
const newest = async (): Promise<Map<string, KeptPoint>> => {
  const { points } = await view();
  return new Map(points.map((point) => [point.series, point]));
};
const ledger = () =>
  stage.sql(
    `select t.trigger_id, t.source, t.event_id, t.channel, c.findings, c.window_start, c.window_end
     from perennial.triggers t join perennial.claims c using (model_id, trigger_id) where model_id = $1`,
    [MODEL],
  );

describe('the built-in monitor', () => {
  it('has nothing to compare with before there is a champion, and says so', async () => {
    const look = await stage.client.monitorNow({ modelId: MODEL, asOf: QUIET });
    expect(look).toMatchObject({ outcome: 'no-champion', championVersion: null, alerts: [], triggerId: null });
    expect((await view()).look).toMatchObject({
      outcome: 'no-champion',
      reason: expect.stringContaining('no champion'),
    });
    expect(await ledger()).toEqual([]);
  });

  it('tells who waits for a schema that the source is missing, and ends the workflow when they give up', async () => {
    const modelId = `${MODEL}-missing`;
    const source = {
      kind: 'parquet',
      path: 'nowhere.parquet',
      columns: { id: 'id', eventAt: 'event_at', label: 'late', labelKnownAt: 'known_at' },
    };
    await apply(stage.client, stage.stateDir, flightsSpec(modelId, { source }));
    const window = { start: '2001-01-01T00:00:00.000Z', end: '2001-01-08T00:00:00.000Z' };
    const gaveUp = new AbortController();
    const told: string[] = [];
    const onRetry = (text: string): void => {
      told.push(text);
      gaveUp.abort();
    };
    const waited = stage.client.inferSchema({ modelId, window, by: 'operator' }, { signal: gaveUp.signal, onRetry });
    await expect(waited).rejects.toThrow(new RegExp(`^Workflow schema/${modelId}/[0-9a-f]+ is cancelled\\.$`));
    expect(told).toEqual([expect.stringContaining('No files found')]);
  });

  it('raises nothing on a quiet week in February', async () => {
    const run = await ended(stage, await retrain(stage, MODEL, { now: '2001-02-02T06:00:00.000Z' }));
    expect(run.run.outcome?.kind, run.run.outcome?.reasons.join(' ')).toBe('promoted');
    const look = await stage.client.monitorNow({ modelId: MODEL, asOf: QUIET });
    expect(look).toMatchObject({ outcome: 'measured', championVersion: 1, alerts: [], triggerId: null });
    expect(await ledger()).toEqual([]);
    const points = await newest();
    expect(points.get(DISTANCE)).toMatchObject({ alert: false, days: 7, referenceDays: 17 });
    expect(points.get('performance:auc')).toMatchObject({
      window: { start: '2001-02-04T00:00:00.000Z', end: '2001-02-11T00:00:00.000Z' },
      alert: false,
      referenceDays: 14,
    });
    // As of that morning; what became known later does not count.
    expect(points.get('labels:coverage')?.value).toBeGreaterThan(0.99);
    const [own, estimated] = ['performance:auc', 'estimated:auc'].map((series) => points.get(series)?.value ?? 0);
    expect(Math.abs(own! - estimated!)).toBeLessThan(0.1);
  });

  it('raises one claim that names distance on the week of kilometres, however often it looks', async () => {
    const look = await stage.client.monitorNow({ modelId: MODEL, asOf: KILOMETRES });
    expect(look.alerts).toContain(DISTANCE);
    const again = await stage.client.monitorNow({ modelId: MODEL, asOf: KILOMETRES });
    expect(again).toEqual(look);
    const claims = await ledger();
    expect(claims).toMatchObject([
      {
        trigger_id: look.triggerId,
        source: 'perennial-monitor',
        event_id: `${MODEL}/2001-02-19/v1`,
        channel: 'coordinator',
      },
    ]);
    const findings = claims[0]?.findings as { column: string | null; alert: boolean }[];
    expect(findings).toContainEqual(expect.objectContaining({ scope: 'column', column: 'distance', alert: true }));
    expect(findings.filter(({ column, alert }) => alert && column !== null)).toHaveLength(1);
    const state = await until('the coordinator to judge the claim', async () => {
      const [row] = await stage.client.listTriggers({ modelId: MODEL, limit: 1 });
      return row?.state === 'suppressed' ? row : null;
    });
    expect(state.claim).toMatchObject({ monitor: 'perennial-monitor' });
  });

  it('keeps its figures as they are, and shows them as a table', async () => {
    const { points, look } = await view(DISTANCE);
    expect(points.map(({ periodEnd, alert }) => [periodEnd.slice(0, 10), alert])).toEqual([
      ['2001-02-12', false],
      ['2001-02-19', true],
    ]);
    await expect(stage.sql('update perennial.monitor_points set alert = false')).rejects.toThrow(/its rows are final/);
    const text = renderMonitor({ ...(await view()), look }, { width: null, hasColour: false, series: null });
    expect(text).toMatch(/^drift:distance +2001-02-19 .* ALERT +1 +▁█$/m);
    expect(text).toContain('without labels');
    expect(await stage.sql('select count(*)::int as n from perennial.monitor_baselines')).toEqual([{ n: 1 }]);
  });

  it('does not look at days that its champion was trained on', async () => {
    const look = await stage.client.monitorNow({ modelId: MODEL, asOf: '2001-01-15T00:00:00.000Z' });
    expect(look).toMatchObject({ outcome: 'nothing-new', reason: expect.stringContaining('was trained through') });
  });

  it('counts rows by the share of them that its champion was taught by, whatever the pipeline says by now', async () => {
    const all = (await newest()).get('rows')?.value ?? 0;
    await apply(stage.client, stage.stateDir, specWith({ fraction: 0.2, seed: 1 }));
    const look = await stage.client.monitorNow({ modelId: MODEL, asOf: '2001-02-27T06:00:00.000Z' });
    expect(look).toMatchObject({ outcome: 'measured', championVersion: 1 });
    const rows = (await newest()).get('rows');
    expect(rows).toMatchObject({ periodEnd: expect.stringContaining('2001-02-2'), alert: false });
    expect(rows?.value).toBeGreaterThan(all / 2);
  });
});
