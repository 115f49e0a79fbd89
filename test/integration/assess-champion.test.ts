// Did the champion get worse, and would a refit help? Real flights, DuckDB, and trainer: a champion of January on a March that is as
// it was, and on one in which the effect of the hour is reversed from a day on.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessContext } from '#dist/activities/assess/assess-context.js';
import { type MeasuredChampion, measureChampion } from '#dist/activities/assess/measure-champion.js';
import { runAssessJobOffLoop } from '#dist/activities/assess/off-loop-jobs.js';
import { probeRefit } from '#dist/activities/assess/refit-probe.js';
import type { ChampionRow } from '#dist/activities/deps.js';
import { UNKNOWN_LABEL } from '#dist/core/column-table.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import { refitDays } from '#dist/core/triage/needs-refit.js';
import type { Window } from '#dist/core/types.js';
import { createDataset } from '#dist/dataset/create-dataset.js';
import { createLocalStore } from '#dist/storage/local-store.js';
import { createTrainerHost } from '#dist/trainer/host.js';
import { readColumns } from './dataset-fixtures.js';

const day = (text: string): string => `${text}T00:00:00.000Z`;
const REVERSED = '2001-03-05';
const LATER = day('2001-03-22');
const { signal } = new AbortController();

let dir: string;
let deps: Pick<Parameters<typeof measureChampion>[0], 'dataset' | 'trainer' | 'runAssessJob'>;
let champion: ChampionRow;

const inject = async (caseName: string): Promise<string> => {
  const url = pathToFileURL(join(import.meta.dirname, '../../examples/flights/inject.mjs')).href;
  const { injectFlights } = (await import(url)) as {
    injectFlights(options: { caseName: string; from: string; to: string; target: string }): Promise<unknown>;
  };
  const target = join(dir, `${caseName}.parquet`);
  await injectFlights({ caseName, from: REVERSED, to: '2001-03-22', target });
  return target;
};

const specOf = (path: string): PipelineSpec =>
  specSchema.parse({
    model: 'flights',
    source: {
      kind: 'parquet',
      path,
      columns: { id: 'id', eventAt: 'event_at', label: 'late', labelKnownAt: 'known_at' },
    },
    sample: { fraction: 0.15, seed: 1 },
    features: [
      { kind: 'categorical', name: 'hour' },
      { kind: 'numeric', name: 'distance' },
      { kind: 'categorical', name: 'origin' },
      { kind: 'categorical', name: 'destination' },
    ],
    window: { expanding: '2001-01-01' },
    gates: [{ metric: 'auc', min: 0.5 }],
    trainer: { validationTail: 'P3D', maxTrainEpochs: 10 },
  });

const contextOf = (spec: PipelineSpec, current: Window, labelsAsOf = LATER): AssessContext => ({
  modelId: 'flights',
  cause: 'performance',
  claims: [],
  shared: spec,
  lenient: new Set(),
  champion: { row: champion, spec },
  windows: {
    current,
    reference: { start: new Date(Date.parse(current.start) - 28 * 86_400_000).toISOString(), end: current.start },
    season: current,
    news: current,
    notMeasured: [],
  },
  excluding: [],
  inputsAsOf: LATER,
  labelsAsOf,
  isAfterLabelWait: false,
});

const fortnight: Window = { start: day(REVERSED), end: day('2001-03-19') };

async function measure(context: AssessContext, name: string): Promise<MeasuredChampion> {
  const scratch = join(dir, name);
  await mkdir(scratch);
  return measureChampion(deps, context, { rows: 120_000, dir: scratch, signal });
}

const probe = (found: MeasuredChampion, name: string) =>
  probeRefit(
    deps,
    { scored: found.scored!, ...refitDays(found.compared, { onset: found.performance!.onset }) },
    { dir: join(dir, name), signal },
  );

