/**
 * How every query module talks to Postgres: one function for a statement, one for a transaction, errors mapped in both.
 */
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { Instant, Window } from '../core/types.js';
import { toRegistryError } from './registry-error.js';

export type Db = Pool | PoolClient;

export async function query<Row extends QueryResultRow>(
  db: Db,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    const { rows } = await db.query<Row>(text, [...values]);
    return rows;
  } catch (error) {
    throw toRegistryError(error);
  }
}

/** The first row, or undefined. */
export async function queryOne<Row extends QueryResultRow>(
  db: Db,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row | undefined> {
  const [row] = await query<Row>(db, text, values);
  return row;
}

const BEGIN = {
  write: 'begin isolation level read committed',
  /** One moment of everything: for reads that compare tables with each other. */
  read: 'begin isolation level repeatable read read only',
} as const;

async function inside<T>(pool: Pool, begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw toRegistryError(error);
  }
  // Without a listener a connection that dies between two statements would end the process; the next statement reports it.
  let lost: Error | undefined;
  const onLost = (error: Error): void => {
    lost = error;
  };
  client.on('error', onLost);
  try {
    await query(client, begin);
    const result = await work(client);
    await query(client, 'commit');
    return result;
  } catch (error) {
    // The pool drops the connection when even the rollback fails, and with it the server drops the transaction.
    await client.query('rollback').catch((rollbackError: Error) => {
      lost ??= rollbackError;
    });
    throw toRegistryError(error);
  } finally {
    client.off('error', onLost);
    client.release(lost);
  }
}

/**
 * All or nothing. A connection lost during the commit leaves the outcome unknown: the caller sees REGISTRY_UNAVAILABLE and
 * repeats, which every write here allows.
 */
export function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inside(pool, BEGIN.write, work);
}

export function inReadSnapshot<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inside(pool, BEGIN.read, work);
}

export function toInstant(date: Date): Instant {
  return date.toISOString();
}

export function toInstantOrNull(date: Date | null): Instant | null {
  return date === null ? null : date.toISOString();
}

export function toWindow(start: Date, end: Date): Window {
  return { start: start.toISOString(), end: end.toISOString() };
}
