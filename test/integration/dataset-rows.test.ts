// What becomes of each row: used, unlabelled, excluded or quarantined; hostile names and values; what is refused and how.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  freeze,
  freezeRequest,
  JANUARY,
  type Kind,
  makeWorld,
  noSignal,
  parseSpec,
  type Row,
  readIds,
  readManifest,
  readTable,
  scratchEntries,
  untilActive,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const KINDS: readonly Kind[] = ['parquet', 'csv', 'postgres'];

let database: FreshDatabase;
let world: World;
beforeAll(async () => {
  database = await emptyDatabase('dataset-rows');
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-dataset-')), { url: database.url });
});
afterAll(async () => {
  await database?.drop();
  await rm(world.dir, { recursive: true, force: true });
});

const TYPES = { id: 'text', event_at: 'timestamptz', x: 'float8', label: 'integer' };
const row = (id: string | null, day: number, x: string | null = '1', label: string | null = '1'): Row => ({
  id,
  event_at: `2001-01-${String(day).padStart(2, '0')}T12:00:00Z`,
  x,
  label,
});

describe.each(KINDS)('rows from %s', (kind) => {
  it('belong to one class each, with a reason for every quarantined one', async () => {
    const rows = [
      row('a', 2),
      row('b', 3, '5', null),
      row('c', 4),
      row('c', 5, '2'),
      row('c', 6, '3'),
      row('d', 7, 'NaN'),
      row('e', 7, 'Infinity'),
      row('f', 7, '-Infinity'),
      row('g', 8, '101'),
      row('h', 8, '-1'),
      row('i', 8, '100'),
      row('j', 8, null),
      row(null, 9),
      { ...row('k', 9), event_at: null },
      row('l', 20),
    ];
    const source = await writeSource(world, kind, {
      types: TYPES,
      rows,
      columns: { label: 'label' },
      url: database.url,
    });
    const spec = parseSpec({ source, quality: { ranges: { x: { min: 0, max: 100 } } } });
    const excluding = [{ start: '2001-01-20T00:00:00.000Z', end: '2001-01-21T00:00:00.000Z' }];
    const snapshot = await freeze(world, spec, { excluding });
    expect(snapshot.rows).toEqual({ in: 15, used: 4, unlabelled: 1, excluded: 1, quarantined: 9 });
    expect(await readIds(world, snapshot)).toEqual(['a', 'c', 'i', 'j']);
    expect((await readManifest(world, snapshot)).quarantined).toEqual({
      'duplicate-id': 2,
      'event-time': 1,
      'id-missing': 1,
      'non-finite:x': 3,
      'out-of-range:x': 2,
    });
    const newest = await freeze(world, spec, { excluding, last: 2 });
    expect(newest.rows).toEqual({ in: 15, used: 2, unlabelled: 1, excluded: 3, quarantined: 9 });
    expect(await readIds(world, newest)).toEqual(['i', 'j']);
    const facts = await world.dataset.inspect(spec, { window: JANUARY, asOf: JANUARY.end });
    expect(facts).toMatchObject({ rows: 14, duplicateIds: 2 });
    expect(facts.columns.find((column) => column.name === 'x')).toMatchObject({
      nulls: 1,
      nonFinite: 3,
      outOfRange: 2,
      min: -1,
      max: 101,
    });
  });

  it('keep hostile names and values as they are', async () => {
    const name = `x"; DROP TABLE t; -- 'é😀 $1 :start`;
    const category = `it's "quoted"`;
    const values = [`'; SELECT 1; --`, '\\', '"', '\t\n\r', '😀𝒜豈', 'NULL', `${'y'.repeat(9_999)}'`, '$$', ':end'];
    const types = { id: 'text', event_at: 'timestamptz', [name]: 'float8', [category]: 'text', "la'bel": 'text' };
    const rows = values.map((value, n) => ({
      id: `${n}${value}`,
      event_at: '2001-01-05T00:00:00Z',
      [name]: String(1.5 * n),
      [category]: value,
      "la'bel": n % 2 === 0 ? `o'clock "` : value,
    }));
    const source = await writeSource(world, kind, { types, rows, columns: { label: "la'bel" }, url: database.url });
    const spec = parseSpec({
      source,
      features: [
        { kind: 'numeric', name: 'x', column: name },
        { kind: 'categorical', name: 'c', column: category },
      ],
      target: { positive: `o'clock "` },
      quality: { ranges: { [name]: { min: 0 } } },
    });
    const snapshot = await freeze(world, spec);
    const table = await readTable(world, spec, snapshot);
    const [x, c] = table.features;
    if (x?.kind !== 'numeric' || c?.kind !== 'categorical') throw new Error('other columns than asked for');
    const seen = [...x.values].map((number, at) => [number / 1.5, c.levels[c.codes[at]!], table.label[at]] as const);
    expect(seen.toSorted(([a], [b]) => a - b)).toEqual(values.map((value, n) => [n, value, n % 2 === 0 ? 1 : 0]));
    const facts = await world.dataset.inspect(spec, { window: JANUARY, asOf: JANUARY.end });
    expect(facts.columns.find((column) => column.name === name)?.max).toBe(12);
  });

  it('name a missing column and list what is there', async () => {
    const source = await writeSource(world, kind, {
      types: TYPES,
      rows: [row('a', 2)],
      columns: { label: 'label' },
      url: database.url,
    });
    const spec = parseSpec({ source, features: [{ kind: 'numeric', name: 'gone' }] });
    await expect(freeze(world, spec)).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      message: expect.stringMatching(/no column "gone"; it has: id, event_at, x, label\./),
    });
    const facts = await world.dataset.inspect(spec, { window: JANUARY, asOf: JANUARY.end });
    expect(facts.columns.find((column) => column.name === 'gone')).toMatchObject({ type: null, isCompatible: false });
    expect(facts.rows).toBe(1);
  });

  it('refuse a window without a usable row, saying what is there', async () => {
    const rows = [row('a', 2, '1', null), row('b', 3, 'NaN')];
    const source = await writeSource(world, kind, {
      types: TYPES,
      rows,
      columns: { label: 'label' },
      url: database.url,
    });
    await expect(freeze(world, parseSpec({ source }))).rejects.toMatchObject({
      code: 'DATA_WINDOW_EMPTY',
      message: expect.stringMatching(/2 rows there, 1 without a label .* 1 quarantined/),
    });
    expect(await scratchEntries(world)).toEqual([]);
  });
});

