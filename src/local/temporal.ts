/**
 * Temporal's development server on a file database, for one machine. It survives `kill -9`: timers, schedules and search
 * attributes are kept in the file.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from './native-parts.js';
import { choosePort } from './ports.js';
import { type ServiceProcess, startService, waitForPredecessor, waitUntilReady } from './service-process.js';
import { ensureStateDir } from './state-dir.js';

/** Registered at start; idempotent. */
const SEARCH_ATTRIBUTES: Readonly<Record<string, string>> = {
  PerennialModel: 'Keyword',
  PerennialStage: 'Keyword',
  PerennialCause: 'Keyword',
  PerennialOutcome: 'Keyword',
  PerennialWindowEnd: 'Datetime',
  PerennialDelta: 'Double',
};

const READY_TIMEOUT_MS = 60_000;

export interface TemporalPorts {
  readonly grpc?: number | undefined;
  readonly ui?: number | undefined;
  readonly metrics?: number | undefined;
}

export interface LocalTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  readonly dbPath: string;
  readonly ports: { readonly grpc: number; readonly ui: number; readonly metrics: number };
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL, for fault injection. */
  kill(): Promise<void>;
}

async function answers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      const found = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      return Object.keys(SEARCH_ATTRIBUTES).every((name) => found.customAttributes?.[name] !== undefined);
    } finally {
      await connection.close();
    }
  } catch {
    return false; // not yet: the caller asks again until its deadline
  }
}

function serverArgs(dbPath: string, ports: LocalTemporal['ports']): string[] {
  const args = ['server', 'start-dev', '--db-filename', dbPath, '--ip', '127.0.0.1'];
  args.push('--port', String(ports.grpc), '--ui-port', String(ports.ui), '--metrics-port', String(ports.metrics));
  args.push('--log-level', 'warn', '--log-format', 'json', '--ui-disable-news-fetch');
  // The command line tool must not read a profile that points elsewhere.
  args.push('--disable-config-file', '--disable-config-env');
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) args.push('--search-attribute', `${name}=${type}`);
  return args;
}

/** The pid of a server that runs on `dbPath` now: two on one database would spoil it. Known on Linux only. */
function runningServer(pidPath: string, dbPath: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidPath, 'utf8'));
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(dbPath) ? pid : undefined;
  } catch {
    return undefined; // never started here, or gone
  }
}

/**
 * Starts the development server below `stateDir` and waits until it answers and knows the search attributes.
 * @param options.ports ports that must be used (PORT_TAKEN when one is not free)
 * @param options.preferredPorts ports to use again when they are still free
 */
export async function startTemporal(options: {
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly temporalCli?: string | undefined;
  readonly ports?: TemporalPorts | undefined;
  readonly preferredPorts?: TemporalPorts | undefined;
}): Promise<LocalTemporal> {
  const stateDir = resolve(options.stateDir);
  ensureStateDir(stateDir);
  const cli = await findTemporalCli(options);
  const dbPath = join(stateDir, 'temporal.db');
  const pidPath = join(stateDir, 'temporal.pid');
  const name = 'The Temporal server';
  await waitForPredecessor({ name, data: dbPath, find: () => runningServer(pidPath, dbPath) });
  const choose = (service: string, part: keyof TemporalPorts): Promise<number> =>
    choosePort({ service, wanted: options.ports?.[part], preferred: options.preferredPorts?.[part] });
  const ports = {
    grpc: await choose('Temporal', 'grpc'),
    ui: await choose("Temporal's Web UI", 'ui'),
    metrics: await choose("Temporal's metrics", 'metrics'),
  };
  const logPath = join(stateDir, 'temporal.log');
  const address = `127.0.0.1:${ports.grpc}`;
  const process: ServiceProcess = await startService({
    name,
    command: cli.path,
    args: serverArgs(dbPath, ports),
    logPath,
    cwd: stateDir,
    env: { PATH: '/usr/bin:/bin', HOME: stateDir },
    pidPath,
    stopSignal: 'SIGTERM',
    graceMs: 20_000,
  });
  await waitUntilReady({
    name,
    process,
    logPath,
    timeoutMs: READY_TIMEOUT_MS,
    probe: () => answers(address),
  });
  return {
    address,
    uiUrl: `http://127.0.0.1:${ports.ui}`,
    pid: process.pid,
    dbPath,
    ports,
    stop: process.stop,
    kill: process.kill,
  };
}
