/**
 * `perennial approve RUN` and `perennial reject RUN`. A decision names the evidence it was made on: without --evidence the
 * evidence is shown first, and the exact command to copy; at a terminal it may then be confirmed.
 */
import type { Command } from 'commander';
import type { RunDetail } from '../../client/show-run.js';
import type { PerennialClient } from '../../client.js';
import { assertInvariant, ERROR_TABLE, PipelineError } from '../../core/errors.js';
import { reasonFault } from '../../core/reason.js';
import type { Decision, EvaluationSummary } from '../../core/types.js';
import { actor, type CliContext, type CommonOptions, print, shellWord, withClient, withCommon } from '../context.js';
import { shortDigest } from '../format.js';
import { renderEvaluation, renderGates } from '../render-evidence.js';
import { parseRunRef, type RunRef, runName } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
  readonly evidence?: string;
}

interface Asked {
  readonly run: RunRef;
  readonly decision: Decision['decision'];
  readonly options: Options;
}

const EXIT_NOT_DECIDED = ERROR_TABLE.APPROVAL_NOT_ALLOWED.exitCode;

/** The evaluation that waits for a decision now. @throws APPROVAL_NOT_ALLOWED */
export function awaitedEvaluation({ run, status, evaluation }: RunDetail): EvaluationSummary {
  const name = runName(run);
  if (run.closedAt !== null) {
    const ended = run.outcome?.kind ?? 'failed';
    throw new PipelineError(
      'APPROVAL_NOT_ALLOWED',
      `${name} is closed (${ended}); nothing can be decided on it any more.`,
    );
  }
  if (evaluation === null || status === null || status.stage !== 'approve') {
    const stage = status?.stage ?? run.stage;
    throw new PipelineError('APPROVAL_NOT_ALLOWED', `${name} awaits no decision now: it is in stage ${stage}.`);
  }
  return evaluation;
}

export function commandToCopy({ run, decision, options }: Asked, evidence: string): string {
  const by = options.by === undefined ? '' : ` --by ${shellWord(options.by)}`;
  return `perennial ${decision} ${runName(run)} --evidence ${shortDigest(evidence)} --reason ${shellWord(options.reason)}${by}`;
}

/** Shows the evidence; returns its digest when a person at the terminal confirms, else null. */
async function confirm(context: CliContext, client: PerennialClient, asked: Asked): Promise<string | null> {
  const { io } = context;
  const detail = await client.showRun(asked.run);
  const evaluation = awaitedEvaluation(detail);
  const command = commandToCopy(asked, evaluation.evidenceDigest);
  if (asked.options.json === true) {
    print(io, asked.options, { data: { decided: false, evaluation, gates: detail.gates, command }, text: '' });
    return null;
  }
  const gates = renderGates(detail.gates, io);
  io.out(`${renderEvaluation(evaluation)}\n\n${gates}\n\nTo decide on exactly this evidence:\n  ${command}`);
  const verb = asked.decision === 'approve' ? 'Approve' : 'Reject';
  const answer = await io.ask(`${verb} version ${evaluation.candidateVersion} of ${asked.run.modelId}? [y/N] `);
  if (answer !== null && /^y(es)?$/i.test(answer.trim())) return evaluation.evidenceDigest;
  io.err('Nothing was decided.');
  return null;
}

async function decide(context: CliContext, asked: Asked): Promise<void> {
  const fault = reasonFault(asked.options.reason);
  if (fault !== null) throw new PipelineError('SIGNAL_INVALID', fault, { advice: 'Say why with --reason TEXT.' });
  await withClient(context, async (client) => {
    const evidence = asked.options.evidence ?? (await confirm(context, client, asked));
    if (evidence === null) {
      context.io.setExitCode(EXIT_NOT_DECIDED);
      return;
    }
    const { decision, run, options } = asked;
    const by = actor(options.by);
    const answer = await client.decide({ ...run, decision, by, reason: options.reason, evidence });
    assertInvariant(answer !== null, 'A decision by Update came back without an answer, as only one by Signal may.');
    const text = answer.accepted ? answer.reason : `not accepted (${answer.code}): ${answer.reason}`;
    print(context.io, options, { data: answer, text });
    if (!answer.accepted) context.io.setExitCode(EXIT_NOT_DECIDED);
  });
}

function add(program: Command, context: CliContext, decision: Decision['decision']): void {
  withCommon(program.command(decision))
    .description(`${decision} the candidate of a run, on exactly the evidence named`)
    .argument('<run>', 'MODEL/NUMBER, e.g. flights/3')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--evidence <digest>', 'at least 12 hex digits of the evidence digest; without it the evidence is shown')
    .option('--by <name>', 'who decides (default: your account)')
    .action((run: string, options: Options) => decide(context, { run: parseRunRef(run), decision, options }));
}

export function addDecide(program: Command, context: CliContext): void {
  add(program, context, 'approve');
  add(program, context, 'reject');
}
