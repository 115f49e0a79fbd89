/** `perennial answer RUN` and `perennial extend RUN`: what a person says to a run that asks, or that waits for labels. */
import { Argument, type Command, Option } from 'commander';
import type { RunKey } from '../../activities/deps.js';
import type { PerennialClient } from '../../client.js';
import { assertInvariant, ERROR_TABLE } from '../../core/errors.js';
import type { QuestionAnswer } from '../../core/messages.js';
import type { DecisionAnswer, Question } from '../../core/types.js';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { parseInstant, parseRunRef } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
}

interface AnswerOptions extends Options {
  readonly question?: Question;
}

const QUESTIONS = ['assessment', 'labels'] as const satisfies readonly Question[];
const ANSWERS = ['proceed', 'shrink', 'abort'] as const satisfies readonly QuestionAnswer['answer'][];

async function tell(
  context: CliContext,
  options: Options,
  say: {
    readonly send: (client: PerennialClient) => Promise<DecisionAnswer | null>;
    readonly whatNow: (code: DecisionAnswer['code']) => string | null;
  },
): Promise<void> {
  const answer = await withClient(context, say.send);
  assertInvariant(answer !== null, 'An answer by Update came back without its answer, as only one by Signal may.');
  const refusal = [`not accepted (${answer.code}): ${answer.reason}`, say.whatNow(answer.code) ?? []].flat();
  const text = answer.accepted ? answer.reason : refusal.join('\n');
  print(context.io, options, { data: answer, text });
  if (!answer.accepted) context.io.setExitCode(ERROR_TABLE.APPROVAL_NOT_ALLOWED.exitCode);
}

/** A run that asks nothing goes on: what it waits for is on its page, and to stop it is another thing than to answer. */
const whatNow =
  ({ modelId, runNo }: RunKey) =>
  (code: DecisionAnswer['code']): string | null =>
    code === 'not-awaited'
      ? `What it does now: perennial show ${modelId}/${runNo}\nTo stop it: temporal workflow cancel --workflow-id retrain/${modelId}/${runNo}`
      : null;

const withCommonOptions = (command: Command): Command =>
  withCommon(command)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who says so (default: your account)');

export function addAnswer(program: Command, context: CliContext): void {
  withCommonOptions(program.command('answer'))
    .description(
      'answer a run that asks: whether to retrain in spite of what it found, or without the labels that are missing',
    )
    .argument('<run>', 'MODEL/NUMBER, e.g. flights/3')
    .addArgument(
      new Argument('<answer>', 'go on all the same, train on a shorter window (labels), or stop').choices(ANSWERS),
    )
    .addOption(
      new Option('--question <question>', 'the question that is meant (default: the one asked now)').choices(QUESTIONS),
    )
    .action((run: string, answer: QuestionAnswer['answer'], options: AnswerOptions) => {
      const { question, reason } = options;
      const said = { answer, by: actor(options.by), reason, ...(question === undefined ? {} : { question }) };
      const key = parseRunRef(run);
      const send = (client: PerennialClient) => client.answerQuestion({ ...key, ...said });
      return tell(context, options, { send, whatNow: whatNow(key) });
    });
}

export function addExtend(program: Command, context: CliContext): void {
  withCommonOptions(program.command('extend'))
    .description('give a run that waits for labels a later deadline')
    .argument('<run>', 'MODEL/NUMBER, e.g. flights/3')
    .requiredOption('--until <instant>', 'the new deadline, e.g. 2001-04-15')
    .action((run: string, options: Options & { readonly until: string }) => {
      const until = parseInstant(options.until);
      const key = parseRunRef(run);
      const said = { until, by: actor(options.by), reason: options.reason };
      const send = (client: PerennialClient) => client.extendDeadline({ ...key, ...said });
      return tell(context, options, { send, whatNow: whatNow(key) });
    });
}
