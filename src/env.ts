/**
 * The environment, read and checked in this one place, at entry points only. Every variable that perennial knows stands in
 * the schema below; Temporal's own (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, ...) are read by its envconfig package.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { PipelineError } from './core/errors.js';

const DEFAULT_NAMESPACE = 'default';

const text = z.string().min(1).optional();

const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://')
  .optional();

const schema = z.object({
  /** A Postgres of your own; without it an embedded one is started. */
  DATABASE_URL: postgresUrl,
  /** The same database as its schema's owner, for migrations alone: where the login of DATABASE_URL may only use it. */
  PERENNIAL_MIGRATION_URL: postgresUrl,
  /** Folder of the embedded platform's data, default `.perennial` in the current folder. */
  PERENNIAL_STATE_DIR: text,
  /** Folder of the native parts that set-up fetched, default `$XDG_CACHE_HOME/perennial` or `~/.cache/perennial`. */
  PERENNIAL_CACHE_DIR: text,
  XDG_CACHE_HOME: text,
  /** Folder of the content-addressed artifacts, default `artifacts` in the state folder. */
  PERENNIAL_ARTIFACT_DIR: text,
  /** Executables to use instead of the pinned ones. */
  PERENNIAL_TEMPORAL_CLI: text,
  PERENNIAL_TEST_SERVER: text,
  /** Worker Deployment: both or neither. */
  PERENNIAL_DEPLOYMENT_NAME: text,
  PERENNIAL_BUILD_ID: text,
  /** Where the gateway listens; beyond this machine only when there is a token. */
  PERENNIAL_GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  PERENNIAL_GATEWAY_PORT: wholeNumber(0, 65_535).default(7070),
  /** Requests a second of one token, over ten seconds. */
  PERENNIAL_GATEWAY_RATE: wholeNumber(1, 1_000_000).default(2_000),
  /** Of a body, in bytes. */
  PERENNIAL_GATEWAY_BODY_BYTES: wholeNumber(1_024, 64 * 1_048_576).default(1_048_576),
  /** JSON file of the secrets of senders that sign instead of holding a token. */
  PERENNIAL_WEBHOOK_SECRETS: text,
  PERENNIAL_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** Names of the variables that perennial reads itself. */
export const ENV_NAMES: readonly string[] = Object.keys(schema.shape);

export interface TemporalEnv {
  /** `host:port`; undefined when nothing is configured, and then the embedded server is used. */
  readonly address: string | undefined;
  readonly namespace: string;
  /** Everything a Connection takes (address, TLS, API key, metadata), as configured. */
  readonly connectionOptions: ClientConnectConfig['connectionOptions'];
}

interface GatewayEnv {
  readonly host: string;
  readonly port: number;
  readonly ratePerSec: number;
  readonly bodyBytes: number;
  readonly webhookSecrets: string | undefined;
}

export interface Env {
  readonly databaseUrl: string | undefined;
  /** Undefined: `databaseUrl` migrates as well. */
  readonly migrationUrl: string | undefined;
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly artifactDir: string;
  readonly temporal: TemporalEnv;
  readonly temporalCli: string | undefined;
  readonly testServer: string | undefined;
  readonly deploymentName: string | undefined;
  readonly buildId: string | undefined;
  readonly gateway: GatewayEnv;
  readonly logLevel: z.infer<typeof schema>['PERENNIAL_LOG_LEVEL'];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Set-but-empty means unset, as Compose files and CI systems produce it. */
function withoutEmpty(variables: Variables): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined && value !== '') kept[name] = value;
  return kept;
}

function parse(variables: Record<string, string>): z.infer<typeof schema> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PipelineError(
    'SPEC_INVALID',
    `The environment is not valid: ${problems.join('; ')}. Correct or unset it.`,
    {
      details: { variables: parsed.error.issues.map((issue) => String(issue.path[0])) },
    },
  );
}

/** TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and the like: the file may name an address even where no variable does. */
function readTemporal(variables: Record<string, string>): TemporalEnv {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: variables });
    return { address: connectionOptions.address, namespace: namespace ?? DEFAULT_NAMESPACE, connectionOptions };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('SPEC_INVALID', `Temporal's environment configuration cannot be read: ${why}`, { cause });
  }
}

function cacheDirOf(found: z.infer<typeof schema>): string {
  if (found.PERENNIAL_CACHE_DIR !== undefined) return resolve(found.PERENNIAL_CACHE_DIR);
  return join(
    found.XDG_CACHE_HOME === undefined ? join(homedir(), '.cache') : resolve(found.XDG_CACHE_HOME),
    'perennial',
  );
}

/**
 * Reads and checks the environment.
 * @param variables defaults to the process's; tests pass their own
 * @throws PipelineError SPEC_INVALID naming each variable that is wrong
 */
export function readEnv(variables: Variables = process.env): Env {
  const given = withoutEmpty(variables);
  const found = parse(given);
  if ((found.PERENNIAL_DEPLOYMENT_NAME === undefined) !== (found.PERENNIAL_BUILD_ID === undefined))
    throw new PipelineError(
      'SPEC_INVALID',
      'Set PERENNIAL_DEPLOYMENT_NAME and PERENNIAL_BUILD_ID together, or neither.',
    );
  if (found.PERENNIAL_MIGRATION_URL !== undefined && found.DATABASE_URL === undefined)
    throw new PipelineError(
      'SPEC_INVALID',
      'PERENNIAL_MIGRATION_URL is set without DATABASE_URL: set both, or neither to use the embedded Postgres.',
    );
  const stateDir = resolve(found.PERENNIAL_STATE_DIR ?? '.perennial');
  return {
    databaseUrl: found.DATABASE_URL,
    migrationUrl: found.PERENNIAL_MIGRATION_URL,
    stateDir,
    cacheDir: cacheDirOf(found),
    artifactDir: resolve(found.PERENNIAL_ARTIFACT_DIR ?? join(stateDir, 'artifacts')),
    temporal: readTemporal(given),
    temporalCli: found.PERENNIAL_TEMPORAL_CLI,
    testServer: found.PERENNIAL_TEST_SERVER,
    deploymentName: found.PERENNIAL_DEPLOYMENT_NAME,
    buildId: found.PERENNIAL_BUILD_ID,
    gateway: {
      host: found.PERENNIAL_GATEWAY_HOST,
      port: found.PERENNIAL_GATEWAY_PORT,
      ratePerSec: found.PERENNIAL_GATEWAY_RATE,
      bodyBytes: found.PERENNIAL_GATEWAY_BODY_BYTES,
      webhookSecrets: found.PERENNIAL_WEBHOOK_SECRETS,
    },
    logLevel: found.PERENNIAL_LOG_LEVEL,
  };
}

/** One variable that a spec names (a source's connection URL), not part of perennial's own settings. */
export const readVariable = (name: string): string | undefined => process.env[name] || undefined;
