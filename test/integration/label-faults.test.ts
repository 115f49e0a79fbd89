// Real flights with a fault of their labels, and without: what the facts say of a fortnight against the four weeks before it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labelChecks } from '#dist/core/quality/label-checks.js';
import { labelFacts } from '#dist/core/triage/label-facts.js';
import { makeWorld, noSignal, parseSpec, type World } from './dataset-fixtures.js';

const { injectFlights } = (await import(new URL('../../examples/flights/inject.mjs', import.meta.url).href)) as {
  injectFlights(options: { caseName: string; from: string; rowsAWeek: number; target: string }): Promise<unknown>;
};

const ONSET = '2001-03-05';
const OPTIONS = { championVersion: null, noise: null, announced: [], selection: null, isAfterLabelWait: true };

let world: World;
beforeAll(async () => {
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-labels-')));
});
afterAll(() => rm(world.dir, { recursive: true, force: true }));

async function judge(caseName: string) {
  const target = join(world.dir, `${caseName}.parquet`);
  await injectFlights({ caseName, from: ONSET, rowsAWeek: 24_000, target });
  const columns = { label: 'late', labelKnownAt: 'known_at' };
  const spec = parseSpec({
    source: { kind: 'parquet', path: target, columns },
    labels: { delay: 'P2D' },
    features: [
      { kind: 'numeric', name: 'hour' },
      { kind: 'numeric', name: 'distance' },
      { kind: 'categorical', name: 'origin' },
      { kind: 'categorical', name: 'destination' },
    ],
  });
  const end = '2001-03-19T00:00:00.000Z';
  const asOf = '2001-03-21T00:00:00.000Z';
  const measures = await world.dataset.measureLabels(
    spec,
    {
      window: { start: `${ONSET}T00:00:00.000Z`, end },
      reference: { start: '2001-02-05T00:00:00.000Z', end: `${ONSET}T00:00:00.000Z` },
      inputsAsOf: asOf,
      labelsAsOf: asOf,
      excluding: [],
    },
    { signal: noSignal() },
  );
  const facts = labelFacts(measures, OPTIONS);
  const checks = labelChecks({ spec, measures, facts, options: OPTIONS });
  return { facts, checks, errors: checks.filter((check) => check.severity === 'error' && !check.passed) };
}

it('flights as they are have no jump, nothing exchanged, and no failed error', async () => {
  const { facts, errors } = await judge('unchanged');
  expect(facts.shifts.filter(({ isAbrupt, isInverted }) => isAbrupt || isInverted)).toEqual([]);
  expect(facts).toMatchObject({ known: 1, positivesKnown: 1, matureKnown: 1, labelledDays: 14 });
  expect(errors).toEqual([]);
});

it('the effect of the hour reversed is no fault of the labels overall', async () => {
  const { facts } = await judge('hour-reversed');
  expect(facts.shifts[0]).toMatchObject({ where: 'overall', isAbrupt: false, isInverted: false });
});

it('another rule of what is late is a jump overall', async () => {
  const { facts } = await judge('label-rule-30');
  expect(facts.shifts[0]).toMatchObject({ where: 'overall', isAbrupt: true, isInverted: false });
});

it('labels exchanged for one airport are named with it', async () => {
  const { facts } = await judge('labels-inverted');
  const inverted = facts.shifts.filter(({ isInverted }) => isInverted);
  expect(inverted.map(({ column }) => column)).toEqual(['origin']);
  expect(inverted[0]?.where).toMatch(/^origin = (ATL|DFW|ORD)$/);
  expect(inverted[0]?.onset).toBe(`${ONSET}T00:00:00.000Z`);
});

it('positives that lack are counted, and stop the run once the wait is over', async () => {
  const { facts, errors } = await judge('late-positives-missing');
  expect(facts.positivesKnown).toBe(0);
  expect(facts.known).toBeLessThan(0.9);
  expect(facts.knownUsually).toBeGreaterThan(0.97);
  expect(errors.map(({ check, fault }) => [check, fault])).toContainEqual(['missing-positives', 'label-fault']);
});
