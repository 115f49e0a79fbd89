/** Features whose logged value a spec compares with a second source: rows that differ, by day. */
import type { SpecFeature } from '../core/spec/schema.js';
import type { RecomputedInputs } from '../core/triage/input-measures.js';
import type { WantedColumn } from '../sources/source.js';
import type { Duck } from './duck.js';
import type { CountedFeature } from './input-columns.js';
import { TIME_PARTS } from './time-parts.js';

/** Numbers that two programs computed agree up to this, relative to the larger one. */
const TOLERANCE = '1e-9';

export interface ComparedFeature {
  readonly of: CountedFeature;
  readonly against: WantedColumn;
  readonly isMeasured: boolean;
}

/** What a spec's second sources read beside the snapshot's columns. */
export function recomputedColumns(
  features: readonly CountedFeature[],
  rows: readonly WantedColumn[],
): ComparedFeature[] {
  return features.flatMap((of): ComparedFeature[] => {
    const source = of.feature.recomputed;
    if (source === undefined) return [];
    const use = ({ numeric: 'number', categorical: 'text', time: 'time' } as const)[of.feature.kind];
    const known = rows.find((column) => column.source === source && column.use === use);
    return [{ of, against: known ?? { key: `r${of.at}`, source, use }, isMeasured: false }];
  });
}

/** True where the two differ; a missing value differs from any value. */
function differs(feature: SpecFeature, own: string, other: string): string {
  if (feature.kind === 'categorical') return `${own} IS DISTINCT FROM ${other}`;
  if (feature.kind === 'time') {
    const { code } = TIME_PARTS[feature.part];
    return `${code(own)} IS DISTINCT FROM ${code(other)}`;
  }
  const isNear = `(${own} = ${other} OR abs(${own} - ${other}) <= ${TOLERANCE} * greatest(abs(${own}), abs(${other})))`;
  return `NOT coalesce(${isNear}, ${own} IS NULL AND ${other} IS NULL)`;
}

export async function compareRecomputed(
  duck: Duck,
  compared: readonly ComparedFeature[],
  days: number,
): Promise<RecomputedInputs[]> {
  const read = compared.filter(({ isMeasured }) => isMeasured);
  const select = read.flatMap(({ of, against }) => {
    const { key } = of.planned;
    return [
      `count(*) FILTER (WHERE ${key} IS NOT NULL OR ${against.key} IS NOT NULL) AS rows${of.at}`,
      `count(*) FILTER (WHERE ${differs(of.feature, key, against.key)}) AS differing${of.at}`,
    ];
  });
  const rows =
    read.length === 0
      ? []
      : await duck.rows(
          `SELECT day_at AS day, ${select.join(', ')} FROM input_rows WHERE day_at IS NOT NULL GROUP BY day_at`,
        );
  return compared.map(({ of, against, isMeasured }): RecomputedInputs => {
    const list = (name: string): number[] => {
      const values = new Array<number>(days).fill(0);
      for (const row of rows) values[Number(row.day)] = Number(row[`${name}${of.at}`] ?? 0);
      return values;
    };
    const column = of.feature.kind === 'time' ? of.feature.name : of.planned.source;
    return { column, against: against.source, isMeasured, rows: list('rows'), differing: list('differing') };
  });
}
