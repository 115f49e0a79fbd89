/** `perennial token create|list|revoke`: who may speak to the gateway. Needs Postgres alone. */
import type { Command } from 'commander';
import type { Pool } from 'pg';
import { createToken } from '../../client/tokens.js';
import { PipelineError } from '../../core/errors.js';
import { durationMs, isDuration } from '../../core/spec/duration.js';
import { readEnv } from '../../env.js';
import { readPlatform } from '../../local/platform.js';
import { createPool } from '../../registry/pool.js';
import { listTokens, revokeToken, type TokenRow } from '../../registry/tokens.js';
import { actor, type CliContext, type CommonOptions, print, withCommon } from '../context.js';
import { instant } from '../format.js';
import type { Io } from '../io.js';
import { parseModelId } from '../run-ref.js';
import { table } from '../table.js';

interface CreateOptions extends CommonOptions {
  readonly role: readonly string[];
  readonly model?: readonly string[];
  readonly all?: boolean;
  readonly expires?: string;
  readonly by?: string;
}

interface RevokeOptions extends CommonOptions {
  readonly by?: string;
}

/** @throws SERVER_UNREACHABLE when neither the environment nor a running platform says where Postgres is */
async function withPool<T>(use: (pool: Pool) => Promise<T>): Promise<T> {
  const { databaseUrl, stateDir } = readEnv();
  const local = databaseUrl === undefined ? readPlatform(stateDir) : undefined;
  const url = databaseUrl ?? (local?.isRunning === true ? local.databaseUrl : undefined);
  if (url === undefined) {
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `no platform runs in ${stateDir}, and DATABASE_URL is not set. Start one with \`perennial up\`, or set it.`,
    );
  }
  const pool = createPool(url, { maxConnections: 1 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}

function modelsOf({ model = [], all }: CreateOptions): string[] | null {
  if ((all === true) === model.length > 0) {
    throw new PipelineError('SIGNAL_INVALID', 'Say for which models: --model MODEL, as often as needed, or --all.');
  }
  return all === true ? null : model.map(parseModelId);
}

/** Null: it does not end by itself. @throws SIGNAL_INVALID */
function expiryOf(expires: string | undefined): string | null {
  if (expires === undefined) return null;
  if (!isDuration(expires)) {
    throw new PipelineError(
      'SIGNAL_INVALID',
      `--expires ${expires} is no duration of at most a hundred years: write e.g. P90D for 90 days or PT12H for 12 hours.`,
    );
  }
  const ms = durationMs(expires);
  if (ms > 0) return new Date(Date.now() + ms).toISOString();
  throw new PipelineError('SIGNAL_INVALID', '--expires must be longer than zero, e.g. P90D.');
}

async function create({ io }: CliContext, name: string, options: CreateOptions): Promise<void> {
  const { role: roles, expires } = options;
  const models = modelsOf(options);
  const expiresAt = expiryOf(expires);
  const by = actor(options.by);
  const token = await withPool((pool) => createToken(pool, { name, roles, models, expiresAt, by }));
  const data = { name, roles, models, expiresAt, token };
  if (options.json !== true) io.err('Keep it now: only its hash is stored, nobody can show it again.');
  print(io, options, { data, text: token });
}

function stateOf({ revokedAt, expiresAt }: TokenRow): string {
  if (revokedAt !== null) return `revoked ${instant(revokedAt)}`;
  if (expiresAt === null) return 'live';
  return Date.parse(expiresAt) <= Date.now() ? `expired ${instant(expiresAt)}` : `live until ${instant(expiresAt)}`;
}

function render(tokens: readonly TokenRow[], io: Io): string {
  if (tokens.length === 0) return 'no tokens yet: `perennial token create NAME --role ROLE --model MODEL`';
  const columns = [
    { title: 'NAME' },
    { title: 'ROLES' },
    { title: 'MODELS', isFlexible: true },
    { title: 'STATE' },
    { title: 'CREATED' },
    { title: 'BY', isFlexible: true },
  ];
  const rows = tokens.map((one) => [
    one.name,
    one.roles.join(', '),
    one.models?.join(', ') ?? 'all',
    stateOf(one),
    instant(one.createdAt),
    one.by,
  ]);
  return table(columns, rows, io);
}

async function list({ io }: CliContext, options: CommonOptions): Promise<void> {
  const tokens = await withPool(listTokens);
  print(io, options, { data: tokens, text: render(tokens, io) });
}

async function revoke({ io }: CliContext, name: string, options: RevokeOptions): Promise<void> {
  const by = actor(options.by);
  const isRevoked = await withPool((pool) => revokeToken(pool, { name, by }));
  if (!isRevoked) {
    throw new PipelineError('SIGNAL_INVALID', `No live token is named ${name}.`, {
      advice: 'See the tokens with `perennial token list`.',
    });
  }
  print(io, options, { data: { name, revoked: true }, text: `${name} is revoked; gateways refuse it within seconds.` });
}

export function addToken(program: Command, context: CliContext): void {
  const token = program.command('token').description('who may speak to the gateway');
  withCommon(token.command('create'))
    .description('make a token and print it, once')
    .argument('<name>', 'stands in the ledger as who asked')
    .requiredOption('--role <role...>', 'signal, read, retrain, approve or admin (all of them)')
    .option('--model <model...>', 'for these models')
    .option('--all', 'for every model, later ones too')
    .option('--expires <duration>', 'ends by itself, e.g. P90D')
    .option('--by <name>', 'who makes it (default: your account)')
    .action((name: string, options: CreateOptions) => create(context, name, options));
  withCommon(token.command('list'))
    .description('list all tokens, revoked ones too')
    .action((options: CommonOptions) => list(context, options));
  withCommon(token.command('revoke'))
    .description('end a token')
    .argument('<name>')
    .option('--by <name>', 'who revokes it (default: your account)')
    .action((name: string, options: RevokeOptions) => revoke(context, name, options));
}
