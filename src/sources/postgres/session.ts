/**
 * One connection to the user's Postgres, in one REPEATABLE READ read-only transaction: all that an operation reads of a
 * source is of one state of it. Time zone UTC, so that instants without a zone are taken as UTC.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { PipelineError } from '../../core/errors.js';
import { quoteLiteral } from '../sql.js';
import type { CopyDecoder } from './copy-decoder.js';
import { CopyOut } from './copy-out.js';
import { postgresError } from './errors.js';
import { ReadSocket } from './read-socket.js';

const CONNECT_TIMEOUT_MS = 10_000;

export interface PostgresSession {
  /** Bound parameters, extended protocol: one statement. */
  query(
    text: string,
    values: readonly unknown[],
  ): Promise<{ fields: readonly pg.FieldDef[]; rows: readonly Record<string, unknown>[] }>;
  copy(text: string, decoder: CopyDecoder): Promise<void>;
  /** After a failure that ended the transaction: another one, of another state. */
  restart(): Promise<void>;
  /** Cuts the connection: what runs fails. */
  cut(): void;
  close(): Promise<void>;
}

/** pg calls it with the connection's options, which its types do not say. */
const newSocket = (...[options]: { readonly ssl?: unknown }[]): Socket =>
  options?.ssl === false || options?.ssl === undefined ? new ReadSocket() : new Socket();

async function connect(url: string, urlEnv: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      stream: newSocket,
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

export interface SessionOptions {
  readonly url: string | undefined;
  readonly urlEnv: string;
  readonly signal: AbortSignal;
}

/**
 * @param options.state a name that another session exported: the same state is read
 * @throws SOURCE_UNAVAILABLE; the abort's reason after an abort, which cuts the connection
 */
export async function openSession(
  options: SessionOptions & { readonly state?: string | undefined },
): Promise<PostgresSession> {
  const { url, urlEnv, signal, state } = options;
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
    restart: async () => {
      await session.query('ROLLBACK', []);
      await begin();
    },
    cut,
    close: async () => {
      signal.removeEventListener('abort', cut);
      await client.end().catch(() => undefined);
    },
  };
  const begin = async (): Promise<void> => {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', []);
    if (state !== undefined) await session.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(state)}`, []);
    await session.query(`SELECT set_config('TimeZone', 'UTC', true), set_config('client_encoding', 'UTF8', true)`, []);
  };
  try {
    await begin();
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}
