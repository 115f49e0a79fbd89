/** What a replay reads of the registry's past: recorded claims by the time they speak in, and gains that runs measured. */
import { describe, expect, it } from 'vitest';
import { adviseFromLooks } from '#dist/core/policy/replay/advise-from-looks.js';
import { factsOf } from '#dist/core/policy/replay/recorded.js';
import type { Arrival } from '#dist/core/signals/arrival.js';
import type { DriftClaim } from '#dist/core/signals/drift-claim.js';
import { acceptArrivals } from '#dist/registry/intake.js';
import { measuredLooksOf, recordedClaimsOf } from '#dist/registry/policy-history.js';
import {
  applyModel,
  digestOf,
  evaluationOf,
  FEBRUARY,
  GATES,
  MARCH,
  makeVersion,
  newVersion,
  openRunFor,
  summaryOf,
  useRegistry,
} from './registry-fixtures.js';

const registry = useRegistry('policy_history');
const INTERVAL = { lower: 0.024, upper: 0.034, confidence: 0.95 };
const RECEIVED = '2001-04-09T06:00:00.000Z';

const claimOf = (modelId: string, eventId: string): DriftClaim => ({
  eventId,
  source: 'monitor-job',
  monitor: 'evidently',
  monitorVersion: '0.7.23',
  format: 'evidently',
  modelId,
  window: { start: '2001-04-02T00:00:00.000Z', end: '2001-04-09T00:00:00.000Z' },
  nReference: 5000,
  nCurrent: null,
  receivedAt: RECEIVED,
  severity: 'warning',
  cause: 'drift',
  findings: [
    {
      scope: 'column',
      column: 'origin',
      method: 'Jensen-Shannon distance',
      family: 'distance',
      lowerIsDrift: false,
      score: 0.107,
      threshold: 0.1,
      alert: true,
      raw: '{}',
    },
  ],
  absent: [],
  notes: [],
});

const arrivalOf = (claim: DriftClaim, clock: Arrival['clock']): Arrival => ({
  modelId: claim.modelId,
  channel: 'http',
  source: claim.source,
  eventId: claim.eventId,
  cause: claim.cause,
  requestedBy: claim.monitor,
  clock,
  receivedAt: claim.receivedAt,
  isUrgent: false,
  claim,
  body: {},
  bodyDigest: digestOf(claim.eventId),
});

describe('recorded claims', () => {
  it('are as they were taken in, at the time that they speak in, oldest first, each once, without those of the coordinator', async () => {
    await applyModel(registry.pool, 'heard');
    const [wall, replayed] = [claimOf('heard', 'wall'), claimOf('heard', 'replayed')];
    const past = '2001-02-05T00:00:00.000Z';
    const arrivals = [arrivalOf(wall, { mode: 'wall' }), arrivalOf(replayed, { mode: 'replay', now: past })];
    const missing = arrivalOf(claimOf('heard', 'missing'), { mode: 'wall' });
    const own: Arrival = { ...missing, channel: 'coordinator' };
    await acceptArrivals(registry.pool, [...arrivals, arrivalOf(wall, { mode: 'wall' }), own]);
    const claims = await recordedClaimsOf(registry.pool, 'heard');
    expect(claims.map(({ arrivedMs }) => new Date(arrivedMs).toISOString())).toEqual([past, RECEIVED]);
    expect(claims[1]).toMatchObject({ cause: 'drift', claim: factsOf(wall) });
  });

  it('of a model that nobody knows are refused', async () => {
    await expect(recordedClaimsOf(registry.pool, 'nobody')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    await expect(measuredLooksOf(registry.pool, 'nobody')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });
});

describe('measured looks', () => {
  async function measure(modelId: string, recipeDigest: string) {
    await applyModel(registry.pool, modelId);
    const first = await makeVersion(registry.registry, modelId, 'first');
    const key = await openRunFor(registry.registry, modelId, 'second');
    await registry.registry.recordStage(key, 'train');
    const { version } = await registry.registry.registerVersion({
      ...newVersion(key),
      trainingWindow: FEBRUARY,
      recipeDigest,
    });
    await registry.registry.recordStage(key, 'evaluate');
    const pair = { candidateVersion: version, championVersion: first, championEpoch: 1, holdoutWindow: MARCH };
    const { evaluationId } = await registry.registry.beginEvaluation(evaluationOf(key, pair));
    const summary = { ...summaryOf(evaluationId, 'evidence'), ...pair, difference: 0.029, interval95: INTERVAL };
    await registry.registry.finishEvaluation(evaluationId, { summary, gates: GATES });
    return { key, measured: await measuredLooksOf(registry.pool, modelId) };
  }

  it('compare a candidate with a champion of older data, with the gain that the run measured', async () => {
    const { key, measured } = await measure('measured', digestOf('recipe measured/1'));
    const [look, ...more] = measured.looks;
    expect([more, measured.otherRecipes]).toEqual([[], 0]);
    expect(look).toMatchObject({
      runNo: key.runNo,
      fresherDays: 28,
      metric: 'auc',
      gain: { days: 28, value: 0.029, interval: INTERVAL },
    });
    expect(look?.trainingMinutes).toBeGreaterThanOrEqual(0);
    expect(look?.trainingMinutes).toBeLessThan(1);
    expect(adviseFromLooks(measured, 0.005).sentence).toMatch(/^Refitting after about 28 days was shown to gain/);
  });

  it('of candidates whose recipe changed too are left out and counted', async () => {
    const { measured } = await measure('changed', digestOf('another recipe'));
    expect(measured).toEqual({ looks: [], otherRecipes: 1 });
  });
});
