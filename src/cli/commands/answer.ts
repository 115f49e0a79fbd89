/** `perennial answer RUN` and `perennial extend RUN`: what a person says to a run whose labels are missing. */
import { Argument, type Command } from 'commander';
import type { PerennialClient } from '../../client.js';
import { assertInvariant, ERROR_TABLE } from '../../core/errors.js';
import type { QuestionAnswer } from '../../core/messages.js';
import type { DecisionAnswer } from '../../core/types.js';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { parseInstant, parseRunRef } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
}

const ANSWERS = ['proceed', 'shrink', 'abort'] as const satisfies readonly QuestionAnswer['answer'][];

async function tell(
  context: CliContext,
  options: Options,
  send: (client: PerennialClient) => Promise<DecisionAnswer | null>,
): Promise<void> {
  const answer = await withClient(context, send);
  assertInvariant(answer !== null, 'An answer by Update came back without its answer, as only one by Signal may.');
  const text = answer.accepted ? answer.reason : `not accepted (${answer.code}): ${answer.reason}`;
  print(context.io, options, { data: answer, text });
  if (!answer.accepted) context.io.setExitCode(ERROR_TABLE.APPROVAL_NOT_ALLOWED.exitCode);
}

const withCommonOptions = (command: Command): Command =>
  withCommon(command)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who says so (default: your account)');

export function addAnswer(program: Command, context: CliContext): void {
  withCommonOptions(program.command('answer'))
    .description('answer a run that asks what to do without the labels that are missing')
    .argument('<run>', 'MODEL/NUMBER, e.g. flights/3')
    .addArgument(
      new Argument('<answer>', 'go on with the labels there are, train on a shorter window, or stop').choices(ANSWERS),
    )
    .action((run: string, answer: QuestionAnswer['answer'], options: Options) => {
      const request = { ...parseRunRef(run), answer, by: actor(options.by), reason: options.reason };
      return tell(context, options, (client) => client.answerQuestion(request));
    });
}

export function addExtend(program: Command, context: CliContext): void {
  withCommonOptions(program.command('extend'))
    .description('give a run that waits for labels a later deadline')
    .argument('<run>', 'MODEL/NUMBER, e.g. flights/3')
    .requiredOption('--until <instant>', 'the new deadline, e.g. 2001-04-15')
    .action((run: string, options: Options & { readonly until: string }) => {
      const until = parseInstant(options.until);
      const request = { ...parseRunRef(run), until, by: actor(options.by), reason: options.reason };
      return tell(context, options, (client) => client.extendDeadline(request));
    });
}
