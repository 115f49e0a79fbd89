/**
 * Leakage between two snapshots: ids in both, and the gap in time between the last training and the first holdout event. And what
 * each has to show at least: days, and rows of the rarer class.
 */
import type { SnapshotOverlap, SnapshotSize } from '../activities/deps.js';
import type { Duck } from './duck.js';
import { snapshotScan } from './snapshot-file.js';

/** @param gapMs negative where the holdout starts before training ends */
export async function measureOverlap(
  duck: Duck,
  paths: { readonly training: string; readonly holdout: string },
): Promise<SnapshotOverlap> {
  const training = snapshotScan(paths.training);
  const holdout = snapshotScan(paths.holdout);
  const [row] = await duck.rows(
    `SELECT (SELECT count(DISTINCT id) FROM ${holdout} WHERE id IN (SELECT id FROM ${training})) AS shared, ` +
      `epoch_us((SELECT min(event_at) FROM ${holdout})) - epoch_us((SELECT max(event_at) FROM ${training})) AS gap`,
  );
  return {
    sharedIds: Number(row?.shared),
    gapMs: Number(row?.gap) / 1000,
    training: await sizeOf(duck, training),
    holdout: await sizeOf(duck, holdout),
  };
}

async function sizeOf(duck: Duck, scan: string): Promise<SnapshotSize> {
  const [row] = await duck.rows(
    `SELECT count(DISTINCT date_trunc('day', event_at)) AS days, count(*) FILTER (WHERE label = 1) AS positives, count(*) FILTER (WHERE label = 0) AS negatives FROM ${scan}`,
  );
  return { days: Number(row?.days), rarerClassRows: Math.min(Number(row?.positives), Number(row?.negatives)) };
}
