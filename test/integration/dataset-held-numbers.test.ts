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

it('that fail a released check are still held against the others', async () => {
  const at = { event_at: '2001-01-05T12:00:00Z', z: '1', label: '1' };
  const few: Row[] = [
    { ...at, id: 'fine', x: '1', y: '1' },
    { ...at, id: 'released', x: '-99', y: '1' },
    { ...at, id: 'both', x: '-99', y: '-99' },
  ];
  const options = { types: TYPES, rows: few, columns: { label: 'label' }, url: database.url };
  const window = { start: '2001-01-05T00:00:00.000Z', end: '2001-01-06T00:00:00.000Z' };
  const found = [];
  for (const kind of ['parquet', 'postgres'] as const) {
    const spec = parseSpec({
      source: await writeSource(world, kind, options),
      features: ['x', 'y'].map((name) => ({ kind: 'numeric', name })),
      quality: { ranges: { x: { min: 0 }, y: { min: 0 } } },
    });
    const snapshot = await freeze(world, spec, { released: [{ reason: 'out-of-range:x', window }] });
    const { quarantined } = await readManifest(world, snapshot);
    found.push({ counts: snapshot.rows, quarantined, contentDigest: snapshot.contentDigest });
  }
  expect(found[0]).toMatchObject({ counts: { in: 3, used: 2, quarantined: 1 }, quarantined: { 'out-of-range:y': 1 } });
  expect(found[1]).toEqual(found[0]);
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
