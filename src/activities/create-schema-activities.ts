/** `inferSchema`: what the rows of a window look like, proposed as a version of the source's schema for a person to review. */

import { PipelineError } from '../core/errors.js';
import { shortWindow } from '../core/instant.js';
import { type Categories, inferSchema as inferFrom } from '../core/quality/source-schema.js';
import type { Digest, Instant, Window } from '../core/types.js';
import type { ActivityDeps } from './deps.js';

export interface InferSchemaRequest {
  readonly modelId: string;
  readonly specDigest: Digest;
  readonly window: Window;
  readonly asOf: Instant;
  readonly by: string;
}

export interface InferredSchema {
  readonly version: number;
  readonly isNew: boolean;
  readonly rows: number;
}

/** As much as a person can review, and a row of the registry should hold. */
const MOST_LISTED = 20_000;

/** The longest lists are left out first: a column with many categories says little by listing them. */
function withinReview(categories: Categories): Categories {
  const lengthOf = ([, list]: readonly [string, readonly string[] | null]): number => list?.length ?? 0;
  let left = MOST_LISTED;
  const kept = Object.entries(categories)
    .sort((a, b) => lengthOf(a) - lengthOf(b))
    .map(([name, list]) => {
      left -= list?.length ?? 0;
      return [name, left >= 0 ? list : null] as const;
    });
  return Object.fromEntries(kept);
}

async function inferSchema({ registry, dataset }: ActivityDeps, request: InferSchemaRequest): Promise<InferredSchema> {
  const { modelId, specDigest, window, asOf, by } = request;
  const spec = await registry.specByDigest(specDigest);
  const { facts, categories } = await dataset.inspectForSchema(spec, { window, asOf });
  if (facts.rows === 0) {
    throw new PipelineError(
      'DATA_WINDOW_EMPTY',
      `There is no row in ${shortWindow(window)} to infer a schema from. Name a window with rows: --window START/END.`,
      { details: { window } },
    );
  }
  const schema = inferFrom({ rows: facts.rows, columns: facts.columns, categories: withinReview(categories) });
  const proposed = await registry.proposeSchema({ modelId, schema, specDigest, window, asOf, rows: facts.rows, by });
  return { ...proposed, rows: facts.rows };
}

export function createSchemaActivities(deps: ActivityDeps) {
  return { inferSchema: (request: InferSchemaRequest) => inferSchema(deps, request) };
}

export type SchemaActivities = ReturnType<typeof createSchemaActivities>;
