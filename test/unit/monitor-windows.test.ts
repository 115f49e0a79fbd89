// The windows that the monitors' payloads were made of, rebuilt: row for row, or Alibi Detect's own statistics would not come out.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ascendingValues } from '#dist/core/stats/ascending-values.js';
import { ksStatistic } from '#dist/core/stats/ks-statistic.js';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const { buildWindow } = (await import(new URL('../fixtures/windows/build-windows.mjs', import.meta.url).href)) as {
  buildWindow(name: string, dir: string): Promise<string>;
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'windows-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function valuesOf(path: string, column: string): Promise<{ reference: Float64Array; current: Float64Array }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const read = async (condition: string): Promise<Float64Array> => {
    const [values] = (
      await connection.runAndReadAll(
        `SELECT CAST(${column} AS DOUBLE) FROM read_parquet('${path}') WHERE ${column} IS NOT NULL AND ${condition} ORDER BY 1`,
      )
    ).getColumns();
    return ascendingValues(Float64Array.from((values ?? []) as number[]));
  };
  const found = { reference: await read("event_at < '2001-02-01'"), current: await read("event_at >= '2001-02-01'") };
  connection.closeSync();
  instance.closeSync();
  return found;
}

/** KS distances of hour, distance and the monitor's own prediction, as Alibi Detect printed them. */
function alibiDistances(window: string): number[] {
  const path = join(FIXTURES, 'monitors', 'alibi-detect-0.13.0', `${window}.ks-batch.json`);
  return (JSON.parse(readFileSync(path, 'utf8').replaceAll('NaN', 'null')) as { data: { distance: number[] } }).data
    .distance;
}

describe('a window rebuilt by the row numbers of make_windows.py', () => {
  it.each(['feb_quiet', 'distance_km', 'origin_lower'])(
    '%s gives the KS distances that Alibi Detect printed',
    async (window) => {
      const path = await buildWindow(window, dir);
      const [hour, distance] = alibiDistances(window);
      for (const [column, expected] of [
        ['hour', hour!],
        ['distance', distance!],
      ] as const) {
        const { reference, current } = await valuesOf(path, column);
        expect([reference.length, current.length]).toEqual([5000, 5000]);
        expect(ksStatistic(reference, current).statistic).toBeCloseTo(expected, 6);
      }
    },
  );

  it('has its nulls where they were', async () => {
    const some = await valuesOf(await buildWindow('distance_null30', dir), 'distance');
    const none = await valuesOf(await buildWindow('distance_allnan', dir), 'distance');
    expect([some.current.length, none.current.length, none.reference.length]).toEqual([3500, 0, 5000]);
  });
});
