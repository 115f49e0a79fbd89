/** Fewer bins for a test that counts them a thousand times: neighbours together where bins are ordered, else the rare ones. */
import type { ColumnDays } from './column-days.js';

type Counts = readonly Float64Array[];

/** Place of each bin after pooling: runs of neighbours of about equal rows. */
function neighbours(totals: Float64Array, most: number): Int32Array {
  const rows = totals.reduce((sum, one) => sum + one, 0);
  const places = new Int32Array(totals.length);
  let [reached, place] = [0, 0];
  for (let bin = 0; bin < totals.length; bin += 1) {
    places[bin] = place;
    reached += totals[bin]!;
    if (reached >= ((place + 1) * rows) / most) place = Math.min(most - 1, Math.floor((reached * most) / rows));
  }
  return places;
}

/** The most frequent categories by themselves, all others as one. */
function rareTogether(totals: Float64Array, most: number): Int32Array {
  const order = [...totals.keys()].sort((a, b) => totals[b]! - totals[a]! || a - b);
  const places = new Int32Array(totals.length).fill(most - 1);
  for (const [place, bin] of order.slice(0, most - 1).entries()) places[bin] = place;
  return places;
}

export function poolBins(
  of: Pick<ColumnDays, 'method' | 'reference' | 'current'>,
  most: number,
): { reference: Counts; current: Counts } {
  const days = [...of.reference.counts, ...of.current.counts];
  const bins = days[0]?.length ?? 0;
  if (bins <= most) return { reference: of.reference.counts, current: of.current.counts };
  const totals = new Float64Array(bins);
  for (const day of days) for (let bin = 0; bin < bins; bin += 1) totals[bin]! += day[bin]!;
  const places = of.method === 'ks' ? neighbours(totals, most) : rareTogether(totals, most);
  const pool = (counts: Counts): Counts =>
    counts.map((day) => {
      const pooled = new Float64Array(most);
      for (let bin = 0; bin < bins; bin += 1) pooled[places[bin]!]! += day[bin]!;
      return pooled;
    });
  return { reference: pool(of.reference.counts), current: pool(of.current.counts) };
}
