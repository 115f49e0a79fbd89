/** `perennial pause MODEL` and `perennial resume MODEL`: nothing starts in between, and nothing that comes is lost. */
import type { Command } from 'commander';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant } from '../format.js';
import { parseModelId } from '../run-ref.js';
import { plain } from '../table.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
}

async function set(context: CliContext, model: string, options: Options & { what: 'pause' | 'resume' }): Promise<void> {
  const modelId = parseModelId(model);
  const request = { modelId, reason: options.reason, by: actor(options.by) };
  const answer = await withClient(context, (client) => client[options.what](request));
  const { pause } = answer;
  const what = answer.isNew === false ? 'nothing was held by a pause' : 'what was held is judged again';
  const text =
    pause === null
      ? `${modelId}: not paused; ${what}.`
      : `${modelId}: paused by ${plain(pause.by)} since ${instant(pause.since)} (${plain(pause.reason)}). To go on: perennial resume ${modelId} --reason TEXT`;
  print(context.io, options, { data: answer, text });
}

function addOne(program: Command, context: CliContext, what: 'pause' | 'resume'): void {
  withCommon(program.command(what))
    .description(
      what === 'pause'
        ? 'start no run of a model until it is resumed; what comes is held'
        : 'judge again what was held while a model was paused',
    )
    .argument('<model>')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who says so (default: your account)')
    .action((model: string, options: Options) => set(context, model, { ...options, what }));
}

export function addPause(program: Command, context: CliContext): void {
  addOne(program, context, 'pause');
  addOne(program, context, 'resume');
}
