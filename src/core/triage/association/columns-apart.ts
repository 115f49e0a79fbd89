/**
 * Which columns the broken pairs speak of: those all of whose partners they broke with. Columns that still go with each other are one
 * group (a join gone wrong moves all columns of a table together); of two groups that broke apart, the one with fewer columns is told,
 * both where they have as many.
 */
import type { Partners } from './broken-pairs.js';

export interface Apart {
  /** Places in the list of columns. */
  readonly columns: readonly number[];
  /** The pairs that say so: broken, between these columns and others, or among groups of them. */
  readonly pairs: readonly Partners[];
}

/** Columns with partners, a group a root: all that are linked by pairs that hold. */
function groupsOf(pairs: readonly Partners[]): Map<number, number> {
  const parent = new Map<number, number>();
  const rootOf = (column: number): number => {
    const up = parent.get(column) ?? column;
    return up === column ? column : rootOf(up);
  };
  for (const { a, b, broken } of pairs) {
    for (const column of [a, b]) parent.set(column, parent.get(column) ?? column);
    if (broken === null) parent.set(rootOf(a), rootOf(b));
  }
  return new Map([...parent.keys()].map((column) => [column, rootOf(column)]));
}

interface Group {
  readonly root: number;
  readonly columns: readonly number[];
  readonly pairs: readonly Partners[];
}

function membersOf(groups: ReadonlyMap<number, number>, pairs: readonly Partners[]): Group[] {
  return [...new Set(groups.values())].map((root) => ({
    root,
    columns: [...groups.keys()].filter((column) => groups.get(column) === root).sort((a, b) => a - b),
    pairs: pairs.filter(({ a, b }) => groups.get(a) === root || groups.get(b) === root),
  }));
}

/** A group is out of step as a whole: none of its columns had no partner elsewhere. */
const isWhole = ({ columns, pairs }: Group): boolean =>
  columns.every((column) => pairs.some(({ a, b }) => a === column || b === column));

const weight = ({ columns, pairs }: Group): number => pairs.length / columns.length;

/** Groups that share a broken pair: which of them is out of step cannot be told. */
function united(groups: readonly Group[]): Apart[] {
  const left = [...groups];
  const found: Apart[] = [];
  for (let first = left.shift(); first !== undefined; first = left.shift()) {
    const own = [first];
    for (let at = 0; at < left.length; ) {
      const other = left[at]!;
      if (other.pairs.some((pair) => own.some(({ pairs }) => pairs.includes(pair)))) {
        own.push(other);
        left.splice(at, 1);
        at = 0;
      } else at += 1;
    }
    found.push({
      columns: own.flatMap(({ columns }) => columns).sort((a, b) => a - b),
      pairs: [...new Set(own.flatMap(({ pairs }) => pairs))],
    });
  }
  return found;
}

/**
 * The fewest columns that explain the broken pairs: again and again the groups with most unexplained broken pairs a column. Broken
 * pairs within a group explain themselves by no column, and are left.
 */
export function columnsApart(pairs: readonly Partners[]): Apart[] {
  const groups = groupsOf(pairs);
  let open = pairs.filter(({ a, b, broken }) => broken !== null && groups.get(a) !== groups.get(b));
  const found: Apart[] = [];
  while (open.length > 0) {
    const able = membersOf(groups, open).filter((group) => group.pairs.length > 0 && isWhole(group));
    if (able.length === 0) break;
    const most = Math.max(...able.map(weight));
    const chosen = able.filter((group) => weight(group) === most);
    found.push(...united(chosen));
    const explained = new Set(chosen.flatMap((group) => group.pairs));
    open = open.filter((pair) => !explained.has(pair));
  }
  return found;
}
