// A Postgres and a Temporal server of our own, on free ports and in a folder of our own under the system's temporary one,
// to be killed and started again on the same ports. Everything is stopped and removed at the end.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnv } from '../../../dist/env.js';
import { startPostgres } from '../../../dist/local/postgres.js';
import { startTemporal } from '../../../dist/local/temporal.js';
import { migrate } from '../../../dist/registry/migrate.js';
import { identityOf, isRunning } from './processes.mjs';

/** What `kill` found and left. */
async function killService(service, name) {
  const identity = identityOf(service.pid);
  if (identity === null) throw new Error(`${name} was not running: there was nothing to kill`);
  await service.kill();
  return { pid: service.pid, isGone: !isRunning(identity) };
}

export async function startStack(prefix = 'perennial-faults-') {
  const { cacheDir, temporalCli } = readEnv();
  const dir = mkdtempSync(join(tmpdir(), prefix));
  // Under root Postgres runs as another user, who has to pass through this folder.
  chmodSync(dir, 0o711);
  let postgres;
  let temporal;
  const stop = async () => {
    await temporal?.stop();
    await postgres?.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    postgres = await startPostgres({ stateDir: dir });
    temporal = await startTemporal({ stateDir: dir, cacheDir, temporalCli });
    await migrate(postgres.url);
  } catch (error) {
    await stop();
    throw error;
  }
  const { port, url } = postgres;
  const { ports, address } = temporal;
  return {
    dir,
    databaseUrl: url,
    temporalAddress: address,
    artifactDir: join(dir, 'artifacts'),
    scratchDir: join(dir, 'scratch'),
    workerLog: join(dir, 'worker.log'),
    postgres: {
      kill: () => killService(postgres, 'Postgres'),
      start: async () => {
        postgres = await startPostgres({ stateDir: dir, port });
      },
    },
    temporal: {
      kill: () => killService(temporal, 'Temporal'),
      start: async () => {
        temporal = await startTemporal({ stateDir: dir, cacheDir, temporalCli, ports });
      },
    },
    stop,
  };
}
