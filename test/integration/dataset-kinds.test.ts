// One snapshot whatever the kind of source: parquet, csv and postgres with the same values give the same digest and table.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  fraction,
  freeze,
  type Kind,
  LATER,
  makeWorld,
  noSignal,
  parseSpec,
  type Row,
  readIds,
  readManifest,
  readTable,
  scratchEntries,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const KINDS: readonly Kind[] = ['parquet', 'csv', 'postgres'];
const TYPES = {
  id: 'bigint',
  event_at: 'timestamptz',
  x: 'float8',
  cat: 'text',
  code: 'integer',
  seen_at: 'timestamptz',
  zone: 'text',
  label: 'integer',
  known_at: 'timestamptz',
};
const COLUMNS = { label: 'label', labelKnownAt: 'known_at' };
const FEATURES = [
  { kind: 'numeric', name: 'x' },
  { kind: 'categorical', name: 'cat' },
  { kind: 'categorical', name: 'code' },
  { kind: 'time', name: 'hour', part: 'hour' },
  { kind: 'time', name: 'seen_day', column: 'seen_at', part: 'weekday' },
];
const SLICES = [{ name: 'north', column: 'zone', in: ['n'] }];

const at = (minutes: number): string => new Date(Date.parse('2001-01-01T00:00:00Z') + minutes * 60_000).toISOString();

/** Ties in time, nulls, texts of every kind. */
const rows: Row[] = Array.from({ length: 3000 }, (_, n) => ({
  id: String(n + 1),
  event_at: at(Math.floor(fraction(`at ${n}`) * 31 * 24 * 60)),
  x: n % 11 === 0 ? null : String(fraction(`x ${n}`) * 1000 - 500),
  cat: n % 13 === 0 ? null : ["it's", 'naïve "x"', '007', 'a,b', '日本', '𝒜', '豈', 'ﬀ', 'x'.repeat(10_000)][n % 9]!,
  code: String(n % 5),
  seen_at: n % 7 === 0 ? null : at(n * 17),
  zone: n % 2 === 0 ? 'n' : 's',
  label: String(n % 3 === 0 ? 1 : 0),
  known_at: at(n % 50 === 0 ? 900_000 : 60_000),
}));

/** Those whose label is known when the snapshots are made. */
const labelled = rows.filter((row) => row.known_at! <= LATER);

let database: FreshDatabase;
let world: World;
const specs = {} as Record<Kind, ReturnType<typeof parseSpec>>;

beforeAll(async () => {
  database = await emptyDatabase('dataset-kinds');
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-dataset-')), { url: database.url });
  for (const kind of KINDS) {
    const source = await writeSource(world, kind, { types: TYPES, rows, columns: COLUMNS, url: database.url });
    specs[kind] = parseSpec({ source, features: FEATURES, slices: SLICES });
  }
});
afterAll(async () => {
  await database?.drop();
  await rm(world.dir, { recursive: true, force: true });
});

const JUNE = '2001-06-01T00:00:00.000Z';

