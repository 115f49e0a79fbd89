/**
 * The champion's scores on the assessed window and its reference, in the trainer's process, with the champion's own features: one
 * column file and one child for both windows. At most 80,000 rows, by the hash that samples rows everywhere, so that a look at a
 * hundred million rows takes seconds too and takes the same ones again.
 */
import { join } from 'node:path';
import { PipelineError } from '../../core/errors.js';
import type { PipelineSpec } from '../../core/spec/schema.js';
import type { Instant, Window } from '../../core/types.js';
import type { ActivityDeps, ChampionRow } from '../deps.js';
import type { ScoredWindow } from './assess-jobs.js';

const DAY_MS = 86_400_000;
const MOST_ROWS = 80_000;

export interface ScoringScope {
  /** The run's pipeline: its source and its sample are read. */
  readonly spec: PipelineSpec;
  readonly champion: ChampionRow;
  readonly championSpec: PipelineSpec;
  readonly current: Window;
  readonly reference: Window;
  readonly excluding: readonly Window[];
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  /** Rows of both windows, as the sample of the spec has them. */
  readonly rows: number;
}

export interface ScoredChampion extends ScoredWindow {
  /** Of the rows that were scored. */
  readonly columnsPath: string;
  /** What the columns are called and how they are read. */
  readonly spec: PipelineSpec;
}

export type Scoring =
  | { readonly scored: ScoredChampion; readonly why: null }
  | { readonly scored: null; readonly why: string };

/** First day whose whole lies in the window. */
const firstDayOf = ({ start }: Window): number => Math.ceil(Date.parse(start) / DAY_MS);

/**
 * @param dir scratch of this attempt
 * @returns a sentence where the source has not what the champion needs, or no rows
 */
export async function scoreChampion(
  deps: Pick<ActivityDeps, 'dataset' | 'trainer' | 'runAssessJob'>,
  scope: ScoringScope,
  options: { readonly dir: string; readonly signal: AbortSignal },
): Promise<Scoring> {
  const { signal, dir } = options;
  const spec: PipelineSpec = { ...scope.spec, features: scope.championSpec.features, slices: [] };
  const window = { start: scope.reference.start, end: scope.current.end };
  const share = Math.min(1, MOST_ROWS / Math.max(1, scope.rows));
  const { inputsAsOf, labelsAsOf, excluding } = scope;
  const request = { window, inputsAsOf, labelsAsOf, excluding, share, path: join(dir, 'scored.columns') };
  try {
    const columns = await deps.dataset.scoringColumns(spec, request, { signal });
    if (columns.rows === 0)
      return { scored: null, why: 'The champion was not scored: its windows have no usable rows.' };
    const { scores } = await deps.trainer.predict(
      { columnsPath: columns.path, artifacts: [scope.champion.artifact], workDir: dir, trainer: spec.trainer },
      { signal },
    );
    const job = { columnsPath: columns.path, scores: scores[0]!, currentFrom: firstDayOf(scope.current) };
    const measured = await deps.runAssessJob('scoreDays', job, { signal });
    return { scored: { ...measured, columnsPath: columns.path, spec }, why: null };
  } catch (error) {
    // What is wrong with the source is found, and judged, by the checks of its inputs.
    if (!(error instanceof PipelineError) || error.code !== 'DATA_SCHEMA_VIOLATION') throw error;
    return { scored: null, why: `The champion could not be scored: ${error.message}` };
  }
}
