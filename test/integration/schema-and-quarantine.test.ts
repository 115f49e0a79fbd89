// The reviewed schema of a source and the quarantine, on real rows and a real registry: inferred, accepted, held against; rows
// left out are listed, and used again once somebody vouches for them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchemaActivities } from '#dist/activities/create-schema-activities.js';
import type { ActivityDeps } from '#dist/activities/deps.js';
import { recordQuarantined } from '#dist/activities/record-quarantined.js';
import { canonicalDigest, canonicalJson } from '#dist/core/canonical-json.js';
import { listQuarantines, listReleases, releaseQuarantine } from '#dist/registry/quarantines.js';
import { acceptSchema, listSchemas } from '#dist/registry/source-schemas.js';
import { applySpec } from '#dist/registry/specs.js';
import { freeze, JANUARY, makeWorld, parseSpec, type Row, type World, writeSource } from './dataset-fixtures.js';
import { openRunFor, useRegistry } from './registry-fixtures.js';

const own = useRegistry('schema-and-quarantine');
let world: World;
beforeAll(async () => {
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-schema-')));
});
afterAll(() => rm(world.dir, { recursive: true, force: true }));

const TYPES = { id: 'text', event_at: 'timestamptz', x: 'float8', city: 'text', label: 'integer' };
const row = (id: string, x: string, city = 'Oslo'): Row => ({
  id,
  event_at: `2001-01-${id.padStart(2, '0')}T12:00:00Z`,
  x,
  city,
  label: '1',
});
const LATER = '2002-01-01T00:00:00.000Z';

async function modelOver(model: string, rows: readonly Row[]) {
  const source = await writeSource(world, 'parquet', { types: TYPES, rows, columns: { label: 'label' } });
  const spec = parseSpec({
    model,
    source,
    features: [
      { kind: 'numeric', name: 'x' },
      { kind: 'categorical', name: 'city' },
    ],
    quality: { ranges: { x: { min: 0, max: 100 } } },
  });
  const digest = canonicalDigest(spec);
  await applySpec(own.pool, { spec, digest, canonicalText: canonicalJson(spec), by: 'operator' });
  return { spec, digest };
}

describe('the schema of a source', () => {
  const infer = (modelId: string, specDigest: string) => {
    const deps = { registry: own.registry, dataset: world.dataset } as unknown as ActivityDeps;
    const request = { modelId, specDigest, window: JANUARY, asOf: LATER, by: 'operator' };
    return createSchemaActivities(deps).inferSchema(request);
  };

  it('is proposed from rows, one version a content, and holds once a person accepts it', async () => {
    const { spec, digest } = await modelOver('cities', [row('1', '10'), row('2', '20', 'Rome')]);
    expect(await infer('cities', digest)).toEqual({ version: 1, isNew: true, rows: 2 });
    expect(await infer('cities', digest)).toEqual({ version: 1, isNew: false, rows: 2 });
    expect(await own.registry.acceptedSchema('cities')).toBeNull();
    const review = { modelId: 'cities', version: 1, by: 'reviewer', reason: 'as the data sheet says' };
    expect(await acceptSchema(own.pool, review)).toBe(true);
    expect(await acceptSchema(own.pool, review)).toBe(false);
    const accepted = await own.registry.acceptedSchema('cities');
    expect(accepted?.schema.columns.find(({ name }) => name === 'city')?.categories).toEqual(['Oslo', 'Rome']);
    expect(await listSchemas(own.pool, 'cities')).toMatchObject([{ version: 1, isCurrent: true, rows: 2 }]);
    const listed = { city: ['Rome'] };
    const facts = await world.dataset.inspect(spec, { window: JANUARY, asOf: LATER, listed });
    expect(facts.columns.find(({ name }) => name === 'city')?.unlisted).toBe(1);
  });

  it('lists no category that neither SQL nor the registry can hold, and a column may have any name', async () => {
    const source = await writeSource(world, 'parquet', {
      types: { ...TYPES, constructor: 'text', ['__proto__']: 'text' },
      rows: ['1', '2'].map((id) => ({
        ...row(id, '1', id === '1' ? 'a\u0000b' : 'c'),
        constructor: 'it',
        ['__proto__']: 'its',
      })),
      columns: { label: 'label' },
    });
    const features = ['city', 'constructor', '__proto__'].map((name) => ({ kind: 'categorical', name }));
    const spec = parseSpec({ model: 'names', source, features });
    const digest = canonicalDigest(spec);
    await applySpec(own.pool, { spec, digest, canonicalText: canonicalJson(spec), by: 'operator' });
    expect(await infer('names', digest)).toMatchObject({ version: 1, rows: 2 });
    const [version] = await listSchemas(own.pool, 'names');
    const listed = new Map(version?.schema.columns.map(({ name, categories }) => [name, categories]));
    expect(listed.get('city')).toBeNull();
    expect(listed.get('constructor')).toEqual(['it']);
    expect(listed.get('__proto__')).toEqual(['its']);
  });

  it('is not inferred from nothing, and a version that nobody proposed is not accepted', async () => {
    const { digest } = await modelOver('empty', [{ ...row('1', '1'), event_at: '1999-01-01T00:00:00Z' }]);
    await expect(infer('empty', digest)).rejects.toMatchObject({ code: 'DATA_WINDOW_EMPTY' });
    const review = { modelId: 'empty', version: 7, by: 'reviewer', reason: 'why not' };
    await expect(acceptSchema(own.pool, review)).rejects.toThrow(/no schema version 7/);
  });
});

