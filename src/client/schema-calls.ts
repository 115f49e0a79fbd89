/** Schemas of a model's source: inferred by a worker, which alone reads the user's data; compared and accepted here. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { InferredSchema, InferSchemaRequest } from '../activities/create-schema-activities.js';
import { canonicalDigest } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import { diffSchemas, type SchemaDifference } from '../core/quality/diff-schemas.js';
import type { Instant, Window } from '../core/types.js';
import { champion } from '../registry/aliases.js';
import { listSnapshots } from '../registry/run-facts.js';
import { acceptSchema, listSchemas, type SchemaRow } from '../registry/source-schemas.js';
import { currentSpec } from '../registry/specs.js';
import { versionByNumber } from '../registry/versions.js';
import { type Awaiting, awaitWorkflow } from './awaited-workflow.js';
import { requirePast } from './check-times.js';
import { specOfModel } from './read-calls.js';

export interface SchemaDiff {
  readonly modelId: string;
  /** Its source carries no types: every column is text. */
  readonly isCsv: boolean;
  /** Null: nothing was accepted yet, and everything is new. */
  readonly from: SchemaRow | null;
  readonly to: SchemaRow;
  readonly differences: readonly SchemaDifference[];
}

export interface SchemaCalls {
  /** @param request.window the champion's training window by default */
  inferSchema(
    request: { modelId: string; window?: Window; asOf?: Instant; by: string },
    awaiting?: Awaiting,
  ): Promise<SchemaDiff>;
  /** Newest first. */
  listSchemas(modelId: string): Promise<readonly SchemaRow[]>;
  /** From the accepted one to the newest by default. @throws SIGNAL_INVALID for a version that is not there */
  diffSchemas(request: { modelId: string; from?: number; to?: number }): Promise<SchemaDiff>;
  /** The newest by default. @returns false: it was accepted already */
  acceptSchema(request: { modelId: string; version?: number; by: string; reason: string }): Promise<{
    version: number;
    isNew: boolean;
  }>;
}

const pick = (rows: readonly SchemaRow[], version: number, modelId: string): SchemaRow => {
  const row = rows.find((one) => one.version === version);
  if (row !== undefined) return row;
  const known = rows.map((one) => one.version).join(', ');
  throw new PipelineError(
    'SIGNAL_INVALID',
    `${modelId} has no schema version ${version}; ${known === '' ? 'none was inferred yet' : `there are ${known}`}.`,
    { advice: known === '' ? `Infer one with \`perennial schema infer ${modelId}\`.` : 'Name one of these versions.' },
  );
};

async function diff(pool: Pool, request: { modelId: string; from?: number; to?: number }): Promise<SchemaDiff> {
  const { modelId } = request;
  const { source } = await specOfModel(pool, modelId);
  const rows = await listSchemas(pool, modelId);
  const newest = rows[0];
  if (newest === undefined) {
    throw new PipelineError('SIGNAL_INVALID', `${modelId} has no schema yet.`, {
      advice: `Infer one with \`perennial schema infer ${modelId}\`.`,
    });
  }
  const to = request.to === undefined ? newest : pick(rows, request.to, modelId);
  const accepted = rows.find(({ isCurrent }) => isCurrent) ?? null;
  const from = request.from === undefined ? accepted : pick(rows, request.from, modelId);
  const isCsv = source.kind === 'csv';
  return { modelId, isCsv, from, to, differences: diffSchemas(from?.schema ?? null, to.schema) };
}

async function championWindow(pool: Pool, modelId: string): Promise<Window> {
  const present = await champion(pool, modelId);
  const runNo = present === null ? null : (await versionByNumber(pool, modelId, present.version)).runNo;
  const snapshots = runNo === null ? [] : await listSnapshots(pool, { modelId, runNo });
  const training = snapshots.find(({ kind }) => kind === 'training');
  if (training !== undefined) return training.window;
  throw new PipelineError(
    'SIGNAL_INVALID',
    `${modelId} has no champion whose training window could be taken: name one with --window START/END.`,
  );
}

type Infer = (request: InferSchemaRequest) => Promise<InferredSchema>;

export function schemaCalls(client: Client, pool: Pool, queue: string): SchemaCalls {
  return {
    inferSchema: async ({ modelId, window, asOf, by }, awaiting = {}) => {
      await specOfModel(pool, modelId);
      if (asOf !== undefined) requirePast(asOf);
      const current = await currentSpec(pool, modelId);
      const asked = window ?? (await championWindow(pool, modelId));
      const request: InferSchemaRequest = {
        modelId,
        specDigest: current?.specDigest ?? '',
        window: asked,
        asOf: asOf ?? new Date().toISOString(),
        by,
      };
      const { version } = await awaitWorkflow<Infer>(client, {
        workflow: 'inferSchemaWorkflow',
        options: {
          workflowId: `schema/${modelId}/${canonicalDigest({ ...request, by: '' }).slice(0, 16)}`,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          taskQueue: queue,
          args: [request],
          staticSummary: `Infer a schema of ${modelId} from [${asked.start}, ${asked.end})`.slice(0, 200),
        },
        awaiting,
      });
      return diff(pool, { modelId, to: version });
    },
    listSchemas: async (modelId) => {
      await specOfModel(pool, modelId);
      return listSchemas(pool, modelId);
    },
    diffSchemas: (request) => diff(pool, request),
    acceptSchema: async ({ modelId, version, by, reason }) => {
      const chosen = version ?? (await diff(pool, { modelId })).to.version;
      return { version: chosen, isNew: await acceptSchema(pool, { modelId, version: chosen, by, reason }) };
    },
  };
}
