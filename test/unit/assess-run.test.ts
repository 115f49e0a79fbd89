// Stage assess on a registry and a data set of a few lines: which windows are measured, what stops a run, what is recorded, what travels.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessRequest } from '#dist/activities/assess/assess-context.js';
import { createDataActivities } from '#dist/activities/create-data-activities.js';
import type { ActivityDeps } from '#dist/activities/deps.js';
import { PipelineError } from '#dist/core/errors.js';
import { specSchema } from '#dist/core/spec/schema.js';
import type { Assessment, AssessReply } from '#dist/core/triage/assessment.js';
import type { AssociationFacts } from '#dist/core/triage/facts.js';
import type { InputFacts } from '#dist/core/triage/input-facts.js';
import type { ScoredDay } from '#dist/core/triage/scored-days.js';
import type { Cause, Window } from '#dist/core/types.js';
import { alleged, column, map, moved, outOfStep, PASSED, refit, rotation } from './triage-fixtures.js';

const DAY_MS = 86_400_000;
const at = (text: string): string => `${text}T00:00:00.000Z`;
const spec = specSchema.parse({
  model: 'm',
  source: { kind: 'parquet', path: '/rows.parquet', columns: { label: 'late' } },
  features: [{ kind: 'numeric', name: 'x' }],
  window: { expanding: '2001-01-01', excluding: [{ start: at('2001-01-20'), end: at('2001-03-05') }] },
  gates: [{ metric: 'auc', min: 0.5 }],
});
const plan = {
  specDigest: 'a'.repeat(64),
  inputsAsOf: at('2001-04-01'),
  training: { start: at('2001-01-01'), end: at('2001-02-28') },
  holdout: { start: at('2001-03-01'), end: at('2001-04-01') },
} as AssessRequest['plan'];
const key = { modelId: 'm', runNo: 1 };
const claimed: Window = { start: at('2001-03-08'), end: at('2001-03-29') };
const FAILED = { ...PASSED, passed: false, text: 'Rows are gone.' };

let scratchDir: string;
beforeAll(async () => {
  scratchDir = await mkdtemp(join(tmpdir(), 'perennial-assess-run-'));
});
afterAll(() => rm(scratchDir, { recursive: true, force: true }));

interface Given {
  readonly cause?: Cause;
  readonly trainedThrough?: string;
  readonly claims?: readonly ReturnType<typeof alleged>[];
  readonly inputs?: Partial<InputFacts>;
  /** Of the rows beyond those that the claims are about, where they are looked at. */
  readonly beyond?: Partial<InputFacts>;
  /** How a row-count of `inspect` fails; that is what the data gate reads. */
  readonly isGateEmpty?: boolean;
  /** The champion's excess loss by day, in the window and before it. */
  readonly loss?: (day: number) => number;
  /** What is found of columns that go together; nothing by default. */
  readonly outOfStep?: AssociationFacts['outOfStep'];
  readonly scoringFails?: PipelineError;
  readonly rowsADay?: number;
  /** Of the source: no row is older. */
  readonly rowsSince?: string;
}

const daysOf = ({ start, end }: Window): number[] =>
  Array.from({ length: (Date.parse(end) - Date.parse(start)) / DAY_MS }, (_, day) => Date.parse(start) / DAY_MS + day);

function scoredDay(day: number, shifted: number): ScoredDay {
  const loss = { loss: 0.5, shifted: 0.48 + shifted + (day % 3) * 0.001, entropy: 0.5, variance: 0.16 };
  return { day, rows: 500, labelled: 500, positives: 100, loss, auc: 0.6, bins: [250, 250], labelledBins: [250, 250] };
}

function windowInputs(window: Window, rowsADay = 500) {
  const days = daysOf(window).map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  const none = { duplicateIds: 0, newestEventAt: null, rowsPerDay: [], columns: [] };
  const facts = {
    ...none,
    window,
    asOf: plan.inputsAsOf,
    rows: days.length * rowsADay,
    isAsOfGuaranteed: { rows: true, labels: true },
  };
  return { window, facts, days, rows: days.map(() => rowsADay) };
}

