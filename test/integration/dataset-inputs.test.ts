// Counts of a window's inputs: the same from every kind of source, exact where values are few, and facts where columns are missing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnInputs, InputMeasures, WindowInputs } from '#dist/core/triage/input-measures.js';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  fraction,
  type Kind,
  LATER,
  makeWorld,
  parseSpec,
  type Row,
  scratchEntries,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const KINDS: readonly Kind[] = ['parquet', 'csv', 'postgres'];
const TYPES = {
  id: 'bigint',
  event_at: 'timestamptz',
  x: 'float8',
  'we"ird; name': 'float8',
  cat: 'text',
  cat_again: 'text',
  seen_at: 'timestamptz',
  label: 'integer',
  known_at: 'timestamptz',
};
const FEATURES = [
  { kind: 'numeric', name: 'x' },
  { kind: 'numeric', name: 'few', column: 'we"ird; name' },
  { kind: 'categorical', name: 'cat', recomputed: 'cat_again' },
  { kind: 'time', name: 'hour', part: 'hour' },
  { kind: 'time', name: 'seen_day', column: 'seen_at', part: 'weekday' },
];
const DAYS = 12;
const DAY_ROWS = 400;
const START = Date.parse('2001-01-01T00:00:00Z');
const at = (ms: number): string => new Date(START + ms).toISOString();
const NAMES = ["it's", 'naïve "x"', '007', "'; DROP TABLE source_rows; --", '日本', 'x'.repeat(300)];

/** Twelve days; on the last four `few` is tripled; one row stands twice under two ids, one id twice. */
const rows: Row[] = Array.from({ length: DAYS * DAY_ROWS }, (_, n) => {
  const day = Math.floor(n / DAY_ROWS);
  const name = NAMES[Math.floor(fraction(`c ${n}`) * NAMES.length)]!;
  return {
    id: String(n + 1),
    event_at: at(day * 86_400_000 + Math.floor(fraction(`t ${n}`) * 1440) * 60_000),
    x: n % 11 === 0 ? null : String(fraction(`x ${n}`) * 1000),
    'we"ird; name': String(Math.floor(fraction(`f ${n}`) * 5) * (day >= 8 ? 3 : 1)),
    cat: name,
    cat_again: n % 100 === 0 ? 'other' : name,
    seen_at: n % 7 === 0 ? null : at(n * 60_000),
    label: String(n % 2),
    known_at: at(n % 2 === 0 ? 10 * 86_400_000 : 400 * 86_400_000),
  };
});
rows.push({ ...rows[4501]!, id: '9000001' }, { ...rows[4601]! });

const window = (from: number, to: number) => ({ start: at(from * 86_400_000), end: at(to * 86_400_000) });

