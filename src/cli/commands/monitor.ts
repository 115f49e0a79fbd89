/** `perennial monitor MODEL`: the figures of the built-in monitor, or one look of it at once. */
import type { Command } from 'commander';
import { PipelineError } from '../../core/errors.js';
import { type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { interruptible } from '../interruptible.js';
import { lookText, renderMonitor } from '../render-monitor.js';
import { parseInstant, parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly series?: string;
  readonly since?: string;
  readonly limit: number;
  readonly now?: boolean;
  readonly asOf?: string;
}

async function monitor(context: CliContext, model: string, options: Options): Promise<void> {
  const modelId = parseModelId(model);
  if (options.now === true) {
    const asOf = options.asOf === undefined ? {} : { asOf: parseInstant(options.asOf) };
    const look = await interruptible(context, (client, awaiting) => client.monitorNow({ modelId, ...asOf }, awaiting));
    if (look === null) return;
    print(context.io, options, { data: look, text: lookText(look, modelId) });
    return;
  }
  if (options.asOf !== undefined) {
    throw new PipelineError(
      'SIGNAL_INVALID',
      '--as-of says when to look from: add --now. For kept figures write --since.',
    );
  }
  const { series, limit } = options;
  const since = options.since === undefined ? undefined : parseInstant(options.since);
  const view = await withClient(context, (client) => client.monitor({ modelId, series, since, limit }));
  print(context.io, options, { data: view, text: renderMonitor(view, { ...context.io, series: series ?? null }) });
}

export function addMonitor(program: Command, context: CliContext): void {
  withCommon(program.command('monitor'))
    .description('show what the built-in monitor measured: drift, performance, estimates, labels; or let it look now')
    .argument('<model>')
    .option('--series <name>', 'every period of one series, e.g. drift:distance')
    .option('--since <instant>', 'only periods that end after it')
    .option('--limit <count>', 'at most so many of the newest periods', countOption, 30)
    .option('--now', 'look at the period before now at once')
    .option('--as-of <instant>', 'with --now: look as that instant of the past would have, with what was known then')
    .action((model: string, options: Options) => monitor(context, model, options));
}
