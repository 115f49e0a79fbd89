/** A Postgres source: its schema, and its rows and label facts as batches of typed columns. */
import type { SpecSource } from '../../core/spec/schema.js';
import type { RowScope, SourceColumn, WantedColumn } from '../source.js';
import { type Batch, CopyDecoder, type WireType } from './copy-decoder.js';
import { describeRelation, SETTINGS } from './relation.js';
import { openSecondSession } from './second-session.js';
import { type CopyPlan, copyLabels, copyRows } from './select-columns.js';
import { openSession, type PostgresSession } from './session.js';

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

/** Rows of a batch, but for the last of each connection: DuckDB's vector size. */
export const BATCH_ROWS = 2048;

interface Part {
  readonly plan: CopyPlan;
  readonly session: PostgresSession;
}

/** A part that fails takes the others with it: their connections are cut, and the first failure is thrown when all are at rest. */
async function copyParts(sink: BatchSink, parts: readonly Part[]): Promise<void> {
  let failure: { readonly error: unknown } | null = null;
  const copies = parts.map(async ({ plan, session }) => {
    const decoder: CopyDecoder = new CopyDecoder(plan.wires, {
      batchRows: BATCH_ROWS,
      onBatch: (batch) => sink.batch(batch, decoder.giveBack),
    });
    try {
      await session.copy(plan.sql, decoder);
      decoder.flush();
    } catch (error) {
      failure ??= { error };
      for (const other of parts) if (other.session !== session) other.session.cut();
    }
  });
  await Promise.all(copies);
  if (failure !== null) throw (failure as { error: unknown }).error;
}

async function copyInto(sink: BatchSink, parts: readonly Part[]): Promise<void> {
  await sink.begin(parts[0]?.plan.wires ?? []);
  try {
    await copyParts(sink, parts);
  } catch (error) {
    await sink.end(false);
    throw error;
  }
  await sink.end(true);
}

/** @throws SOURCE_UNAVAILABLE, DATA_SCHEMA_VIOLATION, SPEC_INVALID */
export async function openPostgresReader(
  source: Extract<SpecSource, { kind: 'postgres' }>,
  options: { readonly url: string | undefined; readonly signal: AbortSignal },
): Promise<PostgresReader> {
  const login = { ...options, urlEnv: source.urlEnv };
  const session = await openSession(login);
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
        const plan = copyRows(rows, wanted.rows, scope);
        // Opened first: its failure may cost the transaction, with the settings in it.
        const second = await openSecondSession(session, { ...login, relation: rows, plan });
        try {
          await setInstants(scope);
          const halves =
            second === null
              ? null
              : plan.halves.map((half, at) => ({ plan: half, session: at === 0 ? session : second }));
          await copyInto(sinks.rows, halves ?? [{ plan, session }]);
        } finally {
          await second?.close();
        }
        if (labels === null || wanted.labels === null) return;
        const facts = { relation: labels, wanted: wanted.labels };
        await copyInto(sinks.labels, [
          { plan: copyLabels(facts, { relation: rows, wanted: wanted.rows }, scope), session },
        ]);
      },
      close: session.close,
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}