function world(given: Given = {}) {
  const { cause = 'schedule', claims = [], trainedThrough, loss = () => 0 } = given;
  const asked: { call: string; [name: string]: unknown }[] = [];
  const recorded: Assessment[] = [];
  const none: InputFacts = {
    checks: [PASSED],
    maps: [],
    recomputed: [],
    columns: [column({ column: 'x' })],
    season: null,
    notMeasured: [],
  };
  const champion = {
    version: 3,
    epoch: 1,
    artifact: { digest: 'c', bytes: 1 },
    specDigest: 'b',
    since: '',
    trainedThrough,
  };
  const isBefore = ({ start }: Window): boolean =>
    given.rowsSince !== undefined && Date.parse(start) < Date.parse(given.rowsSince);
  const jobs = {
    judgeInputs: () => ({
      ...none,
      ...(asked.filter(({ call }) => call === 'judgeInputs').length > 1 ? given.beyond : given.inputs),
    }),
    scoreDays: () => ({
      edges: [0.5],
      days: daysOf({ start: at('2001-01-01'), end: plan.inputsAsOf }).map((day) => scoredDay(day, loss(day))),
    }),
    judgeScores: () => column({ column: 'score' }),
    judgeAssociation: () => ({
      facts: { pairs: 2, together: ['distance', 'origin', 'destination'], outOfStep: given.outOfStep ?? [] },
      why: null,
    }),
    judgeLabels: () => ({ selection: null, noise: null }),
    splitForRefit: () => ({ fitted: 800, why: null }),
    compareRefits: () => refit(0.01),
  };
  const deps = {
    scratchDir,
    registry: {
      run: async () => ({ cause }),
      claimsOfRun: async () => claims,
      specByDigest: async () => spec,
      champion: async () => (trainedThrough === undefined ? null : champion),
      championTraining: async () => null,
      acceptedSchema: async () => null,
      versionRecords: async () => [],
      recordAssessment: async (_: unknown, assessment: Assessment) => {
        recorded.push(assessment);
        return { incidentId: assessment.triage?.action === 'stop' ? 7 : null };
      },
    },
    dataset: {
      measureInputs: async (_: unknown, request: { window: Window; reference: Window }) => {
        asked.push({ call: 'measureInputs', ...request });
        return {
          current: windowInputs(request.window, given.rowsADay),
          reference: isBefore(request.reference) ? null : windowInputs(request.reference, given.rowsADay),
          season: null,
        };
      },
      inspect: async (_: unknown, request: { window: Window }) => {
        asked.push({ call: 'inspect', ...request });
        const { facts } = windowInputs(request.window);
        return { ...facts, newestEventAt: request.window.end, rows: given.isGateEmpty ? 0 : facts.rows };
      },
      measureLabels: async (_: unknown, request: object) => {
        asked.push({ call: 'measureLabels', ...request });
        throw new PipelineError('DATA_SCHEMA_VIOLATION', 'there is no label "late"');
      },
      scoringColumns: async (_: unknown, request: { share: number; path: string }) => {
        asked.push({ call: 'scoringColumns', ...request });
        if (given.scoringFails !== undefined) throw given.scoringFails;
        return { path: request.path, rows: 1000 };
      },
    },
    trainer: {
      predict: async ({ artifacts }: { artifacts: unknown[] }) => ({
        scores: artifacts.map(() => new Float32Array(10)),
      }),
      train: async () => {
        asked.push({ call: 'train' });
        return { artifact: { digest: 'd', bytes: 1 } };
      },
    },
    runAssessJob: async (name: keyof typeof jobs) => {
      asked.push({ call: name });
      return jobs[name]();
    },
  } as unknown as ActivityDeps;
  const { assessQuality } = createDataActivities(deps);
  const assess = (more: Partial<AssessRequest> = {}): Promise<AssessReply> =>
    new MockActivityEnvironment().run(assessQuality, { key, plan, ...more }) as Promise<AssessReply>;
  return { assess, asked, recorded, calls: (call: string) => asked.filter((one) => one.call === call) };
}

const alarm = { cause: 'drift', trainedThrough: at('2001-02-01'), claims: [alleged({ window: claimed })] } as const;
/** From 8 March on the champion is worse. */
const worse = (day: number): number => (day >= Date.parse(claimed.start) / DAY_MS ? 0.05 : 0);

