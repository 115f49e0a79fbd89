/**
 * A window, as known at an instant, materialised once: used rows as Parquet in order, and a manifest that says what they
 * are and what became of all the others. Everything is made in scratch; the artifact store takes finished files only.
 */
import { join } from 'node:path';
import { version as duckdbVersion } from '@duckdb/node-api';
import type { ArtifactStore, FreezeRequest } from '../activities/deps.js';
import { canonicalDigest, canonicalJson } from '../core/canonical-json.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { RowCounts, SnapshotRef } from '../core/types.js';
import { type Classified, classifyRows } from './classify-rows.js';
import { type ColumnPlan, featureColumn, planColumns } from './column-plan.js';
import { contentDigest } from './content-digest.js';
import type { Duck } from './duck.js';
import { labelRows } from './label-rows.js';
import { type ConnectionUrl, checkSchema, type OpenSource, schemaProblem, withSource } from './open-source.js';
import { EvenSample, profileSnapshot } from './profile.js';
import {
  digestColumns,
  type SnapshotColumn,
  snapshotColumns,
  snapshotScan,
  writeSnapshotFile,
} from './snapshot-file.js';
import { vectorItems } from './vectors.js';

/** Place of the event time in the file: after the id. */
const EVENT_AT = 1;

export interface FreezeTools {
  readonly store: ArtifactStore;
  readonly connectionUrl: ConnectionUrl;
}

/** The columns of the features that are asked for, but for those that may lack and do. */
function planOf(source: OpenSource, options: { spec: PipelineSpec; request: FreezeRequest }): ColumnPlan {
  const { spec, request } = options;
  const features = spec.features.filter(
    (feature) =>
      request.mayLack?.includes(feature.name) !== true ||
      schemaProblem([featureColumn(spec, feature)], source.rows, 'source') === null,
  );
  return planColumns({ ...spec, features });
}

/** Loads, labels and classifies; the source is closed before anything is written. */
async function classifyWindow(
  duck: Duck,
  options: { spec: PipelineSpec; request: FreezeRequest; connectionUrl: ConnectionUrl },
): Promise<{ plan: ColumnPlan; classified: Classified }> {
  const { spec, request } = options;
  const plan = await withSource(duck, { spec, connectionUrl: options.connectionUrl }, async (source) => {
    const wanted = planOf(source, options);
    checkSchema(wanted, source);
    const scope = {
      window: request.window,
      rowsAsOf: request.inputsAsOf,
      labelsAsOf: request.labelsAsOf,
      sample: spec.sample,
    };
    await source.load({ rows: wanted.rows, labels: wanted.labels }, scope);
    return wanted;
  });
  await labelRows(duck, plan, { labelsAsOf: request.labelsAsOf, positive: spec.target.positive });
  const classified = await classifyRows(duck, plan, { spec, excluding: request.excluding, last: request.last });
  return { plan, classified };
}

function checkCounts(counts: RowCounts, request: FreezeRequest): void {
  const { used, unlabelled, excluded, quarantined } = counts;
  assertInvariant(
    counts.in === used + unlabelled + excluded + quarantined,
    `Rows in (${counts.in}) are not used + unlabelled + excluded + quarantined (${used} + ${unlabelled} + ${excluded} + ${quarantined}).`,
  );
  if (used > 0) return;
  const { start, end } = request.window;
  throw new PipelineError(
    'DATA_WINDOW_EMPTY',
    `No usable row in [${start}, ${end}): ${counts.in} rows there, ${unlabelled} without a label known at ${request.labelsAsOf}, ` +
      `${excluded} excluded, ${quarantined} quarantined. Check the window, the labels and the source.`,
    { details: { window: request.window, rows: counts } },
  );
}

async function describeFile(duck: Duck, path: string, columns: readonly SnapshotColumn[], rows: number) {
  const numeric = columns.flatMap((column, at) => (column.kind === 'numeric' ? [at] : []));
  const sample = new EvenSample(rows, numeric);
  let newest = -(2n ** 63n);
  async function* sampled() {
    for await (const chunk of duck.chunks(`SELECT * FROM ${snapshotScan(path)}`)) {
      for (const eventAt of vectorItems(chunk, EVENT_AT, BigInt64Array)) {
        assertInvariant(eventAt >= newest, 'The rows of the snapshot file are out of order.');
        newest = eventAt;
      }
      sample.add(chunk);
      yield chunk;
    }
  }
  const content = await contentDigest(digestColumns(columns), sampled());
  const profile = await profileSnapshot(duck, path, { columns, sample });
  return { content, profile, sampleRows: Math.ceil(rows / sample.step) };
}

/** @throws DATA_WINDOW_EMPTY, DATA_SCHEMA_VIOLATION, SOURCE_UNAVAILABLE */
export async function freezeWindow(
  duck: Duck,
  tools: FreezeTools,
  options: { readonly spec: PipelineSpec; readonly request: FreezeRequest },
): Promise<SnapshotRef> {
  const { spec, request } = options;
  const { plan, classified } = await classifyWindow(duck, { ...options, connectionUrl: tools.connectionUrl });
  const { counts, quarantined, isReadInOrder } = classified;
  checkCounts(counts, request);
  const path = join(duck.dir, 'rows.parquet');
  await writeSnapshotFile(duck, plan, { path, isReadInOrder });
  const columns = snapshotColumns(plan);
  const { content, profile, sampleRows } = await describeFile(duck, path, columns, counts.used);
  assertInvariant(
    content.rows === counts.used,
    `The snapshot holds ${content.rows} rows, ${counts.used} were counted.`,
  );
  duck.signal.throwIfAborted();
  const parquet = await tools.store.putFile(path);
  const manifest = {
    format: 'perennial-snapshot/1',
    kind: request.kind,
    contentDigest: content.digest,
    file: parquet,
    duckdbVersion: duckdbVersion(),
    sourceDigest: canonicalDigest(spec.source),
    window: request.window,
    inputsAsOf: request.inputsAsOf,
    labelsAsOf: request.labelsAsOf,
    excluding: request.excluding,
    last: request.last,
    sample: spec.sample ?? null,
    target: spec.target,
    rows: counts,
    quarantined,
    isAsOfGuaranteed: { rows: plan.hasRowKnownAt, labels: plan.hasLabelKnownAt },
    schema: columns,
    profile,
    profileRows: sampleRows,
  };
  const manifestRef = await tools.store.putBytes(Buffer.from(canonicalJson(manifest), 'utf8'));
  return {
    kind: request.kind,
    contentDigest: content.digest,
    parquet,
    manifest: manifestRef,
    window: request.window,
    asOf: request.labelsAsOf,
    rows: counts,
  };
}
