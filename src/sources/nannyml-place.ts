/**
 * How far NannyML's tables were read: for each table the highest id seen, and the ids below it that were not there. Ids are
 * taken before a transaction commits, so that a lower one may appear after a higher one was read: such gaps are looked at
 * again until they are a day old, when their transaction surely was rolled back.
 */
import { z } from 'zod';
import type { Instant } from '../core/types.js';

const GRACE_MS = 86_400_000;
/** More come only from a sequence that skips ids; the oldest are given up. */
const MAX_GAPS = 1_000;

const gapSchema = z.strictObject({ from: z.int(), to: z.int(), since: z.string() });
const tablePlaceSchema = z.strictObject({ seen: z.int(), gaps: z.array(gapSchema) });
export const placeSchema = z.record(z.string(), tablePlaceSchema);

export type TablePlace = z.output<typeof tablePlaceSchema>;
export type NannyPlace = z.output<typeof placeSchema>;
type Gap = z.output<typeof gapSchema>;

export const NOTHING_SEEN: TablePlace = { seen: 0, gaps: [] };

/** What is left of a range of ids without those read, in order. */
function without(gap: Gap, ids: readonly number[]): Gap[] {
  const left: Gap[] = [];
  let from = gap.from;
  for (const id of ids) {
    if (id < from || id > gap.to) continue;
    if (id > from) left.push({ ...gap, from, to: id - 1 });
    from = id + 1;
  }
  return from <= gap.to ? [...left, { ...gap, from }] : left;
}

/**
 * @param ids everything that was read, of any model
 * @param read.isCut there is more to read, so that an old gap may yet be filled by what is there already
 */
export function advance(
  place: TablePlace,
  ids: readonly number[],
  read: { readonly now: Instant; readonly isCut: boolean },
): TablePlace {
  const sorted = [...ids].sort((a, b) => a - b);
  const seen = Math.max(place.seen, sorted.at(-1) ?? 0);
  const fresh: Gap[] = seen > place.seen ? [{ from: place.seen + 1, to: seen, since: read.now }] : [];
  const gaps = [...place.gaps, ...fresh].flatMap((gap) => without(gap, sorted));
  const oldestMs = Date.parse(read.now) - GRACE_MS;
  const kept = read.isCut ? gaps : gaps.filter(({ since }) => Date.parse(since) >= oldestMs);
  return { seen, gaps: kept.slice(-MAX_GAPS) };
}
