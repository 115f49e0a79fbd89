// Counts about labels, from each kind of source, with labels in the row and as facts of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PipelineSpec } from '#dist/core/spec/schema.js';
import type { LabelMeasures } from '#dist/core/triage/label-measures.js';
import type { Window } from '#dist/core/types.js';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  fraction,
  freeze,
  JANUARY,
  type Kind,
  makeWorld,
  noSignal,
  parseSpec,
  type Row,
  readIds,
  readManifest,
  type World,
  writeSource,
} from './dataset-fixtures.js';

const KINDS: readonly Kind[] = ['parquet', 'csv', 'postgres'];
let database: FreshDatabase;
let world: World;
beforeAll(async () => {
  database = await emptyDatabase('dataset-labels');
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-dataset-')), { url: database.url });
});
afterAll(async () => {
  await database?.drop();
  await rm(world.dir, { recursive: true, force: true });
});

const at = (day: number, hour: number): string =>
  new Date(Date.UTC(2001, 0, day, hour)).toISOString().replace('.000', '');
const FIRST: Window = { start: '2001-01-01T00:00:00.000Z', end: '2001-01-08T00:00:00.000Z' };
const SECOND: Window = { start: '2001-01-08T00:00:00.000Z', end: '2001-01-15T00:00:00.000Z' };
const measure = (spec: PipelineSpec, change: object = {}): Promise<LabelMeasures> =>
  world.dataset.measureLabels(
    spec,
    {
      window: SECOND,
      reference: FIRST,
      inputsAsOf: '2001-01-16T00:00:00.000Z',
      labelsAsOf: '2001-01-16T00:00:00.000Z',
      excluding: [],
      ...change,
    },
    { signal: noSignal() },
  );
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const TYPES = {
  id: 'bigint',
  event_at: 'timestamptz',
  x: 'float8',
  airport: 'text',
  late: 'int',
  known_at: 'timestamptz',
  decided: 'text',
  scored: 'text',
};
/** Forty rows a day for a fortnight; labels come ten hours later, on the second week's last day not at all. */
const ROWS: readonly Row[] = Array.from({ length: 560 }, (_, id) => {
  const [day, place] = [1 + Math.floor(id / 40), id % 40];
  const hour = place % 12;
  return {
    id: String(id),
    event_at: at(day, hour),
    x: String(place),
    airport: place % 4 === 0 ? 'ORD' : 'DFW',
    late: fraction(`late ${id}`) < 0.3 ? '1' : '0',
    known_at: day === 14 ? null : at(day, hour + 10),
    decided: place % 2 === 0 ? '3' : null,
    scored: day > 7 ? '3' : '2',
  };
});
const COLUMNS = { label: 'late', labelKnownAt: 'known_at', labelDecidedBy: 'decided', modelVersion: 'scored' };
const FEATURES = [
  { kind: 'numeric', name: 'x' },
  { kind: 'categorical', name: 'airport' },
  { kind: 'time', name: 'hour', part: 'hour' },
  { kind: 'numeric', name: 'not_there' },
];

