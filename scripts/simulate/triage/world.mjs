// What the assess stage works with, for one folder: the real dataset room, artifact store and trainer, and a registry of plain
// objects with the few answers that it asks for, since the registry is not what is judged.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAssessJobOffLoop } from '../../../dist/activities/assess/off-loop-jobs.js';
import { alertOf } from '../../../dist/core/policy/triggers/read-finding.js';
import { specDigest } from '../../../dist/core/spec/digest.js';
import { durationMs } from '../../../dist/core/spec/duration.js';
import { parseSpec } from '../../../dist/core/spec/parse-spec.js';
import { createDataset } from '../../../dist/dataset/create-dataset.js';
import { createLocalStore } from '../../../dist/storage/local-store.js';
import { createTrainerHost } from '../../../dist/trainer/host.js';

const SPEC = fileURLToPath(new URL('../../../examples/flights/faults.yaml', import.meta.url));
/** Two cases are assessed at a time. */
const LIMITS = { memoryMb: 1024, threads: 1 };
const signal = new AbortController().signal;
export const iso = (ms) => new Date(ms).toISOString();

export async function openWorld(dir) {
  const store = createLocalStore(join(dir, 'artifacts'));
  const scratchDir = join(dir, 'scratch');
  await mkdir(scratchDir, { recursive: true });
  const dataset = createDataset({ store, scratchDir, connectionUrl: () => undefined, limits: LIMITS });
  const trainer = createTrainerHost({ store });
  const written = parseSpec(await readFile(SPEC, 'utf8'), 'faults.yaml');
  return { dir, store, scratchDir, dataset, trainer, written };
}

/** faults.yaml over another file, with a second source of `hour` where the case has one. */
export function specOver(world, { path, recomputed = null, sample }) {
  const { written } = world;
  const features = written.features.map((feature) =>
    feature.name === 'hour' && recomputed !== null ? { ...feature, recomputed } : feature,
  );
  const source = { ...written.source, path };
  return { ...written, source, features, ...(sample === undefined ? {} : { sample }) };
}

/** Trained by the real trainer on a window of a file, as a run would; what a registry would say of it. */
export async function trainChampion(world, { spec, window, labelsAsOf, name }) {
  const { dataset, trainer, dir } = world;
  const workDir = join(dir, name);
  await mkdir(workDir, { recursive: true });
  const request = { kind: 'training', window, inputsAsOf: labelsAsOf, labelsAsOf, excluding: [], last: null };
  const snapshot = await dataset.freeze(spec, request, { signal });
  const path = join(workDir, 'training.columns');
  const boundaryAt = iso(Date.parse(window.end) - durationMs(spec.trainer.validationTail));
  const columns = await dataset.toColumns(spec, { snapshot, path, boundaryAt }, { signal });
  const job = {
    columnsPath: path,
    trainRows: columns.rowsBefore,
    features: spec.features,
    trainer: spec.trainer,
    resumeFrom: null,
    workDir,
  };
  const { artifact } = await trainer.train(job, { signal, onProgress: () => undefined });
  return { artifact, spec, snapshot, trainedThrough: window.end, since: labelsAsOf };
}

/** As a registry hands it over. @param claim of core/signals */
const allegedOf = (claim) => ({
  triggerId: `${claim.source}/${claim.eventId}`,
  monitor: claim.monitor,
  window: claim.window,
  nReference: claim.nReference,
  nCurrent: claim.nCurrent,
  alerts: claim.findings
    .filter((finding) => alertOf(finding) === 'yes')
    .map(({ scope, column, method, score, threshold, lowerIsDrift }) => {
      return { scope, column, method, score, threshold, lowerIsDrift };
    }),
  absent: claim.absent.map(({ what, name, why }) => `No ${what} ${name}: ${why}`),
});

/** @param of.champion of trainChampion; `claims` of core/signals; `versions` that were announced */
export function depsOf(world, { spec, champion, claims, versions }) {
  const { store, dataset, trainer, scratchDir } = world;
  const specs = new Map([spec, champion.spec].map((one) => [specDigest(one), one]));
  const recorded = [];
  const cause = claims.every((claim) => claim.cause === 'performance') ? 'performance' : 'drift';
  const row = { version: 1, epoch: 1, artifact: champion.artifact, specDigest: specDigest(champion.spec) };
  const registry = {
    run: async () => ({ cause }),
    claimsOfRun: async () => claims.map(allegedOf),
    specByDigest: async (digest) => specs.get(digest),
    champion: async () => ({ ...row, since: champion.since, trainedThrough: champion.trainedThrough }),
    championTraining: async () => champion.snapshot,
    acceptedSchema: async () => null,
    versionRecords: async (_model, { from, to }) => versions.filter(({ at }) => at >= from && at < to),
    recordAssessment: async (_key, assessment) => {
      recorded.push(assessment);
      return { incidentId: null };
    },
  };
  const deps = { registry, artifacts: store, dataset, trainer, runAssessJob: runAssessJobOffLoop, scratchDir };
  return { deps, recorded };
}
