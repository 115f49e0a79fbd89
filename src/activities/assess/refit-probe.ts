/**
 * The refit probe, run: two small learners of one recipe, on recent rows and on as many rows of the reference, scored on recent days
 * that neither saw.
 *
 * The holdout. An alarm is mostly about the newest weeks, and those are mostly the run's holdout; a probe that kept away from it could
 * never find a changed concept. So labels of holdout days may be looked at here, by this rule: nothing that learnt from them leaves the
 * scratch folder (both learners are thrown away, neither is a candidate, and the training snapshot ends before the holdout as always);
 * their recipe is fixed here and not the pipeline's, so that no choice of the pipeline is tuned on the holdout; and all that the run
 * takes from it is whether it goes on. That one bit is not free: a run that goes on because the champion did badly on these days
 * compares candidate and champion on days picked for that. It bears on whether a retrain is tried, never on which candidate is, and
 * the watch after a promotion sees other days.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../core/errors.js';
import type { SpecFeature, TrainerSpec } from '../../core/spec/schema.js';
import type { RefitFacts } from '../../core/triage/facts.js';
import type { ArtifactRef } from '../../core/types.js';
import type { ActivityDeps } from '../deps.js';
import type { ScoredChampion } from './score-champion.js';

const SEED = 1;

export type Probe = { readonly facts: RefitFacts; readonly why: null } | { readonly facts: null; readonly why: string };

/** Small and quick: what it must do is tell two samples apart, not be good. */
const learner = ({ backend, threads, limits }: TrainerSpec): TrainerSpec => ({
  kind: 'embedding-mlp',
  hidden: [16],
  batchSize: 512,
  learningRate: 0.01,
  l2: 0.001,
  dropout: 0,
  maxTrainEpochs: 12,
  patience: 2,
  validationTail: 'P1D',
  seed: SEED,
  backend,
  threads,
  limits,
});

/** Of the rows, below which a level shares "other": some days hold too few of a rare one to tell it from their weather. */
const RARE = 0.01;

function narrow(feature: SpecFeature, rows: number): SpecFeature {
  if (feature.kind === 'numeric') return feature;
  const narrowed = { ...feature, embedding: Math.min(feature.embedding, 4) };
  return narrowed.kind === 'time' ? narrowed : { ...narrowed, minCount: Math.max(1, Math.round(rows * RARE)) };
}

/** @param days mature days since the change, and those of the reference, ascending */
export async function probeRefit(
  deps: Pick<ActivityDeps, 'trainer' | 'runAssessJob'>,
  of: { readonly scored: ScoredChampion; readonly recent: readonly number[]; readonly reference: readonly number[] },
  options: { readonly dir: string; readonly signal: AbortSignal },
): Promise<Probe> {
  const { dir, signal } = options;
  const { columnsPath, spec } = of.scored;
  const pathOf = (name: string): string => join(dir, `${name}.columns`);
  const paths = { recent: pathOf('recent'), earlier: pathOf('earlier'), test: pathOf('test') };
  const days = { recent: of.recent, reference: of.reference, seed: SEED };
  const { fitted, why } = await deps.runAssessJob('splitForRefit', { columnsPath, days, paths }, { signal });
  if (fitted === null) return { facts: null, why };
  const teach = async (name: 'recent' | 'earlier'): Promise<ArtifactRef> => {
    const workDir = join(dir, name);
    await mkdir(workDir, { recursive: true });
    const job = { columnsPath: paths[name], trainRows: fitted, resumeFrom: null, workDir };
    const { artifact } = await deps.trainer.train(
      { ...job, features: spec.features.map((feature) => narrow(feature, fitted)), trainer: learner(spec.trainer) },
      { signal, onProgress: () => undefined },
    );
    return artifact;
  };
  try {
    // One after the other: two children at once would need twice the memory, and two cores to be quicker.
    const artifacts = [await teach('earlier'), await teach('recent')];
    const { scores } = await deps.trainer.predict(
      { columnsPath: paths.test, artifacts, workDir: dir, trainer: spec.trainer },
      { signal },
    );
    const [earlier, recent] = scores as [Float32Array, Float32Array];
    const compared = { testPath: paths.test, earlier, recent, trainRows: fitted };
    const facts = await deps.runAssessJob('compareRefits', compared, { signal });
    return facts === null
      ? { facts, why: 'The refit was not judged: too few days have enough labels of both classes.' }
      : { facts, why: null };
  } catch (error) {
    // One class only, or a loss that is no number: a finding about these rows, no fault of ours.
    const isOfRows =
      error instanceof PipelineError &&
      ['DATA_SCHEMA_VIOLATION', 'DATA_WINDOW_EMPTY', 'TRAINING_DIVERGED'].includes(error.code);
    if (!isOfRows) throw error;
    return { facts: null, why: `No refit came about: ${error.message}` };
  }
}
