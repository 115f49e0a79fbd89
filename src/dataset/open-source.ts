/**
 * A source opened for one operation: its schema, and the one call that brings rows into DuckDB as table `source_rows`
 * (and `label_facts` where labels are a relation of their own). Checks that what a spec names is there and can be read as meant.
 */
import { PipelineError } from '../core/errors.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { SourceColumn, WantedColumn } from '../sources/source.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';
import { openFiles } from './load-files.js';
import { openPostgres } from './load-postgres.js';
import type { ConnectionUrl, OpenSource } from './opened-source.js';

export async function withSource<T>(
  duck: Duck,
  options: { readonly spec: PipelineSpec; readonly connectionUrl: ConnectionUrl },
  work: (source: OpenSource) => Promise<T>,
): Promise<T> {
  const { source: described } = options.spec;
  const source =
    described.kind === 'postgres'
      ? await openPostgres(duck, described, options.connectionUrl)
      : await openFiles(duck, described);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

const NAMES_SHOWN = 60;

function missing(wanted: WantedColumn, there: readonly SourceColumn[], relation: string): PipelineError {
  const names = there.map((column) => column.name);
  const list = names.slice(0, NAMES_SHOWN).join(', ') + (names.length > NAMES_SHOWN ? ', …' : '');
  return new PipelineError(
    'DATA_SCHEMA_VIOLATION',
    `The ${relation} has no column "${wanted.source}"; it has: ${list}. Correct the pipeline's column name or the source.`,
    { details: { column: wanted.source, columns: names } },
  );
}

const USE_WORD = { text: 'a text', number: 'a number', time: 'an instant' } as const;

/** The first wanted column that is not there or cannot be read as meant, as an error; null when all are fine. */
export function schemaProblem(
  wanted: readonly WantedColumn[],
  there: readonly SourceColumn[],
  relation: string,
): PipelineError | null {
  for (const column of wanted) {
    const found = there.filter((candidate) => candidate.name === column.source);
    const [first] = found;
    if (first === undefined) return missing(column, there, relation);
    if (found.length > 1) {
      const text = `The ${relation} has ${found.length} columns named "${column.source}"; give each its own name.`;
      return new PipelineError('DATA_SCHEMA_VIOLATION', text, { details: { column: column.source } });
    }
    if (!first.uses.includes(column.use)) {
      const text = `Column "${column.source}" of the ${relation} has type ${first.type} and cannot be read as ${USE_WORD[column.use]}.`;
      return new PipelineError('DATA_SCHEMA_VIOLATION', text, { details: { column: column.source, type: first.type } });
    }
  }
  return null;
}

/** @throws DATA_SCHEMA_VIOLATION */
export function checkSchema(plan: ColumnPlan, source: OpenSource): void {
  if (!plan.hasLabel) {
    throw new PipelineError(
      'SPEC_INVALID',
      'The source names no label: write columns.label, or labels for a relation.',
    );
  }
  const problem =
    schemaProblem(plan.rows, source.rows, 'source') ??
    (plan.labels === null ? null : schemaProblem(plan.labels, source.labels ?? [], 'label relation'));
  if (problem !== null) throw problem;
}
