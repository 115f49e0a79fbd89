/** `perennial show RUN`: everything about one run. */
import type { Command } from 'commander';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { renderRun } from '../render-run.js';
import { parseRunRef } from '../run-ref.js';

export function addShow(program: Command, context: CliContext): void {
  withCommon(program.command('show'))
    .description('show a run: what it awaits, windows, labels, candidate against champion, gates, decisions, outcome')
    .argument('<run>', 'MODEL/NUMBER, e.g. flights/3')
    .action(async (run: string, options: CommonOptions) => {
      const key = parseRunRef(run);
      const detail = await withClient(context, (client) => client.showRun(key));
      print(context.io, options, { data: detail, text: renderRun(detail, context.io) });
    });
}
