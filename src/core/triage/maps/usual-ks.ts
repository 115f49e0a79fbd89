/** How far some consecutive days of a numeric reference usually lie from its other days, for spans of any length. */
import { pooled, usualDistance } from './days-between.js';
import { type Points, poolPoints } from './distribution.js';

/** KS distance of counts of the same ascending values. */
function ksOf(first: Float64Array, second: Float64Array): number {
  const sum = (counts: Float64Array): number => counts.reduce((total, one) => total + one, 0);
  const [n, m] = [sum(first), sum(second)];
  let [lead, widest] = [0, 0];
  for (let at = 0; at < first.length; at += 1) {
    lead += first[at]! / n - second[at]! / m;
    widest = Math.max(widest, Math.abs(lead));
  }
  return widest;
}

/** @returns by the days of a span, the KS distance that so many days of the reference reach; each length is measured once */
export function usualKs(days: readonly Points[]): (own: number) => number {
  const all = poolPoints(days);
  const place = new Map([...all.values].map((value, at) => [value, at]));
  const counts = days.map(({ values, weights }) => {
    const list = new Float64Array(all.values.length);
    for (const [at, value] of values.entries()) if (weights[at]! > 0) list[place.get(value)!]! += weights[at]!;
    return list;
  });
  const known = new Map<number, number>();
  return (own) => {
    const measured = known.get(own);
    if (measured !== undefined) return measured;
    const widest = usualDistance(days.length, own, (isIn) => {
      const inside = pooled(counts, isIn);
      return ksOf(
        inside,
        all.weights.map((weight, at) => weight - inside[at]!),
      );
    });
    known.set(own, widest);
    return widest;
  };
}
