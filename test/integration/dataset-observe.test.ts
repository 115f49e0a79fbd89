// What a champion was asked lately, from every kind of source alike: rows without labels, as known then, counted whole, sampled evenly.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeColumnTable, UNKNOWN_LABEL } from '#dist/core/column-table.js';
import type { PipelineSpec } from '#dist/core/spec/schema.js';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  freeze,
  type Kind,
  makeWorld,
  noSignal,
  parseSpec,
  type Row,
  scratchEntries,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const TYPES = {
  id: 'bigint',
  event_at: 'timestamptz',
  x: 'float8',
  cat: 'text',
  label: 'integer',
  known_at: 'timestamptz',
};
const at = (hours: number): string => new Date(Date.parse('2001-01-01T00:00:00Z') + hours * 3_600_000).toISOString();
const HOURS = 240;
/** One an hour for ten days; a label comes a day later; every tenth number is not finite, every fifth category is missing. */
const rows: Row[] = Array.from({ length: HOURS }, (_, n) => ({
  id: String(n),
  event_at: at(n),
  x: n % 10 === 0 ? (n % 20 === 0 ? 'NaN' : null) : String(n),
  cat: n % 5 === 0 ? null : `c${n % 3}`,
  label: String(n % 2),
  known_at: at(n + 24),
}));
const window = { start: at(72), end: at(240) };
const request = { window, from: at(48), asOf: at(240), maxRows: 1_000 };

let dir: string;
let database: FreshDatabase;
let world: World;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-observe-'));
  database = await emptyDatabase('observe');
  world = makeWorld(dir, { url: database.url });
});
afterAll(async () => {
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

const specOf = async (kind: Kind): Promise<PipelineSpec> =>
  parseSpec({
    source: await writeSource(world, kind, {
      types: TYPES,
      rows,
      columns: { label: 'label', labelKnownAt: 'known_at' },
      url: database.url,
    }),
    features: [
      { kind: 'numeric', name: 'x' },
      { kind: 'categorical', name: 'cat' },
      { kind: 'time', name: 'hour', part: 'hour' },
    ],
  });

async function tableAt(path: string) {
  const bytes = await readFile(path);
  return decodeColumnTable(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

async function observe(spec: PipelineSpec, change: Partial<typeof request> = {}) {
  const path = join(dir, 'observed.columns');
  const observed = await world.dataset.observe(spec, { ...request, ...change, path }, { signal: noSignal() });
  return { ...observed, table: observed.columns === null ? null : await tableAt(path) };
}

describe.each(['parquet', 'csv', 'postgres'] as const)('rows of %s', (kind) => {
  it('are all counted, labelled or not, and what is no finite number is missing', async () => {
    const spec = await specOf(kind);
    const { perDay, nulls, table } = await observe(spec);
    expect(perDay).toHaveLength(8);
    expect(perDay[0]).toEqual({ day: '2001-01-03', rows: 24, labelled: 24 });
    // The labels of the last day come a day later: at 240 hours that of hour 216 alone is known of it.
    expect(perDay.at(-1)).toEqual({ day: '2001-01-10', rows: 24, labelled: 1 });
    expect(nulls).toEqual([
      { name: 'x', column: 'x', nulls: 16 },
      { name: 'cat', column: 'cat', nulls: 33 },
    ]);
    expect(table).toMatchObject({ rows: 192 });
    expect(table?.label.filter((label) => label === UNKNOWN_LABEL)).toHaveLength(23);
    const [x, , hour] = table?.features ?? [];
    expect(x?.kind === 'numeric' && x.values.slice(0, 3)).toEqual(Float64Array.of(48, 49, Number.NaN));
    expect(hour?.kind === 'categorical' && hour.codes.slice(0, 3)).toEqual(Int32Array.of(0, 1, 2));
    expect(await scratchEntries(world)).toEqual([]);
  });
});

it('are sampled evenly over the days, and counted whole all the same', async () => {
  const { perDay, table } = await observe(await specOf('parquet'), { maxRows: 50 });
  expect(perDay[0]?.rows).toBe(24);
  expect(table?.rows).toBe(48);
  expect(new Set(table?.day).size).toBe(8);
});

it('are none where the source has none, without a file', async () => {
  const spec = await specOf('parquet');
  const none = await observe(spec, { window: { start: at(2_000), end: at(2_100) }, from: at(2_000) });
  expect(none).toMatchObject({ perDay: [], columns: null, table: null });
});

it('of a snapshot come as every k-th row too, in order', async () => {
  const spec = await specOf('parquet');
  const snapshot = await freeze(world, spec, { window: { start: at(0), end: at(240) } });
  const path = join(dir, 'sampled.columns');
  const target = { snapshot, path, boundaryAt: null, maxRows: 100 };
  const { rows: kept } = await world.dataset.toColumns(spec, target, { signal: noSignal() });
  const table = await tableAt(path);
  expect([kept, table.rows]).toEqual([Math.ceil(snapshot.rows.used / 3), kept]);
  expect([...table.day]).toEqual([...table.day].sort((a, b) => a - b));
});
