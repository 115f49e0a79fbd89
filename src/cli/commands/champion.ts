/** `perennial champion MODEL [--at T]`: who answers, or answered then, and how it came to that. */
import type { Command } from 'commander';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { renderChampion } from '../render-model.js';
import { parseInstant, parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly at?: string;
  readonly history?: boolean;
}

async function champion(context: CliContext, model: string, options: Options): Promise<void> {
  const request = {
    modelId: parseModelId(model),
    ...(options.at === undefined ? {} : { at: parseInstant(options.at) }),
  };
  const view = await withClient(context, (client) => client.champion(request));
  const { width, hasColour } = context.io;
  const text = renderChampion(view, { width, hasColour, hasHistory: options.history === true });
  print(context.io, options, { data: view, text });
}

export function addChampion(program: Command, context: CliContext): void {
  withCommon(program.command('champion'))
    .description('show the champion of a model, now or at a past instant')
    .argument('<model>')
    .option('--at <instant>', 'the champion of that moment')
    .option('--history', 'every move of the alias, newest first')
    .action((model: string, options: Options) => champion(context, model, options));
}
