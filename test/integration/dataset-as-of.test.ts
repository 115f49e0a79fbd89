// Knowledge as of an instant, on every path: a label or a row known later does not exist yet.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  freeze,
  JANUARY,
  type Kind,
  makeWorld,
  parseSpec,
  type Row,
  readIds,
  readManifest,
  readTable,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const KINDS: readonly Kind[] = ['parquet', 'csv', 'postgres'];

let database: FreshDatabase;
let world: World;
beforeAll(async () => {
  database = await emptyDatabase('dataset-as-of');
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-dataset-')), { url: database.url });
});
afterAll(async () => {
  await database?.drop();
  await rm(world.dir, { recursive: true, force: true });
});

const TYPES = { id: 'bigint', event_at: 'timestamptz', x: 'float8', row_known_at: 'timestamptz' };
const row = (id: number, day: number, known: string | null = null): Row => ({
  id: String(id),
  event_at: `2001-01-${String(day).padStart(2, '0')}T12:00:00Z`,
  x: String(id / 4),
  row_known_at: known ?? `2001-01-${String(day).padStart(2, '0')}T13:00:00Z`,
});
const LABEL_TYPES = { id: 'bigint', label: 'text', known_at: 'timestamptz' };
const fact = (id: number, label: string | null, known: string | null): Row => ({
  id: String(id),
  label,
  known_at: known,
});

const day = (n: number): string => `2001-02-${String(n).padStart(2, '0')}T00:00:00.000Z`;

describe.each(KINDS)('labels as facts of their own, from %s', (kind) => {
  const rows = [row(1, 3), row(2, 3), row(3, 4), row(4, 5), row(5, 6)];
  const facts = [
    fact(1, 'late', day(1)),
    fact(1, 'early', day(5)),
    fact(2, 'early', day(2)),
    fact(2, 'late', day(2)),
    fact(3, 'late', day(3)),
    fact(3, null, day(7)),
    fact(4, 'late', null),
    fact(99, 'late', day(1)),
  ];
  const spec = async () => {
    const labels = { types: LABEL_TYPES, rows: facts, columns: { knownAt: 'known_at' } };
    const source = await writeSource(world, kind, {
      types: TYPES,
      rows,
      columns: { rowKnownAt: 'row_known_at' },
      labels,
      url: database.url,
    });
    return parseSpec({ source, target: { positive: 'late' } });
  };

  it('takes the latest fact that was known, so that a correction never rewrites the past', async () => {
    const parsed = await spec();
    const labelsAt = async (labelsAsOf: string) => {
      const snapshot = await freeze(world, parsed, { labelsAsOf });
      const ids = await readIds(world, snapshot);
      const { label } = await readTable(world, parsed, snapshot);
      return Object.fromEntries(ids.map((id, at) => [id, label[at]]));
    };
    expect(await labelsAt(day(1))).toEqual({ 1: 1 });
    // Of two labels of one instant nobody can tell which is right: the row is quarantined.
    expect(await labelsAt(day(2))).toEqual({ 1: 1 });
    expect(await labelsAt(day(4))).toEqual({ 1: 1, 3: 1 });
    expect(await labelsAt(day(6))).toEqual({ 1: 0, 3: 1 });
    // A null takes a label back; a fact without a known-at is never known.
    expect(await labelsAt(day(8))).toEqual({ 1: 0 });
  });

  it('gives the same digest for the same as-of, whatever became known since', async () => {
    const parsed = await spec();
    const early = await freeze(world, parsed, { labelsAsOf: day(4) });
    const labels = {
      types: LABEL_TYPES,
      rows: facts.filter((f) => f.known_at != null && f.known_at <= day(4)),
      columns: { knownAt: 'known_at' },
    };
    const source = await writeSource(world, kind, {
      types: TYPES,
      rows,
      columns: { rowKnownAt: 'row_known_at' },
      labels,
      url: database.url,
    });
    const then = await freeze(world, parseSpec({ source, target: { positive: 'late' } }), { labelsAsOf: day(4) });
    expect(then.contentDigest).toBe(early.contentDigest);
    expect(then.rows).toEqual(early.rows);
  });

  it('counts coverage as of the instant, and says which label was the newest', async () => {
    const parsed = await spec();
    const request = { window: JANUARY, inputsAsOf: day(1), asOf: day(2) };
    const coverage = await world.dataset.coverage(parsed, request);
    expect(coverage).toMatchObject({ rows: 5, labelled: 2, overall: 0.4, newestLabelAt: day(2) });
    const none = await world.dataset.coverage(parsed, { ...request, asOf: '2001-01-31T00:00:00.000Z' });
    expect(none).toMatchObject({ labelled: 0, overall: 0, newestLabelAt: null, perClass: null });
  });
});