describe('the quarantine', () => {
  it('names rows by reason, and uses them once a person vouches for that check and window', async () => {
    const { spec } = await modelOver('outliers', [row('1', '10'), row('2', '500'), row('3', '700'), row('20', '900')]);
    const key = await openRunFor(own.registry, 'outliers', 'first');
    const snapshot = await freeze(world, spec);
    expect(snapshot.rows).toEqual({ in: 4, used: 1, unlabelled: 0, excluded: 0, quarantined: 3 });
    await own.registry.recordSnapshot(key, snapshot);
    const deps = { registry: own.registry, artifacts: world.store };
    await recordQuarantined(deps, key, snapshot);
    await recordQuarantined(deps, key, snapshot);
    expect(await listQuarantines(own.pool, { modelId: 'outliers', limit: 10 })).toMatchObject([
      { runNo: 1, kind: 'training', reason: 'out-of-range:x', rows: 3, examples: ['2', '20', '3'] },
    ]);
    const window = { start: '2001-01-01T00:00:00.000Z', end: '2001-01-10T00:00:00.000Z' };
    const release = {
      modelId: 'outliers',
      eventId: 'r1',
      reason: 'out-of-range:x',
      window,
      by: 'reviewer',
      why: 'a storm',
    };
    expect(await releaseQuarantine(own.pool, release)).toEqual({ isNew: true, note: null });
    expect(await releaseQuarantine(own.pool, release)).toEqual({ isNew: false, note: null });
    expect(await releaseQuarantine(own.pool, { ...release, eventId: 'r2' })).toEqual({ isNew: false, note: null });
    const listed = await listReleases(own.pool, 'outliers');
    expect(listed).toMatchObject([{ reason: 'out-of-range:x', window, by: 'reviewer' }]);
    const released = await own.registry.quarantineReleases('outliers');
    const later = await freeze(world, spec, { released });
    expect(later.rows).toEqual({ in: 4, used: 3, unlabelled: 0, excluded: 0, quarantined: 1 });
  });

  it('tells of rows whose id, cut to a length, is no text that can be stored', async () => {
    const cutInHalf = `${'a'.repeat(199)}😀`;
    const { spec } = await modelOver('long-ids', [row('1', '10'), { ...row('2', '500'), id: cutInHalf }]);
    const key = await openRunFor(own.registry, 'long-ids', 'first');
    const snapshot = await freeze(world, spec);
    await own.registry.recordSnapshot(key, snapshot);
    await recordQuarantined({ registry: own.registry, artifacts: world.store }, key, snapshot);
    expect(await listQuarantines(own.pool, { modelId: 'long-ids', limit: 10 })).toMatchObject([
      { rows: 1, examples: [`${'a'.repeat(199)}\uFFFD`] },
    ]);
  });

  it('takes a release in advance, and tells that nothing is left out there so far', async () => {
    await modelOver('advance', [row('1', '10')]);
    const release = { modelId: 'advance', eventId: 'r', reason: 'out-of-range:x', window: JANUARY, by: 'a', why: 'b' };
    const answer = await releaseQuarantine(own.pool, release);
    expect(answer).toEqual({ isNew: true, note: expect.stringContaining('perennial quarantine list advance') });
  });

  it.each([
    [{ reason: 'duplicate-id' }, /cannot be released/],
    [{ reason: 'out-of-range:nope' }, /there are: out-of-range:x\./],
    [{ why: ' ' }, /say why/],
    [{ window: { start: LATER, end: LATER } }, /holds nothing/],
    [{ modelId: 'nobody' }, /nobody/],
  ])('refuses a release %j', async (change, message) => {
    await modelOver('refused', [row('1', '1')]);
    const release = { modelId: 'refused', eventId: 'r', reason: 'out-of-range:x', window: JANUARY, by: 'a', why: 'b' };
    await expect(releaseQuarantine(own.pool, { ...release, ...change })).rejects.toThrow(message);
  });
});
