/** `perennial triggers MODEL`: the ledger, every reason to retrain with its state and why. */
import { type Command, InvalidArgumentError } from 'commander';
import type { TriggerState } from '../../activities/deps.js';
import { type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { renderTriggers } from '../render-triggers.js';
import { parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly limit: number;
  readonly state?: TriggerState;
  readonly before?: number;
}

const STATES: readonly TriggerState[] = ['pending', 'started', 'merged', 'held', 'suppressed', 'escalated', 'refused'];

function stateOption(text: string): TriggerState {
  const state = STATES.find((one) => one === text);
  if (state === undefined) throw new InvalidArgumentError(`Write one of ${STATES.join(', ')}.`);
  return state;
}

async function triggers(context: CliContext, model: string, options: Options): Promise<void> {
  const modelId = parseModelId(model);
  const { limit, state, before } = options;
  const request = {
    modelId,
    limit,
    ...(state === undefined ? {} : { state }),
    ...(before === undefined ? {} : { before }),
  };
  const items = await withClient(context, (client) => client.listTriggers(request));
  print(context.io, options, { data: items, text: renderTriggers(items, { ...request, ...context.io }) });
}

export function addTriggers(program: Command, context: CliContext): void {
  withCommon(program.command('triggers'))
    .description('list every reason to retrain, newest first, with what became of it and why')
    .argument('<model>')
    .option('--limit <count>', 'at most so many', countOption, 20)
    .option('--state <state>', `only those that are ${STATES.join(', ')}`, stateOption)
    .option('--before <seq>', 'only those before this one', countOption)
    .action((model: string, options: Options) => triggers(context, model, options));
}
