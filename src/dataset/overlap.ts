/** Leakage between two snapshots: ids in both, and the gap in time between the last training and the first holdout event. */
import type { Duck } from './duck.js';
import { snapshotScan } from './snapshot-file.js';

/** @param gapMs negative where the holdout starts before training ends */
export async function measureOverlap(
  duck: Duck,
  paths: { readonly training: string; readonly holdout: string },
): Promise<{ sharedIds: number; gapMs: number }> {
  const training = snapshotScan(paths.training);
  const holdout = snapshotScan(paths.holdout);
  const [row] = await duck.rows(
    `SELECT (SELECT count(DISTINCT id) FROM ${holdout} WHERE id IN (SELECT id FROM ${training})) AS shared, ` +
      `epoch_us((SELECT min(event_at) FROM ${holdout})) - epoch_us((SELECT max(event_at) FROM ${training})) AS gap`,
  );
  return { sharedIds: Number(row?.shared), gapMs: Number(row?.gap) / 1000 };
}