describe('files', () => {
  it('that are not there make the source unavailable, and damaged ones are named', async () => {
    const spec = parseSpec({
      source: { kind: 'parquet', path: join(world.dir, 'none*.parquet'), columns: { label: 'l' } },
    });
    await expect(freeze(world, spec)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    const path = join(world.dir, 'damaged.parquet');
    await writeFile(path, 'PAR1 this is no parquet file PAR1');
    const damaged = parseSpec({ source: { kind: 'parquet', path, columns: { label: 'l' } } });
    await expect(freeze(world, damaged)).rejects.toMatchObject({ code: 'DATA_SCHEMA_VIOLATION' });
  });

  it('with a text where a number is meant are told apart from a changed type', async () => {
    const rows = [row('a', 2, '1'), row('b', 3, 'n/a'), row('c', 4, ' 2.5 '), row('d', 5, '')];
    const source = await writeSource(world, 'csv', { types: TYPES, rows, columns: { label: 'label' } });
    const snapshot = await freeze(world, parseSpec({ source }));
    expect(snapshot.rows).toMatchObject({ in: 4, used: 3, quarantined: 1 });
    expect((await readManifest(world, snapshot)).quarantined).toEqual({ 'not-a-number:x': 1 });
    const words = await writeSource(world, 'csv', {
      types: TYPES,
      rows: [row('a', 2, 'low'), row('b', 2, 'high')],
      columns: { label: 'label' },
    });
    const facts = await world.dataset.inspect(parseSpec({ source: words }), { window: JANUARY, asOf: JANUARY.end });
    expect(facts.columns.find((column) => column.name === 'x')).toMatchObject({ isCompatible: false, nonFinite: 2 });
    const text = await writeSource(world, 'parquet', {
      types: { ...TYPES, x: 'text' },
      rows,
      columns: { label: 'label' },
    });
    await expect(freeze(world, parseSpec({ source: text }))).rejects.toMatchObject({ code: 'DATA_SCHEMA_VIOLATION' });
  });
});

describe('two snapshots', () => {
  it('tell how many ids they share and how far apart they lie', async () => {
    const types = TYPES;
    const make = async (rows: readonly Row[], window = JANUARY) => {
      const source = await writeSource(world, 'parquet', { types, rows, columns: { label: 'label' } });
      return freeze(world, parseSpec({ source }), { window });
    };
    const training = await make([row('a', 2), row('b', 3), row('c', 4)]);
    const apart = await make([row('x', 6), row('y', 7)]);
    expect(await world.dataset.overlap(training, apart)).toEqual({
      sharedIds: 0,
      gapMs: 2 * 86_400_000,
      training: { days: 3, rarerClassRows: 0 },
      holdout: { days: 2, rarerClassRows: 0 },
    });
    const mixed = await make([row('b', 3), row('c', 9), row('z', 9)]);
    expect(await world.dataset.overlap(training, mixed)).toMatchObject({ sharedIds: 2, gapMs: -86_400_000 });
  });
});

describe('an abort', () => {
  it('stops the work, rejects with its reason and leaves nothing behind', async () => {
    const rows = Array.from({ length: 500 }, (_, n) => row(`r${n}`, 1 + (n % 28)));
    const source = await writeSource(world, 'postgres', {
      types: TYPES,
      rows,
      columns: { label: 'label' },
      url: database.url,
    });
    const slow = parseSpec({
      source: {
        kind: 'postgres',
        query: `select *, pg_sleep(0.02) from ${String(source.table)} where event_at >= :start and event_at < :end and :as_of is not null`,
        columns: { label: 'label' },
      },
    });
    const controller = new AbortController();
    const work = world.dataset.freeze(slow, freezeRequest(), { signal: controller.signal });
    const refused = expect(work).rejects.toThrow('enough');
    await untilActive(database.url, 'pg_sleep');
    controller.abort(new Error('enough'));
    await refused;
    expect(await scratchEntries(world)).toEqual([]);
    await expect(world.dataset.freeze(slow, freezeRequest(), { signal: AbortSignal.abort() })).rejects.toThrow();
    const before = parseSpec({ source });
    await expect(world.dataset.freeze(before, freezeRequest(), { signal: noSignal() })).resolves.toBeDefined();
  });
});
