// Whatever the rows: each belongs to one class, as a second reading in plain code counts them, and order does not show.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipelineError } from '#dist/core/errors.js';
import {
  fraction,
  freeze,
  JANUARY,
  makeWorld,
  parseSpec,
  type Row,
  readIds,
  type World,
  writeSource,
} from '../integration/dataset-fixtures.js';

let world: World;
beforeAll(async () => {
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-property-')), { threads: 2 });
});
afterAll(() => rm(world.dir, { recursive: true, force: true }));

const TYPES = {
  id: 'text',
  event_at: 'timestamptz',
  seen: 'timestamptz',
  x: 'float8',
  label: 'integer',
  known: 'timestamptz',
};
const COLUMNS = { rowKnownAt: 'seen', label: 'label', labelKnownAt: 'known' };
const AS_OF = '2001-02-10T00:00:00.000Z';
const EXCLUDED = { start: '2001-01-10T00:00:00.000Z', end: '2001-01-12T00:00:00.000Z' };

const instant = (days: number): string =>
  new Date(Date.parse('2001-01-01T00:00:00Z') + days * 86_400_000).toISOString();
const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 12, nil: null });
const rowOf = fc.record({
  id: orNull(fc.integer({ min: 0, max: 200 }).map((n) => `r${n}`)),
  event_at: orNull(fc.integer({ min: -3, max: 34 }).map(instant)),
  seen: orNull(fc.integer({ min: 20, max: 45 }).map(instant)),
  x: orNull(fc.constantFrom('1', '2.5', '-7', '1000', 'NaN', 'Infinity')),
  label: orNull(fc.constantFrom('0', '1')),
  known: orNull(fc.integer({ min: 10, max: 60 }).map(instant)),
});

/** The same rules again, row by row. */
function countAgain(rows: readonly Row[], last: number | null) {
  const total = { in: 0, used: 0, unlabelled: 0, excluded: 0, quarantined: 0 };
  const exists = rows.filter(
    ({ event_at: at, seen }) =>
      (at == null || (at >= JANUARY.start && at < JANUARY.end)) && (seen == null || seen <= AS_OF),
  );
  const firstAt = new Map<string, string>();
  for (const { id, event_at: at } of exists) {
    const known = id == null ? undefined : firstAt.get(id);
    if (id != null && (known === undefined || (at ?? '~') < known)) firstAt.set(id, at ?? '~');
  }
  const taken = new Set<string>();
  for (const { id, event_at: at, seen, x, label, known } of exists) {
    total.in += 1;
    const isFirst = id != null && firstAt.get(id) === (at ?? '~') && !taken.has(id);
    if (id != null && isFirst) taken.add(id);
    if (at != null && at >= EXCLUDED.start && at < EXCLUDED.end) total.excluded += 1;
    else if (at == null || id == null || seen == null || !isFirst) total.quarantined += 1;
    else if (x != null && !(Number(x) >= -10 && Number(x) <= 100)) total.quarantined += 1;
    else if (label == null || known == null || known > AS_OF) total.unlabelled += 1;
    else total.used += 1;
  }
  const old = last === null ? 0 : Math.max(0, total.used - last);
  return { ...total, used: total.used - old, excluded: total.excluded + old };
}

/** Rows of one id at one instant differ in nothing, so that which of them is first does not matter. */
const withoutTies = (rows: readonly Row[]): Row[] => {
  const seen = new Map<string, Row>();
  return rows.map((row) => {
    const key = `${row.id} ${row.event_at}`;
    const known = row.id === null ? undefined : seen.get(key);
    if (known === undefined) seen.set(key, row);
    return known ?? row;
  });
};

async function freezeRows(rows: readonly Row[], last: number | null) {
  const source = await writeSource(world, 'parquet', { types: TYPES, rows, columns: COLUMNS });
  const spec = parseSpec({ source, quality: { ranges: { x: { min: -10, max: 100 } } } });
  const snapshot = await freeze(world, spec, { inputsAsOf: AS_OF, labelsAsOf: AS_OF, excluding: [EXCLUDED], last });
  return { snapshot, ids: await readIds(world, snapshot) };
}

describe('rows of a window', () => {
  it('are used, unlabelled, excluded or quarantined, each once, whatever their order', async () => {
    const cases = fc.record({
      rows: fc.array(rowOf, { minLength: 1, maxLength: 120 }).map(withoutTies),
      last: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, last }) => {
        const expected = countAgain(rows, last);
        if (expected.used === 0) {
          const failure = await freezeRows(rows, last).catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(PipelineError);
          expect(failure).toMatchObject({ code: 'DATA_WINDOW_EMPTY' });
          const {
            used,
            unlabelled,
            excluded,
            quarantined,
            in: all,
          } = (failure as PipelineError).details.rows as ReturnType<typeof countAgain>;
          expect({ in: all, used, unlabelled, excluded, quarantined }).toEqual(expected);
          return;
        }
        const { snapshot, ids } = await freezeRows(rows, last);
        expect(snapshot.rows).toEqual(expected);
        expect(new Set(ids).size).toBe(ids.length);
        const mixed = rows.toSorted((a, b) => fraction(JSON.stringify(a)) - fraction(JSON.stringify(b)));
        const again = await freezeRows(mixed, last);
        expect(again.snapshot.contentDigest).toBe(snapshot.contentDigest);
        expect(again.ids).toEqual(ids);
      }),
      { seed: 20010101, numRuns: 40 },
    );
  });
});
