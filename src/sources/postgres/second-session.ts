/**
 * A second connection on the very state of the database that a first one reads: two backends of the server then make the rows of
 * a large table, which is more work for it than decoding them is here. Whatever forbids it, one does all, as for small tables.
 */
import type { PostgresRelation } from './relation.js';
import type { RowsPlan } from './select-columns.js';
import { openSession, type PostgresSession, type SessionOptions } from './session.js';

/** Fewer rows are read before another connection stands. */
const LEAST_ROWS = 100_000;

/** Each backend scans what one would: worth it only where most of the work is in the rows that are found. */
const LEAST_SHARE = 0.25;

/** Its own wait for the table's lock: behind a change of the table, which waits for the first session, it would never get it. */
const LOCK_TIMEOUT = '1s';

interface Explained {
  readonly Plan: { readonly 'Plan Rows': number };
}

async function isWorthwhile(first: PostgresSession, relation: PostgresRelation, plan: RowsPlan): Promise<boolean> {
  const { rowsInPlaces } = relation;
  if (rowsInPlaces === null) return false;
  const { rows } = await first.query(`EXPLAIN (FORMAT JSON) ${plan.select}`, []);
  const explained = rows[0]?.['QUERY PLAN'] as readonly Explained[] | undefined;
  const found = explained?.[0]?.Plan['Plan Rows'] ?? 0;
  return found >= LEAST_ROWS && found >= rowsInPlaces * LEAST_SHARE;
}

/** The first session's state, and whether a second one helps; null where it does not, or may not. */
async function stateToShare(
  first: PostgresSession,
  options: { readonly relation: PostgresRelation; readonly plan: RowsPlan; readonly signal: AbortSignal },
): Promise<string | null> {
  try {
    if (!(await isWorthwhile(first, options.relation, options.plan))) return null;
    const { rows } = await first.query('SELECT pg_export_snapshot() AS state', []);
    return String(rows[0]?.state);
  } catch {
    options.signal.throwIfAborted();
    // A refused statement ended the transaction, of which no row was read; a lost connection is reported here.
    await first.restart();
    return null;
  }
}

/** Settings of the session are as they were when this is settled; the lock stays until the transaction ends. */
async function lockTable(session: PostgresSession, relation: PostgresRelation): Promise<void> {
  const { rows } = await session.query(`SELECT current_setting('lock_timeout') AS timeout`, []);
  const setTimeout = (value: unknown) => session.query(`SELECT set_config('lock_timeout', $1, true)`, [value]);
  await setTimeout(LOCK_TIMEOUT);
  await session.query(`SELECT hashtid(ctid) FROM ${relation.from} AS source LIMIT 0`, []);
  await setTimeout(rows[0]?.timeout);
}

/**
 * @param options.relation whose rows are to be read by `plan`
 * @returns null where one session is to do all
 */
export async function openSecondSession(
  first: PostgresSession,
  options: SessionOptions & { readonly relation: PostgresRelation; readonly plan: RowsPlan },
): Promise<PostgresSession | null> {
  const state = await stateToShare(first, options);
  if (state === null) return null;
  let second: PostgresSession | null = null;
  try {
    second = await openSession({ ...options, state });
    await lockTable(second, options.relation);
    return second;
  } catch {
    await second?.close();
    options.signal.throwIfAborted();
    return null;
  }
}
