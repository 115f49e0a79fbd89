/**
 * A window's rows as columns for scoring: what triage looks at. As a snapshot, of rows classified by the same rules, but with the rows
 * whose label is not known yet, and gone when the activity ends: neither manifest nor digest, nothing in the artifact store.
 */
import { join } from 'node:path';
import type { ColumnFile, Dataset } from '../activities/deps.js';
import { UNKNOWN_LABEL } from '../core/column-table.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import { ROW_KEYS } from '../sources/source.js';
import { quoteIdent, quoteLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';
import { classifyWindow } from './freeze.js';
import type { ConnectionUrl } from './opened-source.js';
import { snapshotColumns, snapshotScan } from './snapshot-file.js';
import { writeColumnFile } from './to-columns.js';

/** Without a sample of the spec's own; any number does, as long as it stays. */
const SEED = 0;

function selectOf(plan: ColumnPlan): string {
  const named = plan.columns
    .filter((column) => column.key !== ROW_KEYS.eventAt)
    .map(({ key, parquet }) => `${key} AS ${quoteIdent(parquet)}`);
  const { id, eventAt } = ROW_KEYS;
  const label = `coalesce(label, ${UNKNOWN_LABEL})::UTINYINT AS label`;
  return [`${id} AS id`, `${eventAt} AS event_at`, label, ...named].join(', ');
}

/** @throws DATA_SCHEMA_VIOLATION, SOURCE_UNAVAILABLE */
export async function writeScoringFile(
  duck: Duck,
  options: {
    readonly spec: PipelineSpec;
    readonly request: Parameters<Dataset['scoringColumns']>[1];
    readonly connectionUrl: ConnectionUrl;
  },
): Promise<Omit<ColumnFile, 'rowsBefore'>> {
  const { spec, request, connectionUrl } = options;
  const { fraction, seed } = spec.sample ?? { fraction: 1, seed: SEED };
  const { share, path, ...window } = request;
  const { plan } = await classifyWindow(duck, {
    spec: { ...spec, sample: { fraction: fraction * share, seed } },
    request: { kind: 'holdout', last: null, ...window },
    heldMb: null,
    connectionUrl,
  });
  const parquetPath = join(duck.dir, 'rows.parquet');
  await duck.run(
    `COPY (SELECT ${selectOf(plan)} FROM classified WHERE class IN ('used', 'unlabelled') ORDER BY event_at, id) ` +
      `TO ${quoteLiteral(parquetPath)} (FORMAT parquet)`,
  );
  const [counted] = await duck.rows(`SELECT count(*) AS n FROM ${snapshotScan(parquetPath)}`);
  const rows = Number(counted?.n);
  await writeColumnFile(duck, { spec, parquetPath, rows, schema: snapshotColumns(plan), path, boundaryAt: null });
  return { path, rows };
}
