/** A Postgres source: its schema, and its rows and label facts as batches of typed columns. */
import type { SpecSource } from '../../core/spec/schema.js';
import type { RowScope, SourceColumn, WantedColumn } from '../source.js';
import { type Batch, CopyDecoder, type WireType } from './copy-decoder.js';
import { describeRelation, SETTINGS } from './relation.js';
import { type CopyPlan, copyLabels, copyRows } from './select-columns.js';
import { openSession } from './session.js';

export interface BatchSink {
  /** Called once, before the first batch. */
  readonly begin: (wires: readonly WireType[]) => Promise<void>;
  /** Takes the batch over; `giveBack` when it is done with. A promise asks to wait with the next ones. */
  readonly batch: (batch: Batch, giveBack: (batch: Batch) => void) => Promise<void> | null;
  /** Called once, after the last batch, or after a failure: nothing of it runs any more when this is settled. */
  readonly end: (isWhole: boolean) => Promise<void>;
}

export interface PostgresReader {
  readonly rows: readonly SourceColumn[];
  readonly labels: readonly SourceColumn[] | null;
  read(
    wanted: { readonly rows: readonly WantedColumn[]; readonly labels: readonly WantedColumn[] | null },
    scope: RowScope,
    sinks: { readonly rows: BatchSink; readonly labels: BatchSink },
  ): Promise<void>;
  close(): Promise<void>;
}

/** Rows of every batch but the last: DuckDB's vector size. */
export const BATCH_ROWS = 2048;

/** @throws SOURCE_UNAVAILABLE, DATA_SCHEMA_VIOLATION, SPEC_INVALID */
export async function openPostgresReader(
  source: Extract<SpecSource, { kind: 'postgres' }>,
  options: { readonly url: string | undefined; readonly signal: AbortSignal },
): Promise<PostgresReader> {
  const session = await openSession({ ...options, urlEnv: source.urlEnv });
  const copy = async (plan: CopyPlan, sink: BatchSink): Promise<void> => {
    await sink.begin(plan.wires);
    const decoder: CopyDecoder = new CopyDecoder(plan.wires, {
      batchRows: BATCH_ROWS,
      onBatch: (batch) => sink.batch(batch, decoder.giveBack),
    });
    try {
      await session.copy(plan.sql, decoder);
    } catch (error) {
      await sink.end(false);
      throw error;
    }
    await sink.end(true);
  };
  const setInstants = async (scope: RowScope): Promise<void> => {
    const values = {
      [SETTINGS.start]: scope.window?.start ?? '-infinity',
      [SETTINGS.end]: scope.window?.end ?? 'infinity',
      [SETTINGS.rowsAsOf]: scope.rowsAsOf,
      [SETTINGS.labelsAsOf]: scope.labelsAsOf,
    };
    for (const [name, value] of Object.entries(values)) {
      await session.query('SELECT set_config($1, $2, true)', [name, value]);
    }
  };
  try {
    // Placeholders must read as instants while the relations are described.
    await setInstants({ window: null, rowsAsOf: 'infinity', labelsAsOf: 'infinity', sample: undefined });
    const rows = await describeRelation(session, source, SETTINGS.rowsAsOf);
    const labels =
      source.labels === undefined ? null : await describeRelation(session, source.labels, SETTINGS.labelsAsOf);
    return {
      rows: rows.columns,
      labels: labels?.columns ?? null,
      read: async (wanted, scope, sinks) => {
        await setInstants(scope);
        await copy(copyRows(rows, wanted.rows, scope), sinks.rows);
        if (labels === null || wanted.labels === null) return;
        const facts = { relation: labels, wanted: wanted.labels };
        await copy(copyLabels(facts, { relation: rows, wanted: wanted.rows }, scope), sinks.labels);
      },
      close: session.close,
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}
