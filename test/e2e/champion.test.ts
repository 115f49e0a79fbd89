/** From a request to a champion, and a second candidate measured against it: what stands in the registry is what was found. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateOffLoop } from '#dist/activities/off-loop-evaluation.js';
import type { Lane } from '#dist/cli/story/lanes.js';
import { storyJson, type Told } from '#dist/cli/story/report.js';
import { followRun } from '#dist/cli/story/run-decision.js';
import type { RunDetail } from '#dist/client/show-run.js';
import { parseSpec } from '#dist/core/spec/parse-spec.js';
import { createDataset } from '#dist/dataset/create-dataset.js';
import { createLocalStore } from '#dist/storage/local-store.js';
import { createTrainerHost } from '#dist/trainer/host.js';
import { apply, flightsSpec } from './flights.js';
import { APRIL, ended, openStage, retrain, type Stage } from './stage.js';

const MODEL = 'e2e-champion';
const TWIN = 'e2e-champion-twin';
/** In earnest, and with a slice. */
const SECOND = {
  mode: 'superior',
  slices: [{ name: 'hub', column: 'origin', in: ['ORD', 'ATL', 'DFW'] }],
  gates: [
    { metric: 'auc', min: 0.3 },
    { metric: 'brier', max: 0.5 },
    { metric: 'auc', on: 'hub', nonInferior: { tolerance: 0.5 }, required: false },
  ],
};

let stage: Stage;
let startedAt: string;
let first: RunDetail;
let second: RunDetail;
let twin: RunDetail;

beforeAll(async () => {
  stage = await openStage('champion');
  startedAt = new Date().toISOString();
  const never = { approval: { policy: 'never' } };
  await apply(stage.client, stage.stateDir, flightsSpec(MODEL, never));
  await apply(stage.client, stage.stateDir, flightsSpec(TWIN, never));
  const played = async (): Promise<RunDetail> => {
    const told = { modelId: MODEL, say: () => undefined };
    const { runNo } = await retrain(stage, MODEL, { now: '2001-03-01T00:00:00Z' });
    return followRun(stage.client, told, { runNo });
  };
  // With what is known after the batch that ends the other run's wait.
  const plain = retrain(stage, TWIN, { now: '2001-03-01T03:00:00Z' }).then((key) => ended(stage, key));
  [first, twin] = await Promise.all([played(), plain]);
  await apply(stage.client, stage.stateDir, flightsSpec(MODEL, { ...never, ...SECOND }));
  second = await ended(stage, await retrain(stage, MODEL, { now: APRIL }));
});
afterAll(() => stage?.close());

const snapshotOf = (detail: RunDetail, kind: 'training' | 'holdout') => {
  const found = detail.snapshots.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`No ${kind} snapshot.`);
  return found;
};

describe('the first run', () => {
  it('waits for the last labels, looks at them, trains, and makes the candidate champion on absolute gates alone', async () => {
    expect(first.run).toMatchObject({ closedAt: expect.any(String), failure: null });
    expect(first.run.outcome).toMatchObject({ kind: 'promoted', candidateVersion: 1, championVersion: null });
    expect(first.stages.map(({ stage: name }) => name)).toEqual([
      'assess',
      'labels',
      'assess',
      'freeze',
      'train',
      'evaluate',
      'promote',
      'done',
    ]);
    expect(first.triggers.map(({ triggerId, state, runNo }) => ({ triggerId, state, runNo }))).toEqual([
      { triggerId: expect.any(String), state: 'started', runNo: 1 },
    ]);
    // The night before the decision, the last day's labels were still to come; the 03:00 batch brought them.
    expect(first.coverage.holdout).toMatchObject({ asOf: '2001-03-01T03:00:00.000Z' });
    expect(first.coverage.holdout?.overall).toBeGreaterThan(0.99);
    const coverage = await stage.sql(
      `select overall, as_of from perennial.label_coverage
       where model_id = $1 and run_no = 1 and kind = 'holdout' order by as_of`,
      [MODEL],
    );
    expect(coverage.map(({ as_of }) => as_of)).toEqual([new Date('2001-03-01'), new Date('2001-03-01T03:00:00Z')]);
    expect(coverage[0]?.overall).toBeLessThan(0.99);
  });

  it('leaves a champion from then on and none before', async () => {
    const now = await stage.client.champion({ modelId: TWIN });
    expect(now.champion).toMatchObject({ version: 1, epoch: 1, artifact: twin.version?.artifact });
    const since = now.champion?.since ?? '';
    const justBefore = new Date(Date.parse(since) - 1).toISOString();
    expect((await stage.client.champion({ modelId: TWIN, at: justBefore })).champion).toBeNull();
    expect((await stage.client.champion({ modelId: TWIN, at: startedAt })).champion).toBeNull();
    expect((await stage.client.champion({ modelId: TWIN, at: since })).champion).toEqual(now.champion);
  });
});

