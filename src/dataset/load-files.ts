/** Parquet and CSV: DuckDB reads them itself, straight into `source_rows` and `label_facts`. */
import type { SpecSource } from '../core/spec/schema.js';
import { type FileRelation, fileLabels, fileRows, fileScan, usesOf } from '../sources/file-source.js';
import type { Duck } from './duck.js';
import type { OpenSource } from './opened-source.js';

async function describe(duck: Duck, kind: FileRelation['kind'], path: string): Promise<FileRelation> {
  const scan = fileScan(kind, path);
  const described = await duck.rows(`DESCRIBE SELECT * FROM ${scan}`);
  const columns = described.map((row) => {
    const type = String(row.column_type);
    return { name: String(row.column_name), type, uses: usesOf(type, kind) };
  });
  return { scan, kind, columns };
}

export async function openFiles(duck: Duck, source: Exclude<SpecSource, { kind: 'postgres' }>): Promise<OpenSource> {
  const rows = await describe(duck, source.kind, source.path);
  const labels = source.labels === undefined ? null : await describe(duck, source.kind, source.labels.path);
  return {
    rows: rows.columns,
    labels: labels?.columns ?? null,
    load: async (wanted, scope) => {
      await duck.run(`CREATE TABLE source_rows AS ${fileRows(rows, wanted.rows, scope)}`);
      if (labels === null || wanted.labels === null) return null;
      const facts = fileLabels(labels, wanted.labels, { scope, rowsTable: 'source_rows' });
      await duck.run(`CREATE TABLE label_facts AS ${facts}`);
      return null;
    },
    close: async () => undefined,
  };
}
