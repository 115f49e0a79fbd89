/**
 * One DuckDB in memory for one operation, in a scratch folder of its own that is gone afterwards whatever happens.
 * DuckDB works on its own threads; nothing here runs on the event loop for longer than a chunk. No extension is ever fetched or
 * loaded, and no SQL text of the user reaches it (names and values pass sources/sql.ts).
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import { PipelineError } from '../core/errors.js';

export interface DuckLimits {
  readonly memoryMb: number;
  readonly threads: number;
}

export const defaultLimits = (): DuckLimits => ({
  memoryMb: Math.max(1024, Math.floor(totalmem() / 4 / 2 ** 20)),
  threads: Math.min(4, availableParallelism()),
});

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Duck {
  /** This operation's own folder. */
  readonly dir: string;
  readonly connection: DuckDBConnection;
  readonly signal: AbortSignal;
  run(sql: string): Promise<void>;
  /**
   * Does what makes DuckDB take rows from the event loop with one thread of it: a second one would spin, waiting for them.
   */
  feeding<T>(work: () => Promise<T>): Promise<T>;
  /** Few rows, by column name; 64-bit integers arrive as text. */
  rows(sql: string): Promise<Record<string, Json>[]>;
  /** Chunk by chunk, in the order of the query, without holding the result. */
  chunks(sql: string): AsyncGenerator<DuckDBDataChunk>;
  /** The same beside another query that runs. */
  chunksAside(sql: string): AsyncGenerator<DuckDBDataChunk>;
}

/** Missing or damaged files are the data's fault; memory, disk and the rest may pass. */
function explain(error: unknown): unknown {
  if (error instanceof PipelineError || !(error instanceof Error)) return error;
  const text = error.message.split('\n\nLINE ')[0] ?? error.message;
  if (/No files found|No such file|Permission denied/i.test(text)) {
    return new PipelineError('SOURCE_UNAVAILABLE', `The source's files cannot be read: ${text}`, { cause: error });
  }
  if (/^(Out of Memory|IO|Interrupt)/i.test(text)) {
    return new PipelineError('SOURCE_UNAVAILABLE', `Reading or writing data failed: ${text}`, { cause: error });
  }
  if (/^(Invalid Input|Conversion|CSV|Invalid Error)/i.test(text)) {
    return new PipelineError('DATA_SCHEMA_VIOLATION', `The source's data cannot be read: ${text}`, { cause: error });
  }
  return new PipelineError('INVARIANT_BROKEN', `A query of our own was refused by DuckDB: ${text}`, { cause: error });
}

async function guarded<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error);
  }
}

const chunksOn = (connection: DuckDBConnection, signal: AbortSignal): Duck['chunks'] =>
  async function* chunks(sql) {
    const result = await guarded(signal, () => connection.stream(sql));
    const fetch = (): Promise<DuckDBDataChunk | null> => guarded(signal, () => result.fetchChunk());
    let next = fetch();
    for (;;) {
      const chunk = await next;
      if (chunk === null || chunk.rowCount === 0) return;
      // DuckDB works on the next chunk while the caller works on this one.
      next = fetch();
      // Should the caller stop early, nobody awaits it.
      next.catch(() => undefined);
      yield chunk;
    }
  };

function duckOn(
  [connection, aside]: readonly [DuckDBConnection, DuckDBConnection],
  dir: string,
  options: { readonly limits: DuckLimits; readonly signal: AbortSignal },
): Duck {
  const { limits, signal } = options;
  const run = (sql: string): Promise<void> =>
    guarded(signal, async () => {
      await connection.run(sql);
    });
  return {
    dir,
    connection,
    signal,
    run,
    feeding: async (work) => {
      await run('SET threads = 1');
      const result = await work();
      // After a failure nothing is asked any more.
      await run(`SET threads = ${limits.threads}`);
      return result;
    },
    rows: (sql) =>
      guarded(signal, async () => {
        const reader = await connection.runAndReadAll(sql);
        return reader.getRowObjectsJson() as Record<string, Json>[];
      }),
    chunks: chunksOn(connection, signal),
    chunksAside: chunksOn(aside, signal),
  };
}

/** @throws whatever `work` throws; the abort's reason after an abort, when DuckDB has stopped and the folder is gone */
export async function withDuck<T>(
  options: { readonly scratchDir: string; readonly limits: DuckLimits; readonly signal: AbortSignal },
  work: (duck: Duck) => Promise<T>,
): Promise<T> {
  options.signal.throwIfAborted();
  await mkdir(options.scratchDir, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(options.scratchDir, 'dataset-'));
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.limits.threads),
      memory_limit: `${options.limits.memoryMb}MiB`,
      temp_directory: join(dir, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    });
    try {
      const connections = [await instance.connect(), await instance.connect()] as const;
      const stop = (): void => {
        for (const connection of connections) connection.interrupt();
      };
      options.signal.addEventListener('abort', stop, { once: true });
      try {
        for (const connection of connections) await connection.run(`SET TimeZone = 'UTC'`);
        await connections[0].run(`SET allowed_configs = ['threads']`);
        await connections[0].run('SET lock_configuration = true');
        return await work(duckOn(connections, dir, options));
      } finally {
        options.signal.removeEventListener('abort', stop);
        for (const connection of connections) connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