it('gives the same artifact, bit for bit, for the same data, pipeline and seed in another model', () => {
  expect(twin.version?.artifact).toEqual(first.version?.artifact);
  for (const kind of ['training', 'holdout'] as const) {
    expect(snapshotOf(twin, kind).contentDigest).toBe(snapshotOf(first, kind).contentDigest);
  }
  expect(twin.evaluation?.candidateValue).toBe(first.evaluation?.candidateValue);
  // What an approval would be bound to names the model and the run, so it differs.
  expect(twin.evaluation?.evidenceDigest).not.toBe(first.evaluation?.evidenceDigest);
});

/** Scores the frozen holdout once more, from the stored artifacts, and evaluates: nothing of the workflow's own figures. */
async function evaluateAgain() {
  const store = createLocalStore(join(stage.stateDir, 'artifacts'));
  const dataset = createDataset({ store, scratchDir: stage.stateDir, connectionUrl: () => undefined });
  const spec = parseSpec(flightsSpec(MODEL, SECOND), 'pipeline.yaml');
  const signal = new AbortController().signal;
  const columnsPath = join(stage.stateDir, 'again.columns');
  const snapshot = snapshotOf(second, 'holdout');
  await dataset.toColumns(spec, { snapshot, path: columnsPath, boundaryAt: null }, { signal });
  const artifacts = [second, first].map(({ version }) => version?.artifact).filter((ref) => ref !== undefined);
  const job = { columnsPath, artifacts, workDir: stage.stateDir, trainer: spec.trainer };
  const { scores } = await createTrainerHost({ store }).predict(job, { signal });
  const extraGates = second.gates.filter(({ gate }) => gate === 'infra:serving');
  const [candidate, champion] = scores as [Float32Array, Float32Array];
  return evaluateOffLoop({ columnsPath, candidate, champion, anchors: [], spec, look: 1, extraGates });
}

