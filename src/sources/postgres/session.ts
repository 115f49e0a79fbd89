/**
 * One connection to the user's Postgres, in one REPEATABLE READ read-only transaction: all that an operation reads of a
 * source is of one state of it. Time zone UTC, so that instants without a zone are taken as UTC.
 */
import pg from 'pg';
import { PipelineError } from '../../core/errors.js';
import type { CopyDecoder } from './copy-decoder.js';
import { CopyOut } from './copy-out.js';
import { postgresError } from './errors.js';

const CONNECT_TIMEOUT_MS = 10_000;

export interface PostgresSession {
  /** Bound parameters, extended protocol: one statement. */
  query(
    text: string,
    values: readonly unknown[],
  ): Promise<{ fields: readonly pg.FieldDef[]; rows: readonly Record<string, unknown>[] }>;
  copy(text: string, decoder: CopyDecoder): Promise<void>;
  close(): Promise<void>;
}

async function connect(url: string, urlEnv: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'perennial source',
    });
    // A lost connection also fails the query at hand, which is where it is reported.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (error) {
    const text = error instanceof Error && error.message !== '' ? error.message : 'no answer';
    const message = `Postgres behind ${urlEnv} cannot be reached: ${text}.`;
    throw new PipelineError('SOURCE_UNAVAILABLE', message, { cause: error });
  }
}

/** @throws SOURCE_UNAVAILABLE; the abort's reason after an abort, which cuts the connection */
export async function openSession(options: {
  readonly url: string | undefined;
  readonly urlEnv: string;
  readonly signal: AbortSignal;
}): Promise<PostgresSession> {
  const { url, urlEnv, signal } = options;
  if (url === undefined || url === '') {
    const message = `The environment variable ${urlEnv}, which the source names, is not set: set it to a Postgres URL.`;
    throw new PipelineError('SOURCE_UNAVAILABLE', message);
  }
  signal.throwIfAborted();
  const client = await connect(url, urlEnv);
  const cut = (): void => {
    (client as unknown as { connection: pg.Connection }).connection.stream.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw postgresError(error, urlEnv);
    }
  };
  const session: PostgresSession = {
    query: (text, values) =>
      guarded(() => client.query({ text, values: [...values], queryMode: 'extended' } as pg.QueryConfig)),
    copy: (text, decoder) => guarded(() => client.query(new CopyOut(text, decoder)).done),
    close: async () => {
      signal.removeEventListener('abort', cut);
      await client.end().catch(() => undefined);
    },
  };
  try {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', []);
    await session.query(`SELECT set_config('TimeZone', 'UTC', true), set_config('client_encoding', 'UTF8', true)`, []);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}
