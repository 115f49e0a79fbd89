/** `perennial doctor`: is everything there that perennial needs, and what to do where it is not. */
import type { Command } from 'commander';
import { ERROR_TABLE } from '../../core/errors.js';
import { readEnv } from '../../env.js';
import { type CliContext, type CommonOptions, print, withCommon } from '../context.js';
import { type Check, runChecks } from '../doctor-checks.js';
import { type Column, type TableOptions, table } from '../table.js';

const COLUMNS: readonly Column[] = [
  { title: 'CHECK' },
  { title: 'STATE' },
  { title: 'FOUND', isFlexible: true },
  { title: 'WHAT TO DO' },
];

export function renderChecks(checks: readonly Check[], options: TableOptions): string {
  const rows = checks.map(({ check, state, found, advice }) => [
    check,
    state === 'fail' ? 'FAIL' : state,
    found,
    advice,
  ]);
  const failed = checks.filter((check) => check.state === 'fail').length;
  const verdict = failed === 0 ? 'Ready.' : `${failed} of ${checks.length} checks failed.`;
  return `${table(COLUMNS, rows, options)}\n\n${verdict}`;
}

export function addDoctor(program: Command, { io }: CliContext): void {
  withCommon(program.command('doctor'))
    .description('check this machine: Node, native parts, disk, servers')
    .action(async (options: CommonOptions) => {
      const checks = await runChecks(readEnv());
      print(io, options, { data: checks, text: renderChecks(checks, io) });
      if (checks.some((check) => check.state === 'fail')) io.setExitCode(ERROR_TABLE.NATIVE_PART_MISSING.exitCode);
    });
}
