/**
 * `perennial champion MODEL [--at T]`: who answers, or answered then, how it came to that, and what is blocked; without a
 * model, the champions of all.
 */
import type { Command } from 'commander';
import { PipelineError } from '../../core/errors.js';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { renderChampion, renderModels } from '../render-model.js';
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

async function champions(context: CliContext, options: Options): Promise<void> {
  if (options.at !== undefined || options.history === true) {
    throw new PipelineError('SIGNAL_INVALID', '--at and --history are about one model: name it.');
  }
  const models = await withClient(context, (client) => client.listModels());
  print(context.io, options, { data: models, text: renderModels(models, context.io) });
}

export function addChampion(program: Command, context: CliContext): void {
  withCommon(program.command('champion'))
    .description('show the champion of a model, now or at a past instant; without a model, of all')
    .argument('[model]')
    .option('--at <instant>', 'the champion of that moment')
    .option('--history', 'every move of the alias, newest first')
    .action((model: string | undefined, options: Options) =>
      model === undefined ? champions(context, options) : champion(context, model, options),
    );
}
