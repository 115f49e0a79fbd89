// The windows that the monitors' committed payloads were made of, with those payloads as the alarm, through the whole of triage.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DriftClaim, SignalFormat } from '#dist/core/signals/drift-claim.js';
import { parseSignal } from '#dist/core/signals/parse-signal.js';
import type { PipelineSpec } from '#dist/core/spec/schema.js';
import type { TriageFacts } from '#dist/core/triage/facts.js';
import type { TriageResult } from '#dist/core/triage/verdict.js';

const load = <T>(path: string): Promise<T> => import(new URL(path, import.meta.url).href) as Promise<T>;
const { buildWindow, buildChampionRows, QUIET_WEEK } = await load<{
  buildWindow(name: string, dir: string): Promise<string>;
  buildChampionRows(dir: string): Promise<string>;
  QUIET_WEEK: { start: string; end: string };
}>('../fixtures/windows/build-windows.mjs');

type World = { readonly kind: 'world' };
type Champion = { readonly trainedThrough: string };
const { openWorld, specOver, trainChampion, depsOf } = await load<{
  openWorld(dir: string): Promise<World>;
  specOver(world: World, options: { path: string }): PipelineSpec;
  trainChampion(world: World, options: object): Promise<Champion>;
  depsOf(world: World, options: object): { deps: object; recorded: object[] };
}>('../../scripts/simulate/triage/world.mjs');
const { assessOnce } = await load<{
  assessOnce(options: object): Promise<{ triage: TriageResult; facts: TriageFacts }>;
}>('../../scripts/simulate/triage/assess-once.mjs');

const NOW = '2001-02-13T06:00:00.000Z';
const MONITORS = join(import.meta.dirname, '..', 'fixtures', 'monitors');
const FEATURES = 'hour,weekday,distance,origin,destination';

function claimOf(file: string, format: SignalFormat): DriftClaim[] {
  const envelope = {
    modelId: 'flights-faults',
    receivedAt: NOW,
    alertWindowMs: 86_400_000,
    source: file,
    ...QUIET_WEEK,
    nReference: 5000,
    nCurrent: 5000,
    columns: FEATURES.split(','),
  };
  return [...parseSignal(format, readFileSync(join(MONITORS, file)), envelope).claims];
}

/** What Evidently and Alibi Detect said of the window. */
const claimsOf = (window: string): DriftClaim[] => [
  ...claimOf(
    `evidently-0.7.23/${window}.${window === 'distance_allnan' ? 'summary' : 'drift'}-tests.json`,
    'evidently',
  ),
  ...claimOf(`evidently-0.4.40/${window}.testsuite-drift.json`, 'evidently'),
  ...claimOf(`alibi-detect-0.13.0/${window}.tabular-feature.json`, 'alibi-detect'),
];

let dir: string;
let world: World;
let champion: Champion;

/** The example's pipeline with the weekday that the monitors looked at too. */
function specOf(path: string): PipelineSpec {
  const spec = specOver(world, { path });
  const origin = spec.features.find(({ name }) => name === 'origin')!;
  return { ...spec, features: [...spec.features, { ...origin, name: 'weekday' } as typeof origin] };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'triage-windows-'));
  world = await openWorld(dir);
  const trained = await trainChampion(world, {
    spec: specOf(await buildChampionRows(dir)),
    window: { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' },
    labelsAsOf: '2001-02-03T00:00:00.000Z',
    name: 'champion',
  });
  // The windows were made without the days between, which would be a feed that had broken then.
  champion = { ...trained, trainedThrough: QUIET_WEEK.start };
}, 180_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

async function judge(window: string): Promise<TriageResult> {
  const spec = specOf(await buildWindow(window, dir));
  const { deps, recorded } = depsOf(world, { spec, champion, claims: claimsOf(window), versions: [] });
  const built = { spec, window: QUIET_WEEK, now: NOW };
  const { triage } = await assessOnce({ deps, recorded, built, labelsAsOf: NOW, isAfterLabelWait: false });
  return triage;
}

it.each([
  ['distance_allnan', 'broken-feed', 'distance'],
  ['distance_null30', 'broken-feed', 'distance'],
  ['distance_km', 'logging-change', 'distance'],
  ['origin_lower', 'logging-change', 'origin'],
])('%s is a %s of %s, for certain', async (window, verdict, column) => {
  const triage = await judge(window);
  expect(triage).toMatchObject({ verdict, certainty: 'confirmed', action: 'stop' });
  expect(triage.columns).toContain(column);
});

it('the quiet week, of which every monitor found something to say, is no reason to retrain', async () => {
  const triage = await judge('feb_quiet');
  expect(triage.action).not.toBe('go-on');
  expect(['no-shift', 'unclear']).toContain(triage.verdict);
});
