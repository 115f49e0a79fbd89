/** The remembered places of pollers. A place moves by compare-and-set: of two polls that overlap, the later one wins nothing. */
import type { Pool } from 'pg';
import { type Db, queryOne } from './database.js';
import { checkIds, storedJson } from './stored-text.js';

export interface PollerCursor {
  /** Null before the first move. */
  readonly place: unknown;
  /** 0 before the first move. */
  readonly moves: number;
}

export async function pollerCursor(db: Db, pollerId: string): Promise<PollerCursor> {
  const row = await queryOne<{ place: unknown; moves: number }>(
    db,
    'select place, moves from perennial.poller_cursors where poller_id = $1',
    [pollerId],
  );
  return row ?? { place: null, moves: 0 };
}

/**
 * @param to.from the moves of the cursor that was read
 * @returns false when another poll moved it meanwhile: what that one read is in the ledger already, and this place is dropped
 * @throws SIGNAL_INVALID for an id or a place that cannot be stored, REGISTRY_UNAVAILABLE
 */
export async function movePollerCursor(
  pool: Pool,
  pollerId: string,
  to: { readonly from: number; readonly place: unknown },
): Promise<boolean> {
  checkIds({ pollerId });
  const place = storedJson('place', to.place);
  const moved =
    to.from === 0
      ? await queryOne(
          pool,
          `insert into perennial.poller_cursors (poller_id, place, moves) values ($1, $2, 1)
           on conflict on constraint poller_cursors_pkey do nothing returning moves`,
          [pollerId, place],
        )
      : await queryOne(
          pool,
          `update perennial.poller_cursors
           set place = $2, moves = moves + 1, moved_at = date_trunc('milliseconds', clock_timestamp())
           where poller_id = $1 and moves = $3 returning moves`,
          [pollerId, place, to.from],
        );
  return moved !== undefined;
}
