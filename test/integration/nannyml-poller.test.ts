/** NannyML's own Postgres tables (its DatabaseWriter filled them), polled into the ledger; deaths at every step in between. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PollNannymlDeps, pollNannyml } from '#dist/activities/poll-nannyml.js';
import { acceptArrivals } from '#dist/registry/intake.js';
import { movePollerCursor, pollerCursor } from '#dist/registry/poller-cursors.js';
import { type NannymlSource, parsePlace, readNannymlNews } from '#dist/sources/nannyml-tables.js';
import { type NannymlDatabase, nannymlDatabase } from './nannyml-database.js';
import { applyModel, useRegistry } from './registry-fixtures.js';

const registry = useRegistry('nannyml_poller');
let monitor: NannymlDatabase;
let nanny: pg.Client;

beforeAll(async () => {
  monitor = await nannymlDatabase('nannyml_tables');
  nanny = monitor.client;
});

afterAll(() => monitor.close());

const sourceOf = (change: Partial<NannymlSource> = {}): NannymlSource => ({
  url: monitor.url,
  urlEnv: 'NANNYML_URL',
  schema: 'public',
  modelName: 'delay-clf',
  since: null,
  ...change,
});

function depsOf(source: NannymlSource): PollNannymlDeps {
  return {
    now: () => new Date().toISOString(),
    readCursor: (id) => pollerCursor(registry.pool, id),
    readNews: (place, envelope) =>
      readNannymlNews(source, { place: parsePlace(place), envelope, signal: new AbortController().signal }),
    accept: (arrivals) => acceptArrivals(registry.pool, arrivals),
    moveCursor: (id, to) => movePollerCursor(registry.pool, id, to),
  };
}

const pollerOf = (modelId: string) => ({ pollerId: `nannyml/${modelId}`, modelId, sourceName: 'NANNYML_URL' });

async function ledger(modelId: string): Promise<{ claims: number; receipts: number }> {
  const { rows } = await registry.pool.query(
    `select (select count(*)::int from perennial.claims where model_id = $1) as claims,
            (select count(*)::int from perennial.claim_receipts where model_id = $1) as receipts`,
    [modelId],
  );
  return rows[0];
}

const read = (source: NannymlSource, place = {}) =>
  readNannymlNews(source, {
    place,
    envelope: { modelId: 'm', receivedAt: '2026-11-22T08:00:00.000Z', source: 'nannyml/test', alertWindowMs: 0 },
    signal: new AbortController().signal,
  });

describe('what the tables say', () => {
  it('every row of the model is a finding, with the verdict that NannyML wrote', async () => {
    const { claims, hasMore } = await read(sourceOf());
    const findings = claims.flatMap((claim) => claim.findings);
    const { rows } = await nanny.query(
      ['univariate_drift', 'data_reconstruction_feature_drift', 'cbpe_performance', 'realized_performance']
        .concat('missing_values', 'unseen_values')
        .map((name) => `select alert from ${name}_metrics where model_id = 1`)
        .join(' union all '),
    );
    expect(findings.length).toBe(rows.length);
    expect(findings.filter(({ alert }) => alert).length).toBe(rows.filter(({ alert }) => alert).length);
    expect(hasMore).toBe(false);
  });

  it('runs that share execution_timestamp stay apart, and each chunk has its own window', async () => {
    const { rows } = await nanny.query(
      'select count(distinct execution_timestamp)::int as times, count(*)::int as runs from run',
    );
    expect(rows[0].times).toBeLessThan(rows[0].runs);
    const { claims } = await read(sourceOf());
    const pca = claims.filter(({ findings }) => findings[0]?.method === 'reconstruction_error');
    expect(pca.length).toBe(15);
    expect(new Set(pca.map(({ window }) => window.start)).size).toBe(5);
    expect(new Set(claims.map(({ eventId }) => eventId)).size).toBe(claims.length);
    expect(pca[0]!.window).toEqual({ start: '2001-02-05T00:15:00.000Z', end: '2001-02-06T11:50:00.001Z' });
  });

  it('a missing-values row called count is a share of a column; univariate rows have no threshold', async () => {
    const { claims } = await read(sourceOf());
    const findings = claims.flatMap((claim) => claim.findings);
    const missing = findings.filter(({ method }) => method === 'missing_values');
    expect(missing.length).toBe(75);
    expect(Math.max(...missing.map(({ score }) => score!))).toBeLessThanOrEqual(1);
    expect(missing.filter(({ alert }) => alert).map(({ column }) => column)).toEqual(Array(5).fill('distance'));
    const univariate = findings.filter(({ method }) => method === 'jensen_shannon');
    expect(univariate.every(({ threshold, lowerIsDrift }) => threshold === null && lowerIsDrift === false)).toBe(true);
  });

  it('rows without a model are read when asked for, and only then', async () => {
    const { claims } = await read(sourceOf({ modelName: null }));
    expect(claims.flatMap(({ findings }) => findings).length).toBe(2);
    expect((await read(sourceOf({ modelName: 'another' }))).claims).toEqual([]);
  });

  it('times with a zone are instants, those without are UTC', async () => {
    const before = (await read(sourceOf())).claims.map(({ window }) => window);
    await nanny.query("set timezone = 'America/New_York'");
    await nanny.query(`alter table missing_values_metrics
      alter start_timestamp type timestamptz using start_timestamp at time zone 'UTC',
      alter end_timestamp type timestamptz using end_timestamp at time zone 'UTC'`);
    expect((await read(sourceOf())).claims.map(({ window }) => window)).toEqual(before);
  });

  it('a source without the tables is refused by name, without its address', async () => {
    await expect(read(sourceOf({ schema: 'elsewhere' }))).rejects.toThrow(/none of NannyML's tables/);
    const gone = read(sourceOf({ url: 'postgres://nobody:secret@127.0.0.1:1/x' }));
    await expect(gone).rejects.toThrow(/NANNYML_URL cannot be reached/);
    await expect(gone).rejects.not.toThrow(/secret/);
  });
});

describe('the poller', () => {
  it('claims everything once, and nothing again', async () => {
    await applyModel(registry.pool, 'once');
    const deps = depsOf(sourceOf());
    const first = await pollNannyml(deps, pollerOf('once'));
    expect(first).toMatchObject({ repeats: 0, refused: [], isDone: true });
    expect(await ledger('once')).toEqual({ claims: first.claims, receipts: first.claims });
    expect(await pollNannyml(deps, pollerOf('once'))).toMatchObject({ claims: 0 });
    expect(await ledger('once')).toEqual({ claims: first.claims, receipts: first.claims });
  });

  it('loses and doubles nothing when it dies before or after each step', async () => {
    await applyModel(registry.pool, 'dies');
    const whole = (await read(sourceOf())).claims.length;
    const deps = depsOf(sourceOf());
    const steps = ['readCursor', 'readNews', 'accept', 'moveCursor'] as const;
    const dying = (step: (typeof steps)[number], isAfter: boolean): PollNannymlDeps => ({
      ...deps,
      [step]: async (...args: never[]) => {
        if (isAfter) await (deps[step] as (...given: never[]) => Promise<unknown>)(...args);
        throw new Error(`died ${isAfter ? 'after' : 'before'} ${step}`);
      },
    });
    for (const step of steps) {
      for (const isAfter of [false, true]) {
        await expect(pollNannyml(dying(step, isAfter), pollerOf('dies'))).rejects.toThrow('died');
      }
    }
    const last = await pollNannyml(deps, pollerOf('dies'));
    expect(last).toMatchObject({ refused: [], isDone: true });
    expect((await ledger('dies')).claims).toBe(whole);
  });

  it('finds rows that commit late under lower ids, in batches too', async () => {
    await applyModel(registry.pool, 'late');
    const deps = depsOf(sourceOf({ modelName: 'late' }));
    await nanny.query("insert into model (id, name) values (7, 'late')");
    await nanny.query('insert into run values (70, 7, now())');
    const insert = (from: number, to: number): string => `insert into univariate_drift_metrics
      select i, 7, 70, timestamp '2001-03-01' + i * interval '1 hour', timestamp '2001-03-01' + (i + 1) * interval '1 hour',
        '2001-03-01', 'jensen_shannon', 0.5, true, 'hour' from generate_series(${from}, ${to}) i`;
    const slow = new pg.Client({ connectionString: monitor.url });
    await slow.connect();
    await slow.query(`begin; ${insert(10_000, 10_009)}`);
    for (const from of [10_010, 10_810, 11_610]) await nanny.query(insert(from, from + 799));
    expect(await pollNannyml(deps, pollerOf('late'))).toMatchObject({ claims: 2_400, isDone: true });
    await slow.query('commit');
    await slow.end();
    expect(await pollNannyml(deps, pollerOf('late'))).toMatchObject({ claims: 10, repeats: 0 });
    expect((await ledger('late')).claims).toBe(2_410);
  });

  it('an overlapping poll does not set the place back', async () => {
    await applyModel(registry.pool, 'overlap');
    const deps = depsOf(sourceOf());
    const overlapped: PollNannymlDeps = {
      ...deps,
      moveCursor: async (id, to) => {
        await pollNannyml(deps, pollerOf('overlap'));
        const moved = await deps.moveCursor(id, to);
        expect(moved).toBe(false);
        return moved;
      },
    };
    const report = await pollNannyml(overlapped, pollerOf('overlap'));
    expect((await pollerCursor(registry.pool, 'nannyml/overlap')).moves).toBe(1);
    expect((await ledger('overlap')).claims).toBe(report.claims);
  });

  it('waits at its place while the model is not known', async () => {
    await expect(pollNannyml(depsOf(sourceOf()), pollerOf('unknown'))).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    expect(await pollerCursor(registry.pool, 'nannyml/unknown')).toEqual({ place: null, moves: 0 });
  });
});