describe('a run without an alarm', () => {
  it('is assessed on what is new to the champion, without what is excluded before the holdout', async () => {
    const run = world({ trainedThrough: at('2001-02-10') });
    const reply = await run.assess();
    const window = { start: at('2001-02-10'), end: plan.holdout.end };
    expect(reply).toMatchObject({ verdict: 'clear', action: 'go-on', certainty: null, incidentId: null, window });
    const excluding = [{ start: at('2001-01-20'), end: plan.holdout.start }];
    expect(run.calls('measureInputs')).toMatchObject([{ window, excluding, labelsAsOf: plan.inputsAsOf }]);
    expect(run.calls('inspect')).toEqual([]);
    expect(run.recorded).toMatchObject([{ verdict: 'clear', window, triage: { action: 'go-on' } }]);
  });
  it('goes on without a champion, which nothing of is scored', async () => {
    const run = world();
    const window = { start: plan.training.start, end: plan.holdout.end };
    expect(await run.assess()).toMatchObject({ verdict: 'clear', action: 'go-on', window });
    expect(run.calls('scoringColumns')).toEqual([]);
    expect(run.recorded[0]!.facts).toMatchObject({ hasChampion: false, performance: null });
  });
  it('is stopped by a fault all the same, under an incident', async () => {
    const run = world({ inputs: { checks: [FAILED] } });
    const reply = await run.assess();
    expect(reply).toMatchObject({ verdict: 'broken-feed', certainty: 'confirmed', action: 'stop', incidentId: 7 });
    expect(reply.reasons[0]).toBe('Rows are gone.');
    expect(reply.details).toContain('incident 7');
  });
  it('is told of warnings by a sound verdict', async () => {
    const run = world({ inputs: { checks: [{ ...FAILED, severity: 'warn' }] } });
    expect(await run.assess()).toMatchObject({ verdict: 'clear', reasons: ['Rows are gone.'] });
  });
  it('compares the halves of the new rows where the source keeps none from before them', async () => {
    const rowsSince = at('2001-02-10');
    const run = world({ trainedThrough: rowsSince, rowsSince, beyond: { maps: [map()] } });
    const reply = await run.assess();
    const [middle, end] = [at('2001-03-07'), plan.holdout.end];
    expect(run.calls('measureInputs')[1]).toMatchObject({
      window: { start: middle, end },
      reference: { start: rowsSince, end: middle },
      season: null,
    });
    expect(reply).toMatchObject({ verdict: 'logging-change', action: 'stop', window: { start: middle, end } });
    expect(run.recorded[0]!.facts!.notMeasured.join(' ')).toContain('There are no rows before');
  });
  it('tries no refit, however much worse the champion got', async () => {
    const run = world({ trainedThrough: at('2001-02-01'), loss: worse });
    expect(await run.assess()).toMatchObject({ verdict: 'clear', action: 'go-on' });
    expect(run.calls('train')).toEqual([]);
  });
});

