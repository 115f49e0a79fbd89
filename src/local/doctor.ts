/**
 * What is there and what is missing on this machine, each by trying it: programs are run, the TensorFlow add-on multiplies
 * two matrices, servers are asked. Nothing is changed, and a finding never throws.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import pg from 'pg';
import { findTemporalCli, findTestServer, isAtLeast, packageRoot, pinOf, supportedNode } from './native-parts.js';
import { readPlatform } from './platform.js';
import { postgresPackageDir } from './postgres-home.js';

const run = promisify(execFile);

const CONNECT_TIMEOUT_MS = 3_000;
/** npm packages 1.1 GB, native parts 0.8 GB, and room to unpack them. */
const DISK_MINIMUM_BYTES = 2.5e9;
const SETUP = 'Run `npm run setup`.';

export interface DoctorFinding {
  readonly part: string;
  /** `optional`: not there, and not needed for what is configured. */
  readonly status: 'ok' | 'missing' | 'optional';
  /** Where it was found, or why it was not. */
  readonly from: string;
  readonly version: string;
  readonly remedy?: string;
}

/** What `readEnv()` answers fits. */
export interface DoctorSettings {
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly databaseUrl?: string | undefined;
  readonly temporal: {
    readonly address: string | undefined;
    readonly connectionOptions: Pick<ConnectionOptions, 'address' | 'apiKey' | 'tls' | 'metadata'>;
  };
  readonly temporalCli?: string | undefined;
  readonly testServer?: string | undefined;
}

type Found = Pick<DoctorFinding, 'from' | 'version'>;

interface Check {
  readonly part: string;
  readonly remedy: string;
  /** What a failure means: `missing` unless the part can be done without. */
  readonly otherwise?: 'missing' | 'optional';
  readonly look: () => Promise<Found>;
}

