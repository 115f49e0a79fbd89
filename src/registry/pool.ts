/**
 * A connection pool whose time-outs are shorter than the activities that use it (30 s), so that a hanging server gives a
 * clear, retryable error instead of a heartbeat that never comes.
 */
import { Pool } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 15_000;
/** Client side, for a server that does not even answer the cancel. */
const QUERY_TIMEOUT_MS = 20_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 20_000;

const guarded = new WeakSet<Pool>();

/**
 * An idle connection that dies (server restarted, killed) is an `error` event of the pool, which would end the process if
 * nobody listened. The pool has dropped the connection by then; whoever asks next gets a fresh one or REGISTRY_UNAVAILABLE.
 */
export function keepAliveThroughLostConnections(pool: Pool): Pool {
  if (!guarded.has(pool)) {
    guarded.add(pool);
    pool.on('error', () => undefined);
  }
  return pool;
}

/** The caller ends it. */
export function createPool(databaseUrl: string, options: { maxConnections?: number } = {}): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: options.maxConnections ?? 10,
    application_name: 'perennial',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  });
  return keepAliveThroughLostConnections(pool);
}
