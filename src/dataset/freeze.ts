/**
 * A window, as known at an instant, materialised once: used rows as Parquet in order, and a manifest that says what they
 * are and what became of all the others. Everything is made in scratch; the artifact store takes finished files only.
 */
import { join } from 'node:path';
import { type DuckDBDataChunk, version as duckdbVersion } from '@duckdb/node-api';
import type { ArtifactStore, FreezeRequest } from '../activities/deps.js';
import { canonicalDigest, canonicalJson } from '../core/canonical-json.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { RowCounts, SnapshotRef } from '../core/types.js';
import { type Classified, classifyRows } from './classify-rows.js';
import { type ColumnPlan, featureColumn, planColumns } from './column-plan.js';
import { ContentDigest } from './content-digest.js';
import type { Duck } from './duck.js';
import type { HeldNumbers } from './held-numbers.js';
import { labelRows } from './label-rows.js';
import { numberChecks } from './number-checks.js';
import type { NumberChunk } from './number-chunk.js';
import { checkSchema, schemaProblem, withSource } from './open-source.js';
import type { ConnectionUrl, OpenSource } from './opened-source.js';
import { EvenSample, profileSnapshot } from './profile.js';
import {
  digestColumns,
  type RowWatch,
  type SnapshotColumn,
  snapshotColumns,
  writeHeldFile,
  writeSnapshotFile,
} from './snapshot-file.js';
import { vectorItems, vectorValid } from './vectors.js';

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

export interface ClassifyOptions {
  readonly spec: PipelineSpec;
  readonly request: FreezeRequest;
  /** Memory for numbers outside DuckDB, in MiB; null: all in DuckDB, which can use the disk. */
  readonly heldMb: number | null;
}

/** Loads, labels and classifies; the source is closed before anything is written. */
export async function classifyWindow(
  duck: Duck,
  options: ClassifyOptions & { connectionUrl: ConnectionUrl },
): Promise<{ plan: ColumnPlan; classified: Classified; held: HeldNumbers | null }> {
  const { spec, request, heldMb } = options;
  const { plan, held } = await withSource(duck, { spec, connectionUrl: options.connectionUrl }, async (source) => {
    const wanted = planOf(source, options);
    checkSchema(wanted, source);
    const scope = {
      window: request.window,
      rowsAsOf: request.inputsAsOf,
      labelsAsOf: request.labelsAsOf,
      sample: spec.sample,
    };
    const columns = { rows: wanted.rows, labels: wanted.labels };
    const holding = heldMb === null ? undefined : { checks: numberChecks(wanted), mostMb: heldMb };
    return { plan: wanted, held: await source.load(columns, scope, holding) };
  });
  await labelRows(duck, plan, { labelsAsOf: request.labelsAsOf, positive: spec.target.positive });
  const { excluding, last, released = [] } = request;
  const classified = await classifyRows(duck, plan, {
    spec,
    labelsAsOf: request.labelsAsOf,
    ...{ excluding, last, held, released },
  });
  return { plan, classified, held };
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

/** Sees every row once, in the file's order. */
class Watch implements RowWatch {
  readonly content: ContentDigest;
  readonly sample: EvenSample;
  #newest = -(2n ** 63n);

  constructor(columns: readonly SnapshotColumn[], rows: number) {
    this.content = new ContentDigest(digestColumns(columns));
    const numeric = columns.flatMap((column, at) => (column.kind === 'numeric' ? [at] : []));
    this.sample = new EvenSample(rows, numeric);
  }

  see(chunk: DuckDBDataChunk, places: readonly (number | null)[]): void {
    const eventAtPlace = places[EVENT_AT] ?? null;
    if (eventAtPlace !== null) {
      for (const eventAt of vectorItems(chunk, eventAtPlace, BigInt64Array)) {
        assertInvariant(eventAt >= this.#newest, 'The rows of the snapshot file are out of order.');
        this.#newest = eventAt;
      }
    }
    // Numbers come all at once, or in chunks of the other columns not at all.
    if (this.sample.columns.every((column) => places[column] !== null)) {
      this.sample.add(chunk.rowCount, (column) => ({
        items: vectorItems(chunk, places[column]!, Float64Array),
        valid: vectorValid(chunk, places[column]!),
      }));
    }
    this.content.add(chunk, places);
  }

  seeNumbers(chunk: NumberChunk, places: readonly (number | null)[]): void {
    this.sample.add(chunk.rows, (column) => chunk.column(places[column]!));
    for (const [column, place] of places.entries()) {
      if (place !== null) this.content.addNumbers(column, chunk.column(place));
    }
    // DuckDB still writes what it has just got.
    if (this.sample.isWhole) void this.sample.sort();
  }
}

/** @throws DATA_WINDOW_EMPTY, DATA_SCHEMA_VIOLATION, SOURCE_UNAVAILABLE; with `heldMb` an error that HeldTooLarge caused */
export async function freezeWindow(duck: Duck, tools: FreezeTools, options: ClassifyOptions): Promise<SnapshotRef> {
  const { spec, request } = options;
  const { plan, classified, held } = await classifyWindow(duck, { ...options, connectionUrl: tools.connectionUrl });
  const { counts, quarantined, examples, isReadInOrder } = classified;
  checkCounts(counts, request);
  const path = join(duck.dir, 'rows.parquet');
  const columns = snapshotColumns(plan);
  const watch = new Watch(columns, counts.used);
  if (held === null) await writeSnapshotFile(duck, plan, { path, watch, isReadInOrder });
  else await writeHeldFile(duck, plan, { path, watch, held });
  const contentDigest = watch.content.digest(counts.used);
  const profile = await profileSnapshot(duck, path, { columns, sample: watch.sample });
  duck.signal.throwIfAborted();
  const parquet = await tools.store.putFile(path);
  const manifest = {
    format: 'perennial-snapshot/1',
    kind: request.kind,
    contentDigest,
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
    quarantineExamples: examples,
    released: request.released ?? [],
    isAsOfGuaranteed: { rows: plan.hasRowKnownAt, labels: plan.hasLabelKnownAt },
    schema: columns,
    profile,
    profileRows: Math.ceil(counts.used / watch.sample.step),
  };
  const manifestRef = await tools.store.putBytes(Buffer.from(canonicalJson(manifest), 'utf8'));
  return {
    kind: request.kind,
    contentDigest,
    parquet,
    manifest: manifestRef,
    window: request.window,
    asOf: request.labelsAsOf,
    rows: counts,
  };
}
