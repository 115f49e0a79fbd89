/**
 * A source opened for one operation: its schema, and the one call that brings rows into DuckDB as table `source_rows`
 * (and `label_facts` where labels are a relation of their own). Checks that what a spec names is there and can be read as meant.
 */
import { PipelineError } from '../core/errors.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { RowScope, SourceColumn, WantedColumn } from '../sources/source.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';
import type { HeldNumbers } from './held-numbers.js';
import { openFiles } from './load-files.js';
import { openPostgres } from './load-postgres.js';
import type { NumberCheck } from './number-checks.js';

interface Holding {
  readonly checks: readonly NumberCheck[];
  /** Of memory, in MiB. */
  readonly mostMb: number;
}

export interface OpenSource {
  readonly rows: readonly SourceColumn[];
  /** Null: labels are columns of the rows. */
  readonly labels: readonly SourceColumn[] | null;
  /**
   * @param holding the caller can do without numbers in `source_rows`: how they may be held instead
   * @returns the numbers, checked, where the source hands them over outside DuckDB; null where they are in `source_rows`
   */
  load(
    wanted: { readonly rows: readonly WantedColumn[]; readonly labels: readonly WantedColumn[] | null },
    scope: RowScope,
    holding?: Holding,
  ): Promise<HeldNumbers | null>;
  close(): Promise<void>;
}

export type ConnectionUrl = (urlEnv: string) => string | undefined;

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
