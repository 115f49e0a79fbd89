// Pipelines over the real flights, small enough to be run many times.
import { fileURLToPath } from 'node:url';
import { FLIGHTS_PATH, prepareFlights } from '../../../examples/flights/prepare.mjs';

/** Retrain `runNo` (1, 2, …) decides on the first day of this month of 2001; the holdout is the month before. */
export const clockOf = (runNo) => ({ mode: 'replay', now: new Date(Date.UTC(2001, runNo + 1, 1)).toISOString() });

/** The nightly label batches after the decision: the first comes at 03:00. */
export const batchAfter = (now) => {
  const at = new Date(now);
  at.setUTCHours(3, 0, 0, 0);
  if (at.getTime() <= Date.parse(now)) at.setUTCDate(at.getUTCDate() + 1);
  return at.toISOString();
};

export const flightsFile = async () => {
  await prepareFlights({ target: FLIGHTS_PATH });
  return fileURLToPath(new URL('../../../examples/flights/flights.yaml', import.meta.url));
};

/**
 * Small batches make a training last a few seconds, with a checkpoint every few tenths; small steps make its best train epoch a
 * late one, so that a training that was resumed wrongly would give another artifact.
 */
const SMALL_STEPS = { batchSize: 64, learningRate: 0.0001 };

/**
 * A pipeline file's text (JSON is YAML). All the past, refreshed: a candidate that is not worse by much asks for approval.
 */
export function flightsSpec(model, { path = FLIGHTS_PATH, fraction = 0.02, trainer = {}, approval = 'always' } = {}) {
  return JSON.stringify({
    apiVersion: 'perennial/v1',
    model,
    source: {
      kind: 'parquet',
      path,
      columns: { id: 'id', eventAt: 'event_at', label: 'late', labelKnownAt: 'known_at' },
    },
    sample: { fraction, seed: 1 },
    target: { kind: 'binary', positive: 1 },
    features: [
      { kind: 'time', name: 'hour', part: 'hour' },
      { kind: 'numeric', name: 'distance' },
      { kind: 'categorical', name: 'origin' },
      { kind: 'categorical', name: 'destination' },
    ],
    window: { expanding: '2001-01-01' },
    holdout: { span: 'last-month', embargo: 'P1D' },
    labels: { delay: 'P1D', coverage: { overall: 0.99, perClass: 0.9 }, deadline: 'P14D', onDeadline: 'abort' },
    quality: { minRows: 1000 },
    metric: 'auc',
    mode: 'refresh',
    tolerance: 0.2,
    gates: [{ metric: 'auc', min: 0.5 }],
    trainer: { validationTail: 'P3D', seed: 1, ...SMALL_STEPS, maxTrainEpochs: 16, patience: 16, ...trainer },
    approval: { policy: approval, expiry: 'P7D' },
  });
}
