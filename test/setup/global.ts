/** Starts the one Postgres and the one Temporal server that all test files of a run share, and stops them after it. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readEnv } from '#dist/env.js';
import { findTestServer } from '#dist/local/native-parts.js';
import { startPostgres } from '#dist/local/postgres.js';
import { startTemporal } from '#dist/local/temporal.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser's URL of the run's own Postgres; `freshDatabase` makes a file's database on it. */
    databaseUrl: string;
    temporalAddress: string;
    /** The time-skipping test server's executable. */
    testServerPath: string;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // gone: its folder is nobody's
  }
}

/** Folders of runs that were killed; their servers ended with them. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^perennial-test-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Vitest calls this once; what it returns runs at the end, also after failures and Ctrl-C. */
export default async function startServices(project: TestProject): Promise<() => Promise<void>> {
  const { cacheDir, temporalCli, testServer } = readEnv();
  removeAbandoned();
  const stateDir = mkdtempSync(join(tmpdir(), `perennial-test-${process.pid}-`));
  // Under root Postgres runs as another user, who has to pass through this folder.
  chmodSync(stateDir, 0o711);
  const started: { stop(): Promise<void> }[] = [];
  const stopAll = async (): Promise<void> => {
    for (const service of started.reverse()) await service.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const testServerPath = findTestServer({ cacheDir, testServer }).path;
    const postgres = await startPostgres({ stateDir });
    started.push(postgres);
    const temporal = await startTemporal({ stateDir, cacheDir, temporalCli });
    started.push(temporal);
    project.provide('databaseUrl', postgres.url);
    project.provide('temporalAddress', temporal.address);
    project.provide('testServerPath', testServerPath);
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