/** One line of a reason: a program's last word on standard error that speaks of an error, else the message's first line. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stderr } = error as { stderr?: string };
  const complaint = stderr?.split('\n').findLast((line) => /error|cannot|not found|no module/i.test(line));
  return complaint?.trim() ?? error.message.split('\n').at(0) ?? '';
}

async function perform(check: Check): Promise<DoctorFinding> {
  const { part, remedy, otherwise = 'missing', look } = check;
  try {
    return { part, status: 'ok', ...(await look()) };
  } catch (error) {
    return { part, status: otherwise, from: reasonOf(error), version: '', remedy };
  }
}

async function firstLine(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { timeout: 20_000 });
  return stdout.trim().split('\n')[0] ?? '';
}

async function lookForNode(): Promise<Found> {
  const version = process.versions.node;
  const { minimum, below } = supportedNode();
  if (!isAtLeast(version, minimum) || isAtLeast(version, below)) throw new Error(`found ${version}`);
  return { from: process.execPath, version };
}

async function lookForDependencies(): Promise<Found> {
  const stamp = readFileSync(join(packageRoot, 'node_modules', '.perennial-stamp.json'), 'utf8');
  return { from: 'node_modules', version: `lock ${String(JSON.parse(stamp).lockSha256).slice(0, 12)}` };
}

async function lookForCompiler(): Promise<Found> {
  for (const command of ['g++', 'clang++']) {
    const line = await firstLine(command, ['--version']).catch(() => undefined);
    if (line !== undefined) return { from: command, version: line };
  }
  throw new Error('neither g++ nor clang++ runs');
}

async function lookForTensorflow(): Promise<Found> {
  const probe = join(packageRoot, 'scripts', 'setup', 'probe-tensorflow.mjs');
  const { backend, tfjsNode } = JSON.parse(await firstLine(process.execPath, [probe])) as Record<string, string>;
  return { from: `backend ${backend}`, version: `tfjs-node ${tfjsNode}, library ${pinOf('tensorflow').version}` };
}

async function lookForEmbeddedPostgres(): Promise<Found> {
  const program = join(postgresPackageDir(), 'bin', 'postgres');
  return { from: 'node_modules', version: await firstLine(program, ['--version']) };
}

async function askPostgres(url: string): Promise<Found> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined); // a connection lost after the answer is of no interest here
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return { from: `${client.host}:${client.port}`, version: rows[0]?.server_version ?? '' };
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function askTemporal(options: DoctorSettings['temporal']['connectionOptions']): Promise<Found> {
  const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return { from: options.address ?? '', version: serverVersion ?? '' };
  } finally {
    await connection.close();
  }
}

async function lookAtDisk(cacheDir: string): Promise<Found> {
  for (let dir = cacheDir; ; dir = dirname(dir)) {
    const found = await statfs(dir).catch(() => undefined);
    if (found === undefined && dir !== dirname(dir)) continue;
    if (found === undefined) throw new Error(`${cacheDir} cannot be looked at`);
    const freeBytes = found.bavail * found.bsize;
    const free = `${(freeBytes / 1e9).toFixed(1)} GB free`;
    if (freeBytes < DISK_MINIMUM_BYTES) throw new Error(`${free} at ${dir}`);
    return { from: dir, version: free };
  }
}

function machineChecks(settings: DoctorSettings): Check[] {
  const { cacheDir } = settings;
  return [
    {
      part: 'Node',
      remedy: `Install Node 22 (${supportedNode().minimum} or later, before ${supportedNode().below}).`,
      look: lookForNode,
    },
    { part: 'npm packages', remedy: SETUP, look: lookForDependencies },
    {
      part: 'Python and pip',
      remedy: 'Install python3 and python3-pip: set-up downloads with them.',
      look: async () => ({ from: 'python3 -m pip', version: await firstLine('python3', ['-m', 'pip', '--version']) }),
    },
    { part: 'C++ compiler', remedy: 'Install g++: set-up compiles the TensorFlow add-on.', look: lookForCompiler },
    {
      part: 'disk space',
      remedy: `Make room: ${DISK_MINIMUM_BYTES / 1e9} GB are needed.`,
      look: () => lookAtDisk(cacheDir),
    },
  ];
}

function partChecks(settings: DoctorSettings): Check[] {
  const otherwise = (isConfigured: boolean): 'missing' | 'optional' => (isConfigured ? 'optional' : 'missing');
  return [
    {
      part: 'Temporal CLI',
      remedy: SETUP,
      otherwise: otherwise(settings.temporal.address !== undefined),
      look: async () => {
        const { path, from, version } = await findTemporalCli(settings);
        return { from: `${from}: ${path}`, version };
      },
    },
    {
      part: 'Temporal test server',
      remedy: `${SETUP} Only \`npm test\` needs it.`,
      otherwise: 'optional',
      look: async () => {
        const { path, from, version } = findTestServer(settings);
        return { from: `${from}: ${path}`, version };
      },
    },
    { part: 'TensorFlow', remedy: SETUP, look: lookForTensorflow },
    {
      part: 'embedded Postgres',
      remedy: SETUP,
      otherwise: otherwise(settings.databaseUrl !== undefined),
      look: lookForEmbeddedPostgres,
    },
  ];
}

/** Configured servers must answer; the embedded ones may well be stopped. */
function serverChecks(settings: DoctorSettings): Check[] {
  const platform = readPlatform(settings.stateDir);
  const running = platform?.isRunning === true ? platform : undefined;
  const notRunning = async (): Promise<Found> => {
    throw new Error(`nothing configured, nothing running in ${settings.stateDir}`);
  };
  const databaseUrl = settings.databaseUrl ?? running?.databaseUrl;
  const configured = settings.temporal.address !== undefined;
  const temporal = configured ? settings.temporal.connectionOptions : running && { address: running.temporalAddress };
  return [
    {
      part: 'Postgres server',
      remedy: settings.databaseUrl ? 'Start it, or correct DATABASE_URL.' : '`npm start` starts the embedded one.',
      otherwise: databaseUrl === undefined ? 'optional' : 'missing',
      look: databaseUrl === undefined ? notRunning : () => askPostgres(databaseUrl),
    },
    {
      part: 'Temporal server',
      remedy: configured ? 'Start it, or correct TEMPORAL_ADDRESS.' : '`npm start` starts the embedded one.',
      otherwise: temporal === undefined ? 'optional' : 'missing',
      look: temporal === undefined ? notRunning : () => askTemporal(temporal),
    },
  ];
}

/** All findings, in the order in which a person would repair them. */
export async function runDoctor(settings: DoctorSettings): Promise<DoctorFinding[]> {
  const checks = [...machineChecks(settings), ...partChecks(settings), ...serverChecks(settings)];
  return Promise.all(checks.map(perform));
}
