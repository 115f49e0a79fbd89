/**
 * The columns of NannyML's CSV files. Flat: `distance_jensen_shannon_alert`; multilevel: three header rows (two for
 * results without a method) that say the same. What the file itself does not say is left open: `hour_value` may be a share
 * of missing or unseen values or a mean.
 */
import type { Finding } from './drift-claim.js';
import { methodFacts } from './methods.js';
import { scopeOfColumn } from './payload.js';

type SeriesFacts = Pick<Finding, 'scope' | 'column' | 'method' | 'family' | 'lowerIsDrift'>;

export interface Series {
  readonly facts: SeriesFacts;
  /** Field, e.g. `upper_threshold`, to its index in a row. */
  readonly cells: ReadonlyMap<string, number>;
}

export interface NannyHeader {
  /** Rows that the header takes. */
  readonly rows: number;
  /** `key`, `start_date`, `targets_missing_rate`, ... to its index. */
  readonly chunk: ReadonlyMap<string, number>;
  readonly series: readonly Series[];
}

const FIELDS = [
  'upper_confidence_boundary',
  'lower_confidence_boundary',
  'upper_threshold',
  'lower_threshold',
  'sampling_error',
  'realized',
  'value',
  'alert',
];
const UNIVARIATE = ['jensen_shannon', 'kolmogorov_smirnov', 'chi2', 'wasserstein', 'hellinger', 'l_infinity'];
const MULTIVARIATE = new Set(['domain_classifier_auroc', 'reconstruction_error']);

interface Name {
  readonly group: string;
  readonly field: string;
}

function flatName(name: string): Name | null {
  if (name.startsWith('chunk_')) return { group: 'chunk', field: name.slice('chunk_'.length) };
  const field = FIELDS.find((known) => name.endsWith(`_${known}`));
  return field === undefined ? null : { group: name.slice(0, -field.length - 1), field };
}

function levelName(levels: readonly string[]): Name | null {
  const field = levels.at(-1) ?? '';
  const groups = [...new Set(levels.slice(0, -1))];
  if (field === '' || groups[0] === '' || groups[0] === undefined) return null;
  if (groups[0] === 'chunk') return { group: 'chunk', field: field.replace(/^chunk_/, '') };
  return { group: groups.join('_'), field };
}

function factsOf(group: string, isPerformance: boolean): SeriesFacts {
  if (isPerformance) return { scope: 'performance', column: null, method: group, ...methodFacts('nannyml', group) };
  if (MULTIVARIATE.has(group))
    return { scope: 'dataset', column: null, method: group, ...methodFacts('nannyml', group) };
  const method = UNIVARIATE.find((known) => group.endsWith(`_${known}`));
  if (method === undefined)
    return { scope: 'quality', column: group, method: 'value', ...methodFacts('nannyml', null) };
  const column = group.slice(0, -method.length - 1);
  return { scope: scopeOfColumn(column), column, method, ...methodFacts('nannyml', method) };
}

/** Null for what is no file of NannyML: no chunk keys, or no column with values. */
export function readHeader(rows: readonly (readonly string[])[]): NannyHeader | null {
  const last = rows.slice(0, 3).findIndex((row) => row.includes('chunk_key') || row.includes('key'));
  if (last < 0) return null;
  const names = rows[last]!.map((name, i) =>
    last === 0 ? flatName(name) : levelName(rows.slice(0, last + 1).map((row) => row[i] ?? '')),
  );
  const chunk = new Map<string, number>();
  const groups = new Map<string, Map<string, number>>();
  names.forEach((name, i) => {
    if (name === null) return;
    if (name.group === 'chunk') chunk.set(name.field, i);
    else groups.set(name.group, (groups.get(name.group) ?? new Map()).set(name.field, i));
  });
  const isPerformance =
    chunk.has('targets_missing_rate') || [...groups.values()].some((fields) => fields.has('realized'));
  const series = [...groups]
    .filter(([, fields]) => fields.has('value'))
    .map(([group, cells]) => ({ facts: factsOf(group, isPerformance), cells }));
  return chunk.has('key') && series.length > 0 ? { rows: last + 1, chunk, series } : null;
}