let asItWas: PipelineSpec;
let reversed: PipelineSpec;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-assess-'));
  const store = createLocalStore(join(dir, 'store'));
  const dataset = createDataset({ store, scratchDir: join(dir, 'scratch'), connectionUrl: () => undefined });
  deps = { dataset, trainer: createTrainerHost({ store }), runAssessJob: runAssessJobOffLoop };
  asItWas = specOf(await inject('unchanged'));
  reversed = specOf(await inject('hour-reversed'));
  const window = { start: day('2001-01-01'), end: day('2001-01-31') };
  const request = {
    kind: 'training',
    window,
    inputsAsOf: LATER,
    labelsAsOf: LATER,
    excluding: [],
    last: null,
  } as const;
  const snapshot = await dataset.freeze(asItWas, request, { signal });
  const path = join(dir, 'training.columns');
  const { rowsBefore } = await dataset.toColumns(
    asItWas,
    { snapshot, path, boundaryAt: day('2001-01-28') },
    { signal },
  );
  const job = { columnsPath: path, trainRows: rowsBefore, resumeFrom: null, workDir: dir };
  const { artifact } = await deps.trainer.train(
    { ...job, features: asItWas.features, trainer: asItWas.trainer },
    { signal, onProgress: () => undefined },
  );
  champion = { version: 1, epoch: 1, artifact, specDigest: '', since: day('2001-02-01'), trainedThrough: window.end };
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe('a champion of January', () => {
  it('has not fallen in a March that is as it was, and its scores did not move', async () => {
    const { performance, scores, association, notMeasured } = await measure(contextOf(asItWas, fortnight), 'sound');
    expect(notMeasured).toEqual([]);
    expect(performance).toMatchObject({ days: 14, referenceDays: 28 });
    expect(performance!.interval.lower).toBeLessThan(0);
    expect(Math.abs(performance!.change)).toBeLessThan(0.02);
    expect(performance!.aucCurrent!).toBeGreaterThan(0.58);
    expect(performance!.aucReference!).toBeGreaterThan(0.58);
    expect(performance!.current).toBeGreaterThan(0.3);
    expect(performance!.current).toBeLessThan(0.7);
    expect(scores).toMatchObject({ column: 'score', hasMoved: false });
    expect(association).toEqual({ pairs: 2, together: ['distance', 'origin', 'destination'], outOfStep: [] });
  });
  it('has fallen where the effect of the hour is reversed, since that day, and a refit gains, each time the same', async () => {
    const found = await measure(contextOf(reversed, fortnight), 'reversed');
    expect(found.performance!.interval.lower).toBeGreaterThan(0.02);
    expect(found.performance!.aucInterval!.upper).toBeLessThan(0);
    expect(found.performance!.onset).toBe(day(REVERSED));
    expect(found.scores).toMatchObject({ hasMoved: false });
    const { facts, why } = await probe(found, 'reversed');
    expect(why).toBeNull();
    expect(facts!.interval.lower).toBeGreaterThan(0);
    expect(facts).toMatchObject({ days: 7 });
    // A second attempt finds the same, to the last digit.
    const again = await measure(contextOf(reversed, fortnight), 'again');
    expect([again.performance, again.scores]).toEqual([found.performance, found.scores]);
    expect(again.association).toEqual(found.association);
    expect(found.association).toMatchObject({ outOfStep: [] });
    expect((await probe(again, 'again')).facts).toEqual(facts);
  });
  it('is not compared on labels that were not known, but its scores are', async () => {
    const early = await measure(contextOf(asItWas, fortnight, day(REVERSED)), 'early');
    expect(early.performance).toBeNull();
    expect(early.notMeasured).toEqual([expect.stringContaining('there are 0 in the window')]);
    expect(early.scores).not.toBeNull();
  });
});

it('columns for scoring hold every row of the window, labelled or not, and a share of them the same ones again', async () => {
  const request = { window: fortnight, inputsAsOf: LATER, labelsAsOf: day('2001-03-12'), excluding: [] };
  const read = async (share: number, name: string) => {
    const path = join(dir, name);
    const { rows } = await deps.dataset.scoringColumns(asItWas, { ...request, share, path }, { signal });
    const table = await readColumns(path);
    expect(table.rows).toBe(rows);
    return table;
  };
  const whole = await read(1, 'whole.columns');
  const facts = await deps.dataset.inspect(asItWas, { window: fortnight, asOf: LATER });
  expect(whole.rows).toBe(facts.rows);
  const known = whole.label.filter((label) => label !== UNKNOWN_LABEL).length;
  expect(known).toBeGreaterThan(whole.rows * 0.3);
  expect(known).toBeLessThan(whole.rows * 0.6);
  const part = await read(0.1, 'part.columns');
  expect(part.rows).toBeGreaterThan(whole.rows * 0.08);
  expect(part.rows).toBeLessThan(whole.rows * 0.12);
  expect(await read(0.1, 'again.columns')).toEqual(part);
});