describe.each(KINDS)('labels in the row, from %s', (kind) => {
  const types = { ...TYPES, late: 'integer', landed_at: 'timestamptz' };
  const rows = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({
    ...row(n, n, n === 8 ? day(20) : null),
    late: n === 7 ? null : String(n % 2),
    landed_at: n === 6 ? null : `2001-01-${String(n + 10)}T03:00:00Z`,
  }));

  it('leaves out rows that were not known and labels that were not there', async () => {
    const columns = { rowKnownAt: 'row_known_at', label: 'late', labelKnownAt: 'landed_at' };
    const spec = parseSpec({ source: await writeSource(world, kind, { types, rows, columns, url: database.url }) });
    const snapshot = await freeze(world, spec, { inputsAsOf: day(10), labelsAsOf: '2001-01-14T03:00:00.000Z' });
    expect(await readIds(world, snapshot)).toEqual(['1', '2', '3', '4']);
    expect(snapshot.rows).toEqual({ in: 7, used: 4, unlabelled: 3, excluded: 0, quarantined: 0 });
    const later = await freeze(world, spec, { inputsAsOf: day(21), labelsAsOf: day(21) });
    expect(await readIds(world, later)).toEqual(['1', '2', '3', '4', '5', '8']);
    const facts = await world.dataset.inspect(spec, { window: JANUARY, asOf: day(10) });
    expect(facts.rows).toBe(7);
    expect(facts.isAsOfGuaranteed).toEqual({ rows: true, labels: true });
  });

  it('works without known-at columns and says that the as-of is not guaranteed', async () => {
    const columns = { label: 'late' };
    const spec = parseSpec({ source: await writeSource(world, kind, { types, rows, columns, url: database.url }) });
    const snapshot = await freeze(world, spec, { inputsAsOf: JANUARY.start, labelsAsOf: JANUARY.start });
    expect(snapshot.rows).toMatchObject({ in: 8, used: 7, unlabelled: 1 });
    expect((await readManifest(world, snapshot)).isAsOfGuaranteed).toEqual({ rows: false, labels: false });
  });
});

describe('an excluded window', () => {
  it('counts neither in coverage nor in the facts, and its days are not expected', async () => {
    // Days 1 to 4; the third is broken: twice the rows, no labels, ids of other days, values out of range.
    const types = { id: 'bigint', event_at: 'timestamptz', x: 'float8', late: 'integer' };
    const rows = [1, 2, 3, 4].flatMap((n) =>
      Array.from({ length: n === 3 ? 20 : 10 }, (_, at): Row => {
        const isBad = n === 3;
        const event = `2001-01-0${n}T0${at % 10}:00:00Z`;
        return { id: `${isBad ? at : n * 100 + at}`, event_at: event, x: isBad ? '-9' : '1', late: isBad ? null : '1' };
      }),
    );
    const source = await writeSource(world, 'parquet', { types, rows, columns: { label: 'late' } });
    const spec = parseSpec({ source, quality: { ranges: { x: { min: 0 } } } });
    const window = { start: '2001-01-01T00:00:00.000Z', end: '2001-01-05T00:00:00.000Z' };
    const excluding = [{ start: '2001-01-03T00:00:00.000Z', end: '2001-01-04T00:00:00.000Z' }];
    const request = { window, asOf: day(1), inputsAsOf: day(1) };
    expect(await world.dataset.coverage(spec, request)).toMatchObject({ rows: 50, labelled: 30, overall: 0.6 });
    const covered = await world.dataset.coverage(spec, { ...request, excluding });
    expect(covered).toMatchObject({ rows: 30, labelled: 30, overall: 1 });
    const facts = await world.dataset.inspect(spec, { window, asOf: day(1), excluding });
    expect(facts.rows).toBe(30);
    expect(facts.columns.find((column) => column.name === 'x')).toMatchObject({ outOfRange: 0, min: 1 });
    expect(facts.rowsPerDay.map((one) => one.day)).toEqual(['2001-01-01', '2001-01-02', '2001-01-04']);
  });
});

describe('coverage per class', () => {
  const types = { id: 'bigint', event_at: 'timestamptz', x: 'float8', late: 'integer', known_at: 'timestamptz' };
  /** 40 rows a day for 40 days, every fourth one positive; positives are known after six days, the others after one. */
  const rows = Array.from({ length: 1600 }, (_, n): Row => {
    const event = Date.parse('2001-01-01T00:00:00Z') + Math.floor(n / 40) * 86_400_000;
    const late = n % 4 === 0;
    return {
      id: String(n),
      event_at: new Date(event).toISOString(),
      x: '1',
      late: late ? '1' : '0',
      known_at: new Date(event + (late ? 6 : 1) * 86_400_000).toISOString(),
    };
  });

  it('shows the class whose labels come late as missing in a young window, and neither in an old one', async () => {
    const source = await writeSource(world, 'parquet', {
      types,
      rows,
      columns: { label: 'late', labelKnownAt: 'known_at' },
    });
    const spec = parseSpec({ source, labels: { delay: 'P6D' }, holdout: { embargo: 'P6D' } });
    const window = { start: '2001-02-01T00:00:00.000Z', end: '2001-02-05T00:00:00.000Z' };
    const young = await world.dataset.coverage(spec, { window, inputsAsOf: window.end, asOf: window.end });
    expect(young).toMatchObject({ rows: 160, labelled: 120, overall: 0.75, perClass: { 0: 1, 1: 0 } });
    const asOf = '2001-02-09T00:00:00.000Z';
    const half = await world.dataset.coverage(spec, { window, inputsAsOf: asOf, asOf });
    expect(half.perClass).toEqual({ 0: 1, 1: 0.75 });
    const old = await world.dataset.coverage(spec, { window, inputsAsOf: asOf, asOf: '2001-03-01T00:00:00.000Z' });
    expect(old).toMatchObject({ overall: 1, perClass: { 0: 1, 1: 1 } });
  });
});