describe('an alarm', () => {
  it('is judged on the rows that it is about, and the rest of the new rows are the data gate', async () => {
    const run = world(alarm);
    expect((await run.assess()).window).toEqual(claimed);
    const reference = { start: at('2001-02-08'), end: claimed.start };
    expect(run.calls('measureInputs')).toMatchObject([{ window: claimed, reference }]);
    expect(run.calls('inspect')).toMatchObject([
      { window: { start: at('2001-02-01'), end: plan.holdout.end } },
      { window: { start: at('2001-01-04'), end: at('2001-02-01') } },
    ]);
  });
  it('is stopped by a fault outside its own window', async () => {
    const reply = await world({ ...alarm, isGateEmpty: true }).assess();
    expect(reply).toMatchObject({ verdict: 'broken-feed', action: 'stop', incidentId: 7 });
    expect(reply.reasons.join(' ')).toContain('In all rows new to the champion');
  });
  it('is stopped by it too where its own window has a mere warning of the same name', async () => {
    const warned = { ...FAILED, severity: 'warn', text: 'Few rows.' } as const;
    const reply = await world({ ...alarm, isGateEmpty: true, inputs: { checks: [warned] } }).assess();
    expect(reply).toMatchObject({ verdict: 'broken-feed', action: 'stop' });
  });
  it('is a changed concept where the champion got worse on unmoved inputs and a refit gains', async () => {
    const run = world({ ...alarm, loss: worse });
    expect(await run.assess()).toMatchObject({ verdict: 'concept-shift', action: 'go-on' });
    expect(run.calls('train')).toHaveLength(2);
    expect(run.recorded[0]!.facts!.refit).toEqual(refit(0.01));
  });
  it('trains on no rows beyond its own that nobody looked at: a fault there stops it, or asks', async () => {
    const shifted = { inputs: { columns: [moved({ column: 'x' })] } };
    const window = { start: at('2001-02-01'), end: plan.holdout.end };
    const sound = world({ ...alarm, ...shifted });
    expect(await sound.assess()).toMatchObject({ verdict: 'genuine-shift', action: 'go-on', window: claimed });
    const excluding = [{ start: at('2001-01-20'), end: plan.holdout.start }];
    expect(sound.calls('measureInputs')).toMatchObject([
      { window: claimed, excluding },
      { window, excluding: [...excluding, claimed] },
    ]);
    const stopped = await world({ ...alarm, ...shifted, beyond: { maps: [map()] } }).assess();
    expect(stopped).toMatchObject({ verdict: 'logging-change', action: 'stop', window, incidentId: 7 });
    expect(stopped.reasons[0]).toContain('Not in the rows that the claims are about');
    const asked = await world({ ...alarm, ...shifted, beyond: { maps: [rotation()] } }).assess();
    expect(asked).toMatchObject({ verdict: 'code-or-feature-bug', certainty: 'suspected', action: 'ask' });
    const both = await world({ ...alarm, inputs: { maps: [rotation()] }, beyond: { maps: [map()] } }).assess();
    expect(both).toMatchObject({ verdict: 'logging-change', action: 'stop', window });
    const twice = await world({ ...alarm, inputs: { maps: [rotation()] }, beyond: { maps: [rotation()] } }).assess();
    const again = await world({ ...alarm, inputs: { maps: [rotation()] }, beyond: { maps: [rotation()] } }).assess();
    const alone = await world({ ...alarm, inputs: { maps: [rotation()] } }).assess();
    expect(alone).toMatchObject({ verdict: 'code-or-feature-bug', action: 'ask' });
    expect(again.findingKey).toBe(twice.findingKey);
    expect(new Set([alone, twice, stopped].map(({ findingKey }) => findingKey)).size).toBe(3);
    expect(twice).toMatchObject({ verdict: 'code-or-feature-bug', action: 'ask', window: claimed });
    expect(twice.reasons.join(' ')).toContain('in the others that are new to the champion');
    const moves = await world({ ...alarm, ...shifted, beyond: shifted.inputs }).assess();
    expect(moves).toMatchObject({ verdict: 'genuine-shift', action: 'go-on', window: claimed });
  });
  it('is asked about where a column is out of step, in its own rows and beyond them, and no refit is tried', async () => {
    const run = world({ ...alarm, loss: worse, outOfStep: outOfStep().outOfStep });
    expect(await run.assess()).toMatchObject({
      verdict: 'code-or-feature-bug',
      certainty: 'suspected',
      action: 'ask',
      window: claimed,
    });
    expect(run.calls('train')).toEqual([]);
    expect(run.calls('judgeAssociation')).toHaveLength(2);
    expect(run.recorded[0]!.facts!.association).toEqual(outOfStep());
    expect(run.recorded[0]!.triage!.columns).toEqual(['distance']);
  });
  it('tries no refit where a fault holds, or inputs moved, or nothing got worse', async () => {
    for (const given of [
      { ...alarm, loss: worse, inputs: { checks: [FAILED] } },
      { ...alarm, loss: worse, inputs: { columns: [moved({ column: 'x' })] } },
      alarm,
    ]) {
      const run = world(given);
      await run.assess();
      expect(run.calls('train')).toEqual([]);
    }
  });
  it('is judged without the champion where the source has not what it needs, and says so', async () => {
    const scoringFails = new PipelineError('DATA_SCHEMA_VIOLATION', 'there is no column "x"');
    const run = world({ ...alarm, scoringFails });
    await run.assess();
    expect(run.recorded[0]!.facts!.notMeasured).toContain('The champion could not be scored: there is no column "x"');
    const down = world({ ...alarm, scoringFails: new PipelineError('SOURCE_UNAVAILABLE', 'down') });
    await expect(down.assess()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(down.recorded).toEqual([]);
  });
});

describe('an assessment', () => {
  it('is the same when it is tried again', async () => {
    const run = world({ ...alarm, loss: worse });
    const [first, second] = [await run.assess(), await run.assess()];
    expect(second).toEqual(first);
    expect(run.recorded[1]).toEqual(run.recorded[0]);
  });
  it('after the label wait uses the labels of then and the inputs of before', async () => {
    const run = world(alarm);
    await run.assess({ labelsAsOf: at('2001-04-09'), isAfterLabelWait: true });
    const asOf = { inputsAsOf: plan.inputsAsOf, labelsAsOf: at('2001-04-09') };
    for (const call of ['measureInputs', 'measureLabels', 'scoringColumns'])
      expect(run.calls(call)).toMatchObject([asOf]);
    expect(run.recorded[0]!.facts).toMatchObject({ ...asOf, isAfterLabelWait: true });
  });
  it('scores at most eighty thousand rows', async () => {
    const share = async (rowsADay: number): Promise<unknown> => {
      const run = world({ trainedThrough: at('2001-03-04'), rowsADay });
      await run.assess();
      return run.calls('scoringColumns')[0]!.share;
    };
    // Four weeks each.
    expect(await share(500)).toBe(1);
    expect(await share(5000)).toBeCloseTo(80_000 / 280_000, 12);
  });
  it('fits a payload, whatever the columns are called and however many fail', async () => {
    const name = 'long name '.repeat(200);
    const checks = Array.from({ length: 800 }, (_, at) => ({
      ...FAILED,
      column: `${name}${at}`,
      text: `${name} is gone. `.repeat(20),
    }));
    const reply = await world({ ...alarm, inputs: { checks } }).assess();
    expect(JSON.stringify(reply).length).toBeLessThan(16_000);
    expect(reply.verdict).toBe('broken-feed');
    for (const letter of ['空', '"', '\u{1f6eb}']) {
      const wide = checks.slice(0, 40).map((check, at) => ({ ...check, text: `${at} ${letter.repeat(900)}` }));
      const told = await world({ ...alarm, inputs: { checks: wide } }).assess();
      expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(16_000);
    }
  });
});