describe('a snapshot', () => {
  it('has the same content digest from parquet, csv and postgres', async () => {
    const snapshots = await Promise.all(KINDS.map((kind) => freeze(world, specs[kind], { labelsAsOf: JUNE })));
    expect(new Set(snapshots.map((snapshot) => snapshot.contentDigest)).size).toBe(1);
    for (const { rows: counts } of snapshots) {
      expect(counts).toEqual({ in: 3000, used: 2940, unlabelled: 60, excluded: 0, quarantined: 0 });
    }
  });

  it('reads a slice from its own column also where a feature of that name reads another', async () => {
    const features = [{ kind: 'categorical', name: 'cat', column: 'id' }];
    const slices = [{ name: 's', column: 'cat', in: ['a'] }];
    const spec = parseSpec({ source: specs.parquet.source, features, slices });
    const table = await readTable(world, spec, await freeze(world, spec));
    const [feature] = table.features;
    const [slice] = table.sliceColumns;
    if (feature?.kind !== 'categorical' || slice?.kind !== 'categorical') throw new Error('both are categorical');
    expect(feature.levels.length).toBe(table.rows);
    expect(slice.name).toBe('cat');
    expect(new Set(slice.levels)).toEqual(new Set(labelled.flatMap((row) => row.cat ?? [])));
  });

  it('is read by name with the features that it has, may lack those that are named, and says which are not there', async () => {
    const own = parseSpec({ source: specs.parquet.source, features: [{ kind: 'numeric', name: 'x' }] });
    const past = { kind: 'categorical' as const, name: 'past', column: 'cat', embedding: 2, minCount: 1 };
    const gone = { kind: 'numeric' as const, name: 'gone' };
    const all = { ...own, features: [...own.features, gone, past] } as typeof own;
    await expect(freeze(world, all)).rejects.toMatchObject({ code: 'DATA_SCHEMA_VIOLATION' });
    const snapshot = await freeze(world, all, { mayLack: ['gone', 'past'] });
    const swapped = { ...own, features: [past, ...own.features] } as typeof own;
    const table = await readTable(world, swapped, snapshot);
    expect(table.features.map((column) => column.name)).toEqual(['past', 'x']);
    await expect(readTable(world, all, snapshot)).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      details: { missing: ['gone'] },
    });
    const other = { ...own, features: [{ ...past, column: 'id' }] } as typeof own;
    await expect(readTable(world, other, snapshot)).rejects.toMatchObject({ details: { missing: ['past'] } });
  });

  it('samples the same rows from every kind, about as many as asked for', async () => {
    const ids = await Promise.all(
      KINDS.map(async (kind) => {
        const spec = { ...specs[kind], sample: { fraction: 0.25, seed: 9 } };
        return readIds(world, await freeze(world, spec));
      }),
    );
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
    expect(ids[0]?.length).toBeGreaterThan(650);
    expect(ids[0]?.length).toBeLessThan(850);
  });

  it('keeps the digest when threads, row order and file layout change, and not when a value does', async () => {
    const digestOf = async (changed: readonly Row[], threads: number): Promise<string> => {
      const other = makeWorld(world.dir, { threads });
      const source = await writeSource(other, 'parquet', { types: TYPES, rows: changed, columns: COLUMNS });
      return (await freeze(other, parseSpec({ source, features: FEATURES, slices: SLICES }))).contentDigest;
    };
    const plain = await digestOf(rows, 1);
    expect(await digestOf(rows.toReversed(), 4)).toBe(plain);
    expect(
      await digestOf(
        rows.toSorted((a, b) => fraction(a.id!) - fraction(b.id!)),
        2,
      ),
    ).toBe(plain);
    expect(await digestOf(rows.with(17, { ...rows[17]!, x: '1.5' }), 1)).not.toBe(plain);
    expect(await digestOf(rows.with(17, { ...rows[17]!, cat: null }), 1)).not.toBe(plain);
  });

  it('is ordered by event time, then id, with typed columns in the order of the spec', async () => {
    for (const kind of KINDS) {
      const snapshot = await freeze(world, specs[kind]);
      const ids = await readIds(world, snapshot);
      const byId = new Map(rows.map((row) => [row.id!, row]));
      const expected = labelled
        .map((row) => [row.event_at!, row.id!] as const)
        .toSorted(([a, i], [b, k]) => (a < b ? -1 : a > b ? 1 : i < k ? -1 : 1));
      expect(ids).toEqual(expected.map(([, id]) => id));
      const table = await readTable(world, specs[kind], snapshot);
      expect(table.features.map((column) => column.name)).toEqual(['x', 'cat', 'code', 'hour', 'seen_day']);
      expect(table.sliceColumns.map((column) => column.name)).toEqual(['zone']);
      const sorted = ids.map((id) => byId.get(id)!);
      const [x, cat, code, hour, day] = table.features;
      if (x?.kind !== 'numeric') throw new Error('x is no number');
      expect([...x.values]).toEqual(sorted.map((row) => (row.x === null ? Number.NaN : Number(row.x))));
      for (const [column, name] of [
        [cat, 'cat'],
        [code, 'code'],
        [table.sliceColumns[0], 'zone'],
      ] as const) {
        if (column?.kind !== 'categorical') throw new Error('no category');
        expect([...column.codes].map((k) => column.levels[k] ?? null)).toEqual(sorted.map((row) => row[name]));
        expect(column.levels).toEqual(column.levels.toSorted((a, b) => (a < b ? -1 : 1)));
      }
      if (hour?.kind !== 'categorical' || day?.kind !== 'categorical') throw new Error('no time part');
      expect(hour.levels).toEqual(Array.from({ length: 24 }, (_, k) => String(k)));
      expect([...hour.codes]).toEqual(sorted.map((row) => new Date(row.event_at!).getUTCHours()));
      expect([...day.codes]).toEqual(
        sorted.map((row) => (row.seen_at == null ? -1 : (new Date(row.seen_at).getUTCDay() + 6) % 7)),
      );
      expect([...table.label]).toEqual(sorted.map((row) => Number(row.label)));
      expect([...table.day]).toEqual(sorted.map((row) => Math.floor(Date.parse(row.event_at!) / 86_400_000)));
    }
  });

  it('counts the rows before a boundary', async () => {
    const snapshot = await freeze(world, specs.parquet);
    const boundaryAt = '2001-01-20T12:30:00.000Z';
    const path = join(world.dir, 'boundary.pcol');
    const file = await world.dataset.toColumns(specs.parquet, { snapshot, path, boundaryAt }, { signal: noSignal() });
    expect(file.rowsBefore).toBe(labelled.filter((row) => row.event_at! < boundaryAt).length);
    expect(file.rows).toBe(labelled.length);
  });

  it('says in its manifest what it is made of', async () => {
    const manifest = await readManifest(world, await freeze(world, specs.csv, { labelsAsOf: JUNE }));
    expect(manifest.isAsOfGuaranteed).toEqual({ rows: false, labels: true });
    expect(manifest.rows).toEqual({ in: 3000, used: 2940, unlabelled: 60, excluded: 0, quarantined: 0 });
    const x = manifest.profile.f0_x!;
    expect(x.count + x.nulls).toBe(2940);
    const { counts, edges } = x.histogram;
    expect(counts.length).toBe(edges.length + 1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(x.count);
    expect(manifest.profile.f2_code?.top.length).toBe(5);
    expect(await scratchEntries(world)).toEqual([]);
  });
});

describe('facts and coverage', () => {
  it('are the same from every kind', async () => {
    const window = { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
    const facts = await Promise.all(KINDS.map((kind) => world.dataset.inspect(specs[kind], { window, asOf: JUNE })));
    const untyped = facts.map(({ columns, ...rest }) => ({
      ...rest,
      columns: columns.map((c) => ({ ...c, type: null })),
    }));
    expect(untyped[1]).toEqual(untyped[0]);
    expect(untyped[2]).toEqual(untyped[0]);
    expect(facts[0]?.rows).toBe(3000);
    expect(facts[0]?.rowsPerDay.length).toBe(31);
    expect(facts[0]?.columns.find((column) => column.name === 'x')?.nulls).toBe(273);
    const request = { window, inputsAsOf: JUNE, asOf: JUNE };
    const coverage = await Promise.all(KINDS.map((kind) => world.dataset.coverage(specs[kind], request)));
    expect(coverage[1]).toEqual(coverage[0]);
    expect(coverage[2]).toEqual(coverage[0]);
    expect(coverage[0]).toMatchObject({ rows: 3000, labelled: 2940, overall: 0.98 });
  });
});
