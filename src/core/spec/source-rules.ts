/** Rules about the source of a spec: where the label comes from, what a query must bind, which columns may be features. */

import { nearest } from './nearest.js';
import type { SpecProblem } from './problem.js';
import type { PipelineSpec, SpecSource } from './schema.js';
import { sourceColumn } from './source-column.js';

/** `:name` as a placeholder, not the cast `::name`. */
const binds = (query: string, name: string): boolean => new RegExp(`(?<![:\\w]):${name}\\b`).test(query);

const isSelect = (query: string): boolean => /^\s*(select|with)\b/i.test(query) && !/;\s*\S/.test(query);

function relationProblems(
  relation: { table?: string | undefined; query?: string | undefined },
  at: { path: readonly string[]; placeholders: readonly string[] },
): SpecProblem[] {
  if ((relation.table === undefined) === (relation.query === undefined)) {
    return [{ path: at.path, message: 'needs exactly one of `table` and `query`.' }];
  }
  const { query, table } = relation;
  if (table !== undefined) {
    const isName = /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?$/.test(table);
    return isName
      ? []
      : [{ path: [...at.path, 'table'], message: `"${table}" is no table name: write table or schema.table.` }];
  }
  if (query === undefined) return [];
  const path = [...at.path, 'query'];
  if (!isSelect(query)) return [{ path, message: 'must be a single SELECT (or WITH ... SELECT).' }];
  return at.placeholders
    .filter((name) => !binds(query, name))
    .map((name) => ({
      path,
      message: `does not use :${name}: rows outside the window would be read. Bind :start, :end and :as_of.`,
    }));
}

function labelProblems(source: SpecSource): SpecProblem[] {
  const { columns, labels } = source;
  const problems: SpecProblem[] = [];
  if (columns.label === undefined && labels === undefined) {
    const message = 'names no label: write `columns.label`, or `labels` for a second relation.';
    problems.push({ path: ['source'], message });
  }
  if (columns.label !== undefined && labels !== undefined) {
    problems.push({
      path: ['source', 'columns', 'label'],
      message: 'stands beside `source.labels`: the label comes from one place. Keep one.',
    });
  }
  if (columns.labelKnownAt !== undefined && columns.label === undefined) {
    const message =
      labels === undefined
        ? 'has no `columns.label` beside it.'
        : 'belongs under `source.labels.columns.knownAt` here.';
    problems.push({ path: ['source', 'columns', 'labelKnownAt'], message });
  }
  return problems;
}

const ROLES = [
  'id',
  'eventAt',
  'rowKnownAt',
  'label',
  'labelKnownAt',
  'prediction',
  'modelVersion',
  'labelDecidedBy',
] as const;
/** Known only after the event, or standing for the row itself: as a feature each of them leaks. */
const NEVER_FEATURES = ['id', 'label', 'labelKnownAt', 'prediction', 'modelVersion', 'labelDecidedBy'] as const;

function columnProblems({ source, features }: PipelineSpec): SpecProblem[] {
  const { columns } = source;
  const problems: SpecProblem[] = [];
  const owner = new Map<string, string>();
  for (const role of ROLES) {
    const column = columns[role];
    if (column === undefined) continue;
    const first = owner.get(column);
    if (first === undefined) owner.set(column, role);
    else
      problems.push({ path: ['source', 'columns', role], message: `\`${column}\` is already the column of ${first}.` });
  }
  features.forEach((feature, index) => {
    const column = sourceColumn(columns, feature);
    const path = ['features', index, feature.column === undefined ? 'name' : 'column'];
    const role = NEVER_FEATURES.find((name) => columns[name] === column);
    if (role !== undefined)
      problems.push({
        path,
        message: `\`${column}\` is the column of ${role}: it cannot be a feature, it would leak.`,
      });
    else if (feature.kind !== 'time' && (column === columns.eventAt || column === columns.rowKnownAt)) {
      problems.push({ path, message: `\`${column}\` is an instant: write kind: time with the part you mean.` });
    }
  });
  return problems;
}

function rangeProblems({ source, features, quality }: PipelineSpec): SpecProblem[] {
  const known = [
    ...features.map((feature) => feature.column ?? feature.name),
    ...(source.columns.label ? [source.columns.label] : []),
  ];
  return Object.entries(quality.ranges).flatMap(([column, { min, max }]): SpecProblem[] => {
    const path = ['quality', 'ranges', column];
    if (!known.includes(column)) {
      const guess = nearest(column, known);
      const hint = guess === null ? `Columns used: ${known.join(', ')}.` : `Did you mean \`${guess}\`?`;
      return [
        {
          path,
          message: `no feature uses the column \`${column}\`, so nothing would be checked. ${hint}`,
          isAtKey: true,
        },
      ];
    }
    if (min === undefined && max === undefined) return [{ path, message: 'sets neither `min` nor `max`.' }];
    if (min !== undefined && max !== undefined && min > max)
      return [{ path, message: `min ${min} is above max ${max}.` }];
    return [];
  });
}

export function sourceProblems(spec: PipelineSpec): SpecProblem[] {
  const { source } = spec;
  const relations =
    source.kind !== 'postgres'
      ? []
      : [
          ...relationProblems(source, { path: ['source'], placeholders: ['start', 'end'] }),
          ...(source.labels ? relationProblems(source.labels, { path: ['source', 'labels'], placeholders: [] }) : []),
        ];
  return [...relations, ...labelProblems(source), ...columnProblems(spec), ...rangeProblems(spec)];
}

/** Without the instants at which facts became known, the same decision asked again may see other rows. */
export function asOfNotes({ source }: Pick<PipelineSpec, 'source'>): string[] {
  const { columns, labels } = source;
  const notes: string[] = [];
  if (columns.rowKnownAt === undefined)
    notes.push('source.columns.rowKnownAt is not set: "as-of not guaranteed" for rows.');
  if ((labels === undefined ? columns.labelKnownAt : labels.columns.knownAt) === undefined) {
    notes.push(
      'no column says when a label became known: "as-of not guaranteed" for labels, and coverage cannot be waited for.',
    );
  }
  return notes;
}

export function sourceWarnings({ source, features }: PipelineSpec): string[] {
  const warnings: string[] = [];
  const { columns } = source;
  if (source.kind === 'postgres') {
    const queries = { 'source.query': source.query, 'source.labels.query': source.labels?.query };
    for (const [path, query] of Object.entries(queries)) {
      if (query !== undefined && !binds(query, 'as_of')) {
        warnings.push(
          `${path} does not use :as_of: what it returns must not depend on when it is asked, or past decisions cannot be repeated.`,
        );
      }
    }
  }
  warnings.push(...asOfNotes({ source }));
  const uses = new Set(features.map((feature) => feature.column ?? feature.name));
  if (columns.rowKnownAt !== undefined && uses.has(columns.rowKnownAt)) {
    warnings.push(
      `${columns.rowKnownAt} (rowKnownAt) is a feature: make sure that it is known when the model is asked.`,
    );
  }
  return warnings;
}
