/** The dataset room as activities see it: each call is one DuckDB of its own, made and removed here. */
import type { ArtifactStore, Dataset } from '../activities/deps.js';
import type { SpecSource } from '../core/spec/schema.js';
import type { SnapshotRef } from '../core/types.js';
import { measureCoverage } from './coverage.js';
import { type DuckLimits, defaultLimits, withDuck } from './duck.js';
import { freezeWindow } from './freeze.js';
import { HeldTooLarge } from './held-numbers.js';
import { inspectForSchema, inspectWindow } from './inspect.js';
import { measureInputs } from './measure-inputs.js';
import { measureLabels } from './measure-labels.js';
import { observeWindow } from './observe.js';
import type { ConnectionUrl } from './opened-source.js';
import { measureOverlap } from './overlap.js';
import { writeScoringFile } from './scoring-file.js';
import type { SnapshotColumn } from './snapshot-file.js';
import { writeColumnFile } from './to-columns.js';

export interface DatasetOptions {
  readonly store: ArtifactStore;
  /** Each operation makes a folder of its own in it, and removes it. */
  readonly scratchDir: string;
  /** The value of the environment variable that a source names. */
  readonly connectionUrl: ConnectionUrl;
  /** Of each operation; a quarter of the machine's memory and at most four threads by default. */
  readonly limits?: DuckLimits;
  /** Memory for rows' numbers beside DuckDB's, in MiB; half of DuckDB's by default. More rows than fit go through DuckDB's own. */
  readonly heldMb?: number;
}

/** What is read back of a manifest; `freeze.ts` writes it, and its digest was checked. */
interface SnapshotManifest {
  readonly schema: readonly SnapshotColumn[];
}

const never = (): AbortSignal => new AbortController().signal;

/**
 * Rows that stream in through the event loop keep one thread of DuckDB busy: a second one would spin, waiting for them. A snapshot
 * asks for that itself while they come, unless memory is short: each thread has some of its own.
 */
const feeding = <T extends { readonly limits: DuckLimits }>(source: SpecSource, options: T): T =>
  source.kind === 'postgres' ? { ...options, limits: { ...options.limits, threads: 1 } } : options;

export function createDataset(options: DatasetOptions): Dataset {
  const { store, scratchDir, connectionUrl, limits = defaultLimits(), heldMb = limits.memoryMb / 2 } = options;
  const using = (signal: AbortSignal) => ({ scratchDir, limits, signal });
  return {
    inspect: (spec, request) =>
      withDuck(feeding(spec.source, using(never())), (duck) =>
        inspectWindow(duck, { spec, ...request, connectionUrl }),
      ),
    measureInputs: (spec, request, { signal } = { signal: never() }) =>
      withDuck(feeding(spec.source, using(signal)), (duck) => measureInputs(duck, { spec, request, connectionUrl })),
    inspectForSchema: (spec, request) =>
      withDuck(feeding(spec.source, using(never())), (duck) =>
        inspectForSchema(duck, { spec, ...request, connectionUrl }),
      ),
    coverage: (spec, request) =>
      withDuck(feeding(spec.source, using(never())), (duck) =>
        measureCoverage(duck, { spec, ...request, connectionUrl }),
      ),
    measureLabels: (spec, request, { signal }) =>
      withDuck(feeding(spec.source, using(signal)), (duck) => measureLabels(duck, { spec, request, connectionUrl })),
    freeze: async (spec, request, { signal }) => {
      const freeze = (mostMb: number | null): Promise<SnapshotRef> =>
        withDuck(mostMb === null ? feeding(spec.source, using(signal)) : using(signal), (duck) =>
          freezeWindow(duck, { store, connectionUrl }, { spec, request, heldMb: mostMb }),
        );
      // Numbers that are held are checked before their rows have a time: a release needs both.
      if ((request.released ?? []).length > 0) return freeze(null);
      try {
        return await freeze(heldMb);
      } catch (error) {
        if (!(error instanceof Error && error.cause instanceof HeldTooLarge)) throw error;
        return freeze(null);
      }
    },
    toColumns: async (spec, { snapshot, path, boundaryAt, maxRows }, { signal }) => {
      const parquetPath = await store.verifiedPath(snapshot.parquet);
      const rows = snapshot.rows.used;
      const manifest = JSON.parse((await store.read(snapshot.manifest)).toString('utf8')) as SnapshotManifest;
      const file = { parquetPath, rows, schema: manifest.schema, ...(maxRows === undefined ? {} : { maxRows }) };
      return withDuck(using(signal), (duck) => writeColumnFile(duck, { spec, ...file, path, boundaryAt }));
    },
    scoringColumns: (spec, request, { signal }) =>
      withDuck(feeding(spec.source, using(signal)), (duck) => writeScoringFile(duck, { spec, request, connectionUrl })),
    observe: (spec, request, { signal }) =>
      withDuck(feeding(spec.source, using(signal)), (duck) => observeWindow(duck, { spec, ...request, connectionUrl })),
    overlap: async (training, holdout) => {
      const paths = {
        training: await store.verifiedPath(training.parquet),
        holdout: await store.verifiedPath(holdout.parquet),
      };
      return withDuck(using(never()), (duck) => measureOverlap(duck, paths));
    },
  };
}