describe.each(KINDS)('labels of two windows, from %s', (kind) => {
  const specOf = async (rows: readonly Row[] = ROWS): Promise<PipelineSpec> =>
    parseSpec({
      source: await writeSource(world, kind, { types: TYPES, rows, columns: COLUMNS, url: database.url }),
      features: FEATURES,
    });

  it('are counted by day, value, age and version', async () => {
    const found = await measure(await specOf());
    const { current, reference } = found;
    expect(current.days).toEqual(Array.from({ length: 7 }, (_, day) => `2001-01-${String(8 + day).padStart(2, '0')}`));
    expect(current.all.rows).toEqual(new Array(7).fill(40));
    expect(current.all.labelled).toEqual([40, 40, 40, 40, 40, 40, 0]);
    const late = ROWS.filter(({ id, late: label }) => Number(id) >= 280 && Number(id) < 520 && label === '1').length;
    expect(sum(current.all.positives)).toBe(late);
    expect(current.mature).toEqual({ rows: 280, labelled: 240, positives: late });
    expect(reference?.all.labelled).toEqual(new Array(7).fill(40));
    expect(current.ages).toMatchObject({ hours: [10, ...range(37, 48)], waiting: [0, ...waiting()] });
    expect(sum(current.ages?.positives ?? [])).toBe(late);
    expect(current.decidedBy).toEqual([
      { version: '3', labels: 120 },
      { version: null, labels: 120 },
    ]);
    expect(current.scoredBy).toEqual([{ version: '3', rows: 280, labelled: 240 }]);
    expect(reference?.scoredBy).toEqual([{ version: '2', rows: 280, labelled: 280 }]);
    expect(found.unread).toEqual(['not_there']);
    expect(current).toMatchObject({ knownBeforeEvent: 0, knownAfterLabel: 0 });
    // Values with a hundred labelled rows in each window; airport ORD has sixty.
    expect(found.slices.filter(({ kind: cut }) => cut === 'category').map(({ value }) => value)).toEqual(['DFW']);
    expect(sum(found.slices.find(({ value }) => value === 'DFW')?.current.labelled ?? [])).toBe(180);
    expect(found.features.map(({ feature, distinct }) => [feature, distinct])).toEqual([
      ['x', 40],
      ['airport', 2],
      ['hour', 168],
    ]);
  });

  it('leave excluded windows out, and what was not known then', async () => {
    const excluding = [{ start: '2001-01-09T06:00:00.000Z', end: '2001-01-10T00:00:00.000Z' }];
    const early = await measure(await specOf(), { excluding, labelsAsOf: '2001-01-12T00:00:00.000Z' });
    expect(early.current.days).not.toContain('2001-01-09');
    expect(early.current.all.labelled.slice(0, 2)).toEqual([40, 40]);
    expect(sum(early.current.all.labelled.slice(4))).toBe(0);
  });

  it('tell a feature that is the label, and rows alike with both labels', async () => {
    const leaking = ROWS.map((row) => ({ ...row, x: row.late!, airport: 'ORD', event_at: row.event_at! }));
    const { features, current } = await measure(await specOf(leaking));
    expect(features.find(({ feature }) => feature === 'x')?.auc).toBe(1);
    expect(current.conflicts).toMatchObject({ ids: 0, alikeConflicts: 0 });
    const same = ROWS.map((row) => ({ ...row, x: '1', airport: 'ORD' }));
    const mixed = (await measure(await specOf(same))).current.conflicts;
    expect(mixed.alikeGroups).toBe(6 * 12);
    expect(mixed.alikeConflicts).toBeGreaterThan(10);
    expect(mixed.alikeConflictRows).toBeGreaterThan(mixed.alikeConflicts);
  });

  it('name the column of versions that is not there', async () => {
    const spec = await specOf();
    const columns = { ...spec.source.columns, labelDecidedBy: 'nowhere' };
    const wrong = { ...spec, source: { ...spec.source, columns } } as PipelineSpec;
    await expect(measure(wrong)).rejects.toMatchObject({ code: 'DATA_SCHEMA_VIOLATION' });
  });

  it('with two labels of one instant put the rows of that id in quarantine, whatever duplicates there are', async () => {
    const rows = ROWS.slice(0, 40);
    const twice: Row[] = [
      { ...rows[3]!, late: rows[3]!.late === '1' ? '0' : '1' },
      // A correction known later, and the same row again: no conflict.
      { ...rows[5]! },
    ];
    const spec = await specOf([...rows, ...twice]);
    const known = { ...spec, features: spec.features.slice(0, 3) };
    const snapshot = await freeze(world, known, { window: JANUARY });
    expect(snapshot.rows).toEqual({ in: 42, used: 39, unlabelled: 0, excluded: 0, quarantined: 3 });
    expect((await readManifest(world, snapshot)).quarantined).toEqual({ 'label-conflict': 2, 'duplicate-id': 1 });
    expect(await readIds(world, snapshot)).not.toContain('3');
    expect((await measure(known, { window: FIRST, reference: null })).current.conflicts.ids).toBe(1);
  });

  it('as facts of their own count the latest, and conflict only at one instant', async () => {
    const { late: _late, known_at: _known, ...types } = TYPES;
    const facts: Row[] = ROWS.slice(0, 80).map(({ id, late }) => ({ id: id!, label: late!, known_at: at(4, 0) }));
    const flipped = (id: number, known: string): Row => ({
      id: String(id),
      label: ROWS[id]!.late === '1' ? '0' : '1',
      known_at: known,
    });
    const labels = {
      types: { id: 'bigint', label: 'int', known_at: 'timestamptz' },
      rows: [...facts, flipped(1, at(4, 0)), flipped(2, at(5, 0)), flipped(4, at(4, 0)), flipped(4, at(6, 0))],
      columns: { knownAt: 'known_at' },
    };
    const columns = { labelDecidedBy: 'decided', modelVersion: 'scored' };
    const source = await writeSource(world, kind, { types, rows: ROWS, columns, labels, url: database.url });
    const spec = parseSpec({ source, features: FEATURES.slice(0, 3) });
    const { current } = await measure(spec, { window: FIRST, reference: null });
    expect(current.conflicts.ids).toBe(1);
    expect(sum(current.all.labelled)).toBe(80);
    expect(current.decidedBy?.map(({ labels: count }) => count)).toEqual([40, 40]);
    const snapshot = await freeze(world, spec, { window: JANUARY });
    expect(snapshot.rows).toMatchObject({ in: 560, used: 79, unlabelled: 480, quarantined: 1 });
  });
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, step) => from + step);

/** The last day's rows by their hours of waiting until the sixteenth, midnight: 37 for those of eleven o'clock. */
function waiting(): number[] {
  const last = ROWS.slice(520).map((row) => (Date.UTC(2001, 0, 16) - Date.parse(row.event_at!)) / 3_600_000);
  return range(37, 48).map((hours) => last.filter((own) => own === hours).length);
}