describe('the second run', () => {
  it('writes the verdict, the gates and the intervals that candidate and champion have on the one frozen holdout', async () => {
    const again = await evaluateAgain();
    expect(again.rows).toBe(snapshotOf(second, 'holdout').rows.used);
    expect(second.evaluation).toMatchObject({
      verdict: again.verdict,
      comparison: again.comparison,
      mode: 'superior',
      candidateVersion: 2,
      championVersion: 1,
      championEpoch: 1,
      candidateValue: again.primary.candidate,
      championValue: again.primary.champion,
      difference: again.difference,
      interval: again.interval,
      interval95: again.interval95,
      rowInterval95: again.rowInterval95,
      look: 1,
      blocks: 31,
    });
    expect(second.gates).toEqual(again.gates);
    expect(second.gates.map(({ gate }) => gate)).toEqual(
      expect.arrayContaining(['superior:auc', 'min:auc', 'max:brier', 'nonInferior:auc@hub', 'infra:serving']),
    );
    expect(second.evaluation?.interval?.confidence).toBeCloseTo(0.975, 12);
    const digests = await stage.sql(
      `select e.holdout_content_digest as scored, s.content_digest as frozen from perennial.evaluations e
       join perennial.snapshots s using (model_id, run_no) where model_id = $1 and run_no = 2 and kind = 'holdout'`,
      [MODEL],
    );
    expect(digests).toEqual([{ scored: digests[0]?.frozen, frozen: digests[0]?.frozen }]);
  });

  it('ends as its verdict says, and the champion is the one that verdict leaves', async () => {
    for (const detail of [first, second]) {
      const { outcome } = detail.run;
      const stored = await stage.sql(
        `select r.verdict, r.evidence_digest from perennial.evaluations e join perennial.evaluation_results r using (evaluation_id)
         where e.model_id = $1 and e.run_no = $2`,
        [MODEL, detail.run.runNo],
      );
      expect(stored).toEqual([{ verdict: outcome?.verdict, evidence_digest: outcome?.evidenceDigest }]);
      expect(outcome?.verdict).toBe(detail.evaluation?.verdict);
      expect(outcome?.kind).toBe(outcome?.verdict === 'promote' ? 'promoted' : 'turned-down');
    }
    const { champion, history } = await stage.client.champion({ modelId: MODEL });
    const isPromoted = second.evaluation?.verdict === 'promote';
    expect(champion?.version).toBe(isPromoted ? 2 : 1);
    expect(history.map(({ toVersion, evidenceDigest }) => [toVersion, evidenceDigest])).toEqual(
      [second, first]
        .filter(({ evaluation }) => evaluation?.verdict === 'promote')
        .map(({ evaluation }) => [evaluation?.candidateVersion, evaluation?.evidenceDigest]),
    );
  });

  it('keeps a report that can be read, with the figures and the evidence it was decided on', async () => {
    const { evaluation } = second;
    if (evaluation === null) throw new Error('The second run has no evaluation.');
    const text = (await createLocalStore(join(stage.stateDir, 'artifacts')).read(evaluation.report)).toString('utf8');
    expect(text).toContain(`Verdict \`${evaluation.verdict}\` in mode \`superior\`, champion version 1`);
    expect(text).toContain(evaluation.evidenceDigest);
    for (const { gate } of second.gates) expect(text).toContain(`| ${gate} |`);
    expect(text).toContain('assumes independent rows');
  });
});

it('accounts for every row of every snapshot', () => {
  for (const detail of [first, second, twin]) {
    for (const { rows } of detail.snapshots) {
      expect(rows.used + rows.unlabelled + rows.excluded + rows.quarantined).toBe(rows.in);
      expect(rows.used).toBeGreaterThan(1_000);
    }
    expect(Date.parse(snapshotOf(detail, 'training').window.end)).toBeLessThan(
      Date.parse(snapshotOf(detail, 'holdout').window.start),
    );
  }
});

it('writes an audit chain that verifies', async () => {
  for (const modelId of [MODEL, TWIN]) {
    const [verified] = await stage.client.verify({ modelId });
    expect(verified).toMatchObject({ modelId, brokenSeq: null, reason: null });
    expect(verified?.entries).toBeGreaterThan(5);
  }
});

it('gives the story what it prints: recorded decisions, and what each version was worth on a later month', async () => {
  const scores = await stage.client.scoreVersions({ modelId: MODEL, runNo: 2, versions: [1, 2] });
  expect(scores.map(({ version, metrics }) => [version, metrics.auc])).toEqual([
    [1, second.evaluation?.championValue],
    [2, second.evaluation?.candidateValue],
  ]);
  const { evaluation, run } = second;
  if (evaluation === null || run.outcome === null) throw new Error('The second run has no evaluation.');
  const lane: Lane = {
    recipe: 'last-week',
    mode: 'superior',
    modelId: MODEL,
    file: 'last-week.yaml',
    hasReports: true,
  };
  const decisions = [{ month: '2001-03', runNo: 2, evaluation, outcome: run.outcome }];
  const told: Told = {
    lane: { lane, firstChampion: 1, decisions },
    realised: { never: scores[0]?.metrics.auc ?? 0, always: scores[1]?.metrics.auc ?? 0, gated: 0.5 },
  };
  expect(JSON.parse(JSON.stringify(storyJson([told])))).toMatchObject({
    decisions: [
      {
        recipe: 'last-week',
        mode: 'superior',
        holdout: '2001-03',
        candidateAuc: evaluation.candidateValue,
        championAuc: evaluation.championValue,
        difference: evaluation.difference,
        interval: [evaluation.interval?.lower, evaluation.interval?.upper],
        confidence: evaluation.interval?.confidence,
        verdict: evaluation.verdict,
        outcome: run.outcome.kind,
      },
    ],
    realised: { 'last-week': { never: evaluation.championValue, always: evaluation.candidateValue, superior: 0.5 } },
  });
});
