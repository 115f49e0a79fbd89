/** `perennial rollback MODEL`: puts an earlier champion back, in one command. */
import type { Command } from 'commander';
import { actor, type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly to?: number;
  readonly by?: string;
}

async function rollback(context: CliContext, model: string, options: Options): Promise<void> {
  const modelId = parseModelId(model);
  const request = {
    modelId,
    reason: options.reason,
    by: actor(options.by),
    ...(options.to === undefined ? {} : { to: options.to }),
  };
  const move = await withClient(context, (client) => client.rollback(request));
  const from = move.previousVersion === null ? '' : ` instead of version ${move.previousVersion}`;
  const text = `${modelId}: version ${move.version} is champion${from} (epoch ${move.epoch})`;
  print(context.io, options, { data: move, text });
}

export function addRollback(program: Command, context: CliContext): void {
  withCommon(program.command('rollback'))
    .description('make an earlier version champion again')
    .argument('<model>')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--to <version>', 'this version (default: the champion before the present one)', countOption)
    .option('--by <name>', 'who rolls back (default: your account)')
    .action((model: string, options: Options) => rollback(context, model, options));
}
