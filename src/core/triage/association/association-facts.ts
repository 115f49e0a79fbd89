/**
 * Do the columns go together as they did? A column whose rows were exchanged (a join gone wrong, an index of its own) has every
 * distribution that it had, so that neither drift nor a map sees it, and a champion that got worse looks like a changed concept. What
 * it lost is what it had in common with the other columns of its row.
 */

import type { ColumnTable } from '../../column-table.js';
import { iso } from '../../instant.js';
import { DAY_MS } from '../../spec/duration.js';
import type { PipelineSpec, SpecFeature } from '../../spec/schema.js';
import { sourceColumn } from '../../spec/source-column.js';
import { mean } from '../../stats/mean.js';
import type { Window } from '../../types.js';
import type { AssociationFacts, OutOfStep } from '../facts.js';
import type { DaySpan } from '../maps/day-span.js';
import { LEAST_CURRENT, LEAST_REFERENCE, LEAST_STRENGTH, type Partners, partnersOf } from './broken-pairs.js';
import { type Apart, columnsApart } from './columns-apart.js';
import { type DayBlock, dayBlocks, LEAST_ROWS } from './day-blocks.js';
import { levelCodes } from './level-codes.js';
import { type ComparedColumn, likelyPairs, pairDays } from './pair-days.js';

export interface AssociationScope {
  readonly spec: PipelineSpec;
  readonly current: Window;
  readonly reference: Window;
  /** Source columns that only the champion reads: nothing is trained on them. */
  readonly lenient: ReadonlySet<string>;
}

export type AssociationResult =
  | { readonly facts: AssociationFacts; readonly why: null }
  | { readonly facts: null; readonly why: string };

interface Blocks {
  readonly current: readonly DayBlock[];
  readonly reference: readonly DayBlock[];
}

/** As the other facts call it: a part of an instant by its feature, anything else by its source column. */
const nameOf = (feature: SpecFeature): string =>
  feature.kind === 'time' ? feature.name : (feature.column ?? feature.name);

function picked(codes: Uint8Array, rows: Uint32Array): Uint8Array {
  const few = new Uint8Array(rows.length);
  for (let place = 0; place < rows.length; place += 1) few[place] = codes[rows[place]!]!;
  return few;
}

function comparedColumns(table: ColumnTable, spec: PipelineSpec, blocks: Blocks): ComparedColumn[] {
  const isReference = new Uint8Array(table.rows);
  for (const { rows } of blocks.reference) for (const row of rows) isReference[row] = 1;
  const seen = new Set<string>();
  return table.features.flatMap((column) => {
    const feature = spec.features.find(({ name }) => name === column.name);
    // A column that two features read would count twice against what it went with.
    if (feature === undefined || seen.has(nameOf(feature))) return [];
    seen.add(nameOf(feature));
    const codes = levelCodes(column, isReference);
    const of = (list: readonly DayBlock[]) => list.map(({ rows }) => picked(codes, rows));
    const [reference, current] = [of(blocks.reference), of(blocks.current)];
    return [{ name: nameOf(feature), source: sourceColumn(spec.source.columns, feature), reference, current }];
  });
}

/** Blocks on which all of the pairs are broken. */
const common = (pairs: readonly Partners[]): DaySpan => ({
  first: Math.max(...pairs.map(({ broken }) => broken?.first ?? Infinity)),
  last: Math.min(...pairs.map(({ broken }) => broken?.last ?? -1)),
});

const strengthWithin = (values: readonly number[], { first, last }: DaySpan): number =>
  mean(values.slice(first, last + 1).filter((value) => !Number.isNaN(value)));

/** Of the usual strength, what says that it is there again. */
const BACK = 0.75;

/** Whether the pairs go together again after the span; false where nothing is known of the blocks after it. */
function hasEnded(pairs: readonly Partners[], { last }: DaySpan): boolean {
  const after = pairs.flatMap(({ current, usual }) => current.slice(last + 1).map((value) => value / usual));
  return mean(after.filter((share) => !Number.isNaN(share))) >= BACK;
}

function outOfStep(
  { columns, pairs }: Apart,
  { compared, blocks }: { compared: readonly ComparedColumn[]; blocks: readonly DayBlock[] },
): OutOfStep | null {
  const span = common(pairs);
  if (span.last - span.first + 1 < LEAST_CURRENT) return null;
  const name = (column: number): string => compared[column]!.name;
  return {
    columns: columns.map(name),
    pairs: pairs.map(({ a, b, usual, current }) => ({
      columns: columns.includes(a) ? [name(a), name(b)] : [name(b), name(a)],
      reference: usual,
      current: strengthWithin(current, span),
    })),
    onset: iso(blocks[span.first]!.first * DAY_MS),
    until: hasEnded(pairs, span) ? iso((blocks[span.last]!.last + 1) * DAY_MS) : null,
  };
}

/**
 * @param table rows of both windows with the features of `spec`
 * @returns a sentence where there are too few days, or too few rows on them
 */
export function associationFacts(table: ColumnTable, scope: AssociationScope): AssociationResult {
  const { spec, current, reference, lenient } = scope;
  const blocks = { current: dayBlocks(table.day, current), reference: dayBlocks(table.day, reference) };
  const [own, before] = [blocks.current.length, blocks.reference.length];
  if (own < LEAST_CURRENT || before < LEAST_REFERENCE) {
    const why =
      `Whether columns go together as before was not measured: it takes ${LEAST_CURRENT} days, or spans of days, with ${LEAST_ROWS} rows ` +
      `in the window and ${LEAST_REFERENCE} in its reference, and there are ${own} and ${before}.`;
    return { facts: null, why };
  }
  const compared = comparedColumns(table, spec, blocks);
  const likely = likelyPairs(compared, LEAST_STRENGTH);
  const partners = partnersOf(likely.map((pair) => pairDays(compared, pair)));
  const found = columnsApart(partners).flatMap((apart) => {
    const fact = outOfStep(apart, { compared, blocks: blocks.current });
    return fact === null || fact.columns.every((column) => lenient.has(column)) ? [] : [fact];
  });
  const columnsOf = (pairs: readonly Partners[]): Set<number> => new Set(pairs.flatMap(({ a, b }) => [a, b]));
  const apart = columnsOf(partners.filter(({ broken }) => broken !== null));
  const together = [...columnsOf(partners)].filter((column) => !apart.has(column)).sort((a, b) => a - b);
  const names = together.map((column) => compared[column]!.name);
  return { facts: { pairs: partners.length, together: names, outOfStep: found }, why: null };
}
