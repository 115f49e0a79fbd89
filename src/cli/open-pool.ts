/** A connection to the registry alone, for commands that need nothing of Temporal. */
import type { Pool } from 'pg';
import { PipelineError } from '../core/errors.js';
import { readEnv } from '../env.js';
import { readPlatform } from '../local/platform.js';
import { createPool } from '../registry/pool.js';

/** @throws SERVER_UNREACHABLE when neither the environment nor a running platform says where Postgres is */
export async function withPool<T>(use: (pool: Pool) => Promise<T>): Promise<T> {
  const { databaseUrl, stateDir } = readEnv();
  const local = databaseUrl === undefined ? readPlatform(stateDir) : undefined;
  const url = databaseUrl ?? (local?.isRunning === true ? local.databaseUrl : undefined);
  if (url === undefined) {
    const message = `no platform runs in ${stateDir}, and DATABASE_URL is not set. Name the recorded past in files instead (see --help).`;
    throw new PipelineError('SERVER_UNREACHABLE', message, { details: { stateDir } });
  }
  const pool = createPool(url, { maxConnections: 1 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}
