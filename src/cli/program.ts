/** The command line: its commands, its help, and one place where an error becomes a text and an exit code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { addAnswer, addExtend } from './commands/answer.js';
import { addApply } from './commands/apply.js';
import { addChampion } from './commands/champion.js';
import { addDecide } from './commands/decide.js';
import { addDoctor } from './commands/doctor.js';
import { addIncidents } from './commands/incidents.js';
import { addLabels } from './commands/labels.js';
import { addMonitor } from './commands/monitor.js';
import { addPause } from './commands/pause.js';
import { addPolicy } from './commands/policy.js';
import { addQuarantine } from './commands/quarantine.js';
import { addRetrain } from './commands/retrain.js';
import { addRollback } from './commands/rollback.js';
import { addRuns } from './commands/runs.js';
import { addSchedule } from './commands/schedule.js';
import { addSchema } from './commands/schema.js';
import { addShow } from './commands/show.js';
import { addSignal } from './commands/signal.js';
import { addStart } from './commands/start.js';
import { addToken } from './commands/token.js';
import { addTriggers } from './commands/triggers.js';
import { addUnblock } from './commands/unblock.js';
import { addUp } from './commands/up.js';
import { addVerify } from './commands/verify.js';
import type { CliContext } from './context.js';
import { EXIT_USAGE, failureOf, failureText, stackText } from './fail.js';

const EXAMPLES = `
Examples:
  perennial start                                      the whole loop on real flights
  perennial up                                         platform and workers, until Ctrl-C
  perennial apply examples/flights/all-past.yaml       make a pipeline file current
  perennial retrain flights-all-past --reason "first champion" --as-of 2001-03-01
  perennial runs                                       what runs, what waits, what became of it
  perennial show flights-all-past/1                    one run, with its evidence
  perennial approve flights-all-past/1 --reason "the win holds on every slice"
  perennial champion flights-all-past --history
  perennial rollback flights-all-past --reason "complaints since Monday"

Exit codes and every option: docs/cli.md`;

const COMMANDS = [
  addStart,
  addUp,
  addDoctor,
  addApply,
  addSchedule,
  addRetrain,
  addPause,
  addRuns,
  addShow,
  addTriggers,
  addSignal,
  addMonitor,
  addDecide,
  addLabels,
  addAnswer,
  addExtend,
  addChampion,
  addRollback,
  addUnblock,
  addSchema,
  addQuarantine,
  addIncidents,
  addToken,
  addPolicy,
  addVerify,
];

function ownVersion(): string {
  const path = fileURLToPath(new URL('../../package.json', import.meta.url));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}

export function buildProgram(context: CliContext): Command {
  const { io } = context;
  const program = new Command('perennial');
  program
    .description(
      'Keeps deployed models good: every retrain is a durable workflow, and a champion changes on evidence alone.',
    )
    .version(ownVersion(), '--version')
    // Else commands could have no `--version` of their own: it would print this one.
    .enablePositionalOptions()
    .showHelpAfterError('Add --help to see what the command takes.')
    .addHelpText('after', EXAMPLES)
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
      getOutHelpWidth: () => io.width ?? 100,
      getErrHelpWidth: () => io.width ?? 100,
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, context);
  // Commands copy these settings when they are made, so nothing else is needed; an empty call shows the help.
  return program;
}

/** Never throws: whatever happens ends as text on standard error and an exit code. */
export async function runCli(args: readonly string[], context: CliContext): Promise<void> {
  const { io } = context;
  try {
    await buildProgram(context).parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are answers; commander has printed everything already.
      if (error.exitCode !== 0) io.setExitCode(EXIT_USAGE);
      return;
    }
    const failure = failureOf(error);
    if (args.includes('--json') && args[0] !== 'start') {
      const { code, message, advice, details } = failure;
      io.out(JSON.stringify({ error: { code, message, advice, details } }, null, 2));
    }
    io.err(failureText(failure));
    if (args.includes('--verbose')) io.err(stackText(error));
    io.setExitCode(failure.exitCode);
  }
}
