// Numbers that stream in are checked, ordered and digested outside DuckDB: everything about them must come out as from a file,
// the bytes in the Parquet file included.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  fraction,
  freeze,
  makeWorld,
  parseSpec,
  type Row,
  readManifest,
  readTable,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const TYPES = { id: 'text', event_at: 'timestamptz', x: 'float8', y: 'float8', z: 'integer', label: 'integer' };
const HARD = ['NaN', 'Infinity', '-Infinity', '-0', '5e-324', '1.7976931348623157e308', '99', '-99'];

/** More than three batches, the last one not whole; ids that come again differ in their numbers alone. */
const rows: Row[] = Array.from({ length: 7001 }, (_, n) => {
  const isAgain = n > 0 && n % 100 === 0;
  const no = isAgain ? n - 1 : n;
  return {
    id: `i${Math.floor(fraction(`id ${no}`) * 1e9)}`,
    event_at: new Date(
      Date.parse('2001-01-01T00:00:00Z') + Math.floor(fraction(`at ${no}`) * 2e6) * 1000,
    ).toISOString(),
    x: n % 11 === 0 ? null : n % 7 === 0 ? HARD[n % HARD.length]! : String(fraction(`x ${n}`)),
    y: n < 2048 ? String(n) : n % 3 === 0 ? null : String(fraction(`y ${n}`) * 100),
    z: n % 5 === 0 ? null : String(n % 17),
    label: n % 41 === 0 ? null : String(n % 2),
  };
});

let database: FreshDatabase;
let world: World;

beforeAll(async () => {
  database = await emptyDatabase('dataset-held');
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-dataset-')), { url: database.url });
});
afterAll(async () => {
  await database?.drop();
  await rm(world.dir, { recursive: true, force: true });
});

it('are checked, ordered, profiled and written from Postgres as from Parquet', async () => {
  const found = [];
  for (const kind of ['parquet', 'postgres'] as const) {
    const source = await writeSource(world, kind, {
      types: TYPES,
      rows,
      columns: { label: 'label' },
      url: database.url,
    });
    const spec = parseSpec({
      source,
      features: ['x', 'y', 'z'].map((name) => ({ kind: 'numeric', name })).concat({ kind: 'categorical', name: 'id' }),
      quality: { ranges: { x: { min: -50 }, z: { max: 15 } } },
    });
    const snapshot = await freeze(world, spec, { last: 5000 });
    const { profile, quarantined } = await readManifest(world, snapshot);
    const { contentDigest, rows: counts } = snapshot;
    found.push({ contentDigest, counts, profile, quarantined, table: await readTable(world, spec, snapshot) });
  }
  const [fromFile, fromPostgres] = found;
  expect(fromPostgres).toEqual(fromFile);
  expect(Object.keys(fromFile?.quarantined as object)).toEqual(
    expect.arrayContaining(['duplicate-id', 'non-finite:x', 'out-of-range:x', 'out-of-range:z']),
  );
});

it('that do not fit in memory are left to DuckDB, and the snapshot is the same', async () => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({
    id: `m${n}`,
    event_at: new Date(Date.parse('2001-01-01T00:00:00Z') + n * 1000).toISOString(),
    label: String(n % 2),
    ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`c${at}`, String(fraction(`${at}/${n % 97}`))])),
  }));
  const columns = Array.from({ length: 40 }, (_, at) => `c${at}`);
  const types = {
    id: 'text',
    event_at: 'timestamptz',
    label: 'integer',
    ...Object.fromEntries(columns.map((name) => [name, 'float8'])),
  };
  const source = await writeSource(world, 'postgres', {
    types,
    rows: many,
    columns: { label: 'label' },
    url: database.url,
  });
  const spec = parseSpec({ source, features: columns.map((name) => ({ kind: 'numeric', name })) });
  // 5,000 x 40 numbers are 1.5 MiB.
  const small = makeWorld(join(world.dir, 'small'), { url: database.url, heldMb: 1 });
  const [held, left] = [await freeze(world, spec), await freeze(small, spec)];
  expect(left.contentDigest).toBe(held.contentDigest);
  expect(left.rows).toEqual(held.rows);
});
