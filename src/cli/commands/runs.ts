/** `perennial runs [MODEL]`: the newest runs, those that are stuck included. */
import type { Command } from 'commander';
import { type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { renderRuns } from '../render-runs.js';
import { parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly limit: number;
  readonly open?: boolean;
}

async function runs(context: CliContext, model: string | undefined, options: Options): Promise<void> {
  const request = {
    ...(model === undefined ? {} : { modelId: parseModelId(model) }),
    limit: options.limit,
    isOpenOnly: options.open === true,
  };
  const found = await withClient(context, (client) => client.listRuns(request));
  print(context.io, options, { data: found, text: renderRuns(found, context.io) });
}

export function addRuns(program: Command, context: CliContext): void {
  withCommon(program.command('runs'))
    .description('list runs, newest first, of one model or of all')
    .argument('[model]')
    .option('--limit <count>', 'at most this many', countOption, 20)
    .option('--open', 'only runs that are not closed')
    .action((model: string | undefined, options: Options) => runs(context, model, options));
}