let dir: string;
let database: FreshDatabase;
let world: World;
const measured: Partial<Record<Kind, InputMeasures>> = {};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-inputs-'));
  database = await emptyDatabase('dataset_inputs');
  world = makeWorld(dir, { url: database.url, threads: 2 });
  for (const kind of KINDS) {
    const columns = { label: 'label', labelKnownAt: 'known_at' };
    const source = await writeSource(world, kind, { types: TYPES, rows, columns, url: database.url });
    measured[kind] = await world.dataset.measureInputs(parseSpec({ source, features: FEATURES }), {
      window: window(8, 12),
      reference: window(1, 8),
      season: window(0, 2),
      inputsAsOf: LATER,
      labelsAsOf: at(30 * 86_400_000),
      excluding: [window(2, 3)],
      alsoAt: { x: [250, 500] },
    });
  }
});
afterAll(async () => {
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

const columnOf = <K extends ColumnInputs['kind']>(inputs: WindowInputs, feature: string, kind: K) => {
  const found = inputs.columns.find((column) => column.feature === feature);
  if (found?.kind !== kind) throw new Error(`${feature} is no ${kind} column.`);
  return found as Extract<ColumnInputs, { kind: K }>;
};
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Types are named as each source names them; everything else is equal. */
const comparable = (measures: InputMeasures): unknown =>
  JSON.parse(JSON.stringify(measures), (key, value) =>
    key === 'type' || key === 'facts' || key === 'sketch' ? null : value,
  );

describe('counts of a window’s inputs', () => {
  it.each(KINDS)('are the same from %s as from parquet, and leave nothing behind', async (kind) => {
    expect(comparable(measured[kind]!)).toEqual(comparable(measured.parquet!));
    expect(await scratchEntries(world)).toEqual([]);
  });

  it('come by day, without excluded ones, for window, reference and season', () => {
    const { current, reference, season } = measured.parquet!;
    expect(current.days).toEqual(['2001-01-09', '2001-01-10', '2001-01-11', '2001-01-12']);
    expect(reference?.days).toEqual(['02', '04', '05', '06', '07', '08'].map((day) => `2001-01-${day}`));
    expect(season?.days).toEqual(['2001-01-01', '2001-01-02']);
    expect(current.rows).toEqual([400, 400, 400, 402]);
    expect(current.rowsPerHour.map(sum)).toEqual(current.rows);
    expect(current.facts.rows).toBe(1602);
  });

  it('tell a repeated id from repeated content, each on its day', () => {
    const { current } = measured.parquet!;
    expect(current.duplicateIds).toEqual([0, 0, 0, 1]);
    expect(current.duplicateRows).toEqual([0, 0, 0, 2]);
  });

  it('hold every value of a column of few, with hostile names and values intact', () => {
    const { current, reference } = measured.csv!;
    const few = columnOf(current, 'few', 'numeric');
    expect(few.column).toBe('we"ird; name');
    expect(few.numbers).toMatchObject({ kind: 'values', values: [0, 3, 6, 9, 12] });
    expect(columnOf(reference!, 'few', 'numeric').numbers).toMatchObject({ values: [0, 1, 2, 3, 4] });
    const cat = columnOf(reference!, 'cat', 'categorical');
    expect([...cat.levels].sort()).toEqual([...NAMES.slice(0, 5), 'x'.repeat(200)].sort());
    expect(sum(cat.counts.map(sum))).toBe(6 * 400);
  });

  it('count a column of many values into bins of the reference and the edges that were asked for', () => {
    const { current, reference } = measured.postgres!;
    const own = columnOf(current, 'x', 'numeric').numbers;
    const past = columnOf(reference!, 'x', 'numeric').numbers;
    if (own.kind !== 'bins' || past.kind !== 'bins') throw new Error('x has many values.');
    expect(own.edges).toEqual(past.edges);
    expect(own.edges).toEqual(expect.arrayContaining([250, 500]));
    const below = rows.filter((row, n) => n >= 3200 && row.x != null && Number(row.x) <= 250).length;
    const bins = own.edges.indexOf(250) + 1;
    expect(sum(own.counts.map((day) => sum(day.slice(0, bins))))).toBe(below);
    expect(sum(columnOf(current, 'x', 'numeric').nulls)).toBe(
      rows.filter((row, n) => n >= 3200 && row.x === null).length,
    );
    expect(own.sketch.every((day) => day.length === 65)).toBe(true);
  });

  it('count parts of instants, and labels that are known at the as-of', () => {
    const { current } = measured.parquet!;
    const hour = columnOf(current, 'hour', 'time');
    expect([hour.isEventTime, hour.levels.length]).toEqual([true, 24]);
    expect(hour.counts.map(sum)).toEqual(current.rows);
    const known = rows.filter((row, n) => n >= 3200 && row.label === '0').length;
    expect(sum(hour.labelled)).toBe(known);
    expect(sum(columnOf(current, 'few', 'numeric').numbers.labelled)).toBe(known);
    const seen = columnOf(current, 'seen_day', 'time');
    expect([seen.isEventTime, seen.levels]).toEqual([false, [1, 2, 3, 4, 5, 6, 7]]);
    expect(sum(seen.nulls)).toBeGreaterThan(200);
  });

  it('compare logged with recomputed values row by row', () => {
    const [cat] = measured.csv!.recomputed;
    expect(cat).toMatchObject({ column: 'cat', against: 'cat_again', isMeasured: true, rows: [400, 400, 400, 402] });
    expect(cat?.differing).toEqual([4, 4, 4, 4]);
  });
});

it('a column that is missing, one of another type and a second source that is not there are facts', async () => {
  const types = { id: 'bigint', event_at: 'timestamptz', x: 'text' };
  const few: Row[] = [0, 1, 2].map((n) => ({ id: String(n), event_at: at(n * 1000), x: 'a' }));
  const source = await writeSource(world, 'parquet', { types, rows: few });
  const features = [
    { kind: 'numeric', name: 'x' },
    { kind: 'categorical', name: 'gone', recomputed: 'gone_too' },
    { kind: 'time', name: 'hour', part: 'hour' },
  ];
  const request = {
    window: window(0, 1),
    reference: window(1, 2),
    season: null,
    inputsAsOf: LATER,
    labelsAsOf: LATER,
    excluding: [],
  };
  const measures = await world.dataset.measureInputs(parseSpec({ source, features }), request);
  expect(measures.current.columns.map(({ isMeasured }) => isMeasured)).toEqual([false, false, true]);
  expect(measures.reference).toBeNull();
  expect(measures.recomputed).toEqual([
    { column: 'gone', against: 'gone_too', isMeasured: false, rows: [0], differing: [0] },
  ]);
  const lost = parseSpec({ source: { ...source, columns: { eventAt: 'x_at' } }, features });
  expect((await world.dataset.measureInputs(lost, request)).current).toMatchObject({ days: [], rows: [] });
});

it('labels in a relation of their own are joined, and numbers agree with a second source within rounding', async () => {
  const types = { id: 'bigint', event_at: 'timestamptz', x: 'float8', y: 'float8' };
  const pairs = [
    ['1', '1'],
    ['1', '1.0000000001'],
    ['1', '1.000001'],
    [null, '1'],
    [null, null],
    ['0', '0'],
  ] as const;
  const few: Row[] = pairs.map(([x, y], n) => ({ id: String(n), event_at: at(n * 1000), x, y }));
  const labels = { types: { id: 'bigint', label: 'integer' }, rows: [{ id: '0', label: '1' }] };
  const source = await writeSource(world, 'csv', { types, rows: few, labels });
  const spec = parseSpec({ source, features: [{ kind: 'numeric', name: 'x', recomputed: 'y' }] });
  const request = {
    window: window(0, 1),
    reference: null,
    season: null,
    inputsAsOf: LATER,
    labelsAsOf: LATER,
    excluding: [],
  };
  const measures = await world.dataset.measureInputs(spec, request);
  expect(measures.recomputed).toEqual([{ column: 'x', against: 'y', isMeasured: true, rows: [5], differing: [2] }]);
  expect(columnOf(measures.current, 'x', 'numeric').numbers).toMatchObject({ values: [0, 1], labelled: [0, 1] });
});
