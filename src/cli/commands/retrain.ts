/** `perennial retrain MODEL`: asks the model's coordinator for a run and says what became of the request. */
import type { Command } from 'commander';
import { ERROR_TABLE } from '../../core/errors.js';
import type { RetrainAnswer } from '../../core/messages.js';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { parseInstant, parseModelId, runName } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
  readonly asOf?: string;
  readonly triggerId?: string;
}

function answerText(modelId: string, answer: RetrainAnswer, isReplay: boolean): string {
  const run = answer.runNo === null ? '' : ` ${runName({ modelId, runNo: answer.runNo })}`;
  const next = answer.state === 'started' ? `\nFollow it with \`perennial show${run}\`.` : '';
  const clock =
    isReplay && answer.state !== 'refused'
      ? `\nIts clock is replayed: while it waits for labels it moves only by \`perennial labels ${modelId} --through INSTANT\`.`
      : '';
  return `${answer.state}${run}: ${answer.reason}${next}${clock}`;
}

async function retrain(context: CliContext, model: string, options: Options): Promise<void> {
  const modelId = parseModelId(model);
  const request = {
    modelId,
    cause: 'manual' as const,
    by: actor(options.by),
    reason: options.reason,
    ...(options.asOf === undefined ? {} : { clock: { mode: 'replay' as const, now: parseInstant(options.asOf) } }),
    ...(options.triggerId === undefined ? {} : { triggerId: options.triggerId }),
  };
  const answer = await withClient(context, (client) => client.requestRetrain(request));
  print(context.io, options, { data: answer, text: answerText(modelId, answer, options.asOf !== undefined) });
  if (answer.state === 'refused') context.io.setExitCode(ERROR_TABLE.APPROVAL_NOT_ALLOWED.exitCode);
}

export function addRetrain(program: Command, context: CliContext): void {
  withCommon(program.command('retrain'))
    .description('ask for a retrain now')
    .argument('<model>')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who asks (default: your account)')
    .option('--as-of <instant>', 'replay: decide with the knowledge of that instant, e.g. 2001-04-01')
    .option('--trigger-id <id>', 'asking again with the same id starts nothing new')
    .action((model: string, options: Options) => retrain(context, model, options));
}
