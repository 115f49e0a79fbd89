/** `perennial unblock MODEL`: a person clears the recipe that a rollback blocked. */
import type { Command } from 'commander';
import type { BlockedRecipe } from '../../activities/deps.js';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant, shortDigest } from '../format.js';
import { parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
}

const clearedLine = ({ recipeDigest, version, since, reason }: BlockedRecipe): string =>
  `cleared recipe ${shortDigest(recipeDigest)}, blocked ${instant(since)} with version ${version} (${reason})`;

async function unblock(context: CliContext, model: string, options: Options): Promise<void> {
  const modelId = parseModelId(model);
  const request = { modelId, by: actor(options.by), reason: options.reason };
  const cleared = await withClient(context, (client) => client.unblock(request));
  const lines = cleared.length === 0 ? ['no recipe is blocked; nothing changed'] : cleared.map(clearedLine);
  print(context.io, options, { data: cleared, text: lines.map((line) => `${modelId}: ${line}`).join('\n') });
}

export function addUnblock(program: Command, context: CliContext): void {
  withCommon(program.command('unblock'))
    .description('clear the recipes of a model that rollbacks blocked, so that it can be trained by them again')
    .argument('<model>')
    .requiredOption('--reason <text>', 'why the recipe may be used again, for the record')
    .option('--by <name>', 'who clears it (default: your account)')
    .action((model: string, options: Options) => unblock(context, model, options));
}
