/** `perennial labels MODEL --through INSTANT`: tells a waiting run that labels arrived, as a pipeline would. */
import type { Command } from 'commander';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant } from '../format.js';
import { parseInstant, parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly through: string;
  readonly eventId?: string;
}

async function labels(context: CliContext, model: string, options: Options): Promise<void> {
  const modelId = parseModelId(model);
  const through = parseInstant(options.through);
  // Only a later instant changes anything, so that a repeated call does no harm; the id is for the record.
  const eventId = options.eventId ?? `cli/${through}`;
  await withClient(context, (client) => client.labelsArrived({ modelId, eventId, through }));
  const text = `${modelId}: told that labels are in through ${instant(through)} (event ${eventId})`;
  print(context.io, options, { data: { modelId, eventId, through }, text });
}

export function addLabels(program: Command, context: CliContext): void {
  withCommon(program.command('labels'))
    .description('tell a model that labels arrived, and through which instant')
    .argument('<model>')
    .requiredOption('--through <instant>', 'labels are in the source through here, e.g. 2001-04-02T03:00:00Z')
    .option('--event-id <id>', 'name of this news, for the record; the latest instant counts, so repeats do no harm')
    .action((model: string, options: Options) => labels(context, model, options));
}
