/** `perennial quarantine list|release MODEL`: rows that snapshots left out, and the word that lets such rows in again. */
import type { Command } from 'commander';
import { actor, type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { windowText } from '../format.js';
import { renderQuarantine } from '../render-quarantine.js';
import { parseModelId } from '../run-ref.js';
import { parseWindow, windowOption } from '../window-option.js';

interface ListOptions extends CommonOptions {
  readonly run?: number;
  readonly limit: number;
}

async function list(context: CliContext, model: string, options: ListOptions): Promise<void> {
  const { run, limit } = options;
  const request = { modelId: parseModelId(model), limit, ...(run === undefined ? {} : { runNo: run }) };
  const view = await withClient(context, (client) => client.listQuarantine(request));
  print(context.io, options, { data: view, text: renderQuarantine(view, context.io) });
}

interface ReleaseOptions extends CommonOptions {
  readonly window: { readonly start: string; readonly end: string };
  readonly reason: string;
  readonly by?: string;
}

async function release(
  context: CliContext,
  { model, check }: { model: string; check: string },
  options: ReleaseOptions,
): Promise<void> {
  const modelId = parseModelId(model);
  const window = parseWindow(options.window);
  const request = { modelId, reason: check, window, by: actor(options.by), why: options.reason };
  const data = await withClient(context, (client) => client.releaseQuarantine(request));
  const used = data.isNew ? 'are used by later snapshots' : 'were released before; nothing changed';
  const said = `${modelId}: rows of ${windowText(window)} that fail ${check} alone ${used}`;
  const text = data.note === null ? said : `${said}\n${data.note}`;
  print(context.io, options, { data, text });
}

export function addQuarantine(program: Command, context: CliContext): void {
  const quarantine = program.command('quarantine').description('rows that snapshots left out, by reason');
  withCommon(quarantine.command('list'))
    .description('what was left out of snapshots, newest runs first, and what was released')
    .argument('<model>')
    .option('--run <number>', 'of one run', countOption)
    .option('--limit <count>', 'at most so many', countOption, 50)
    .action((model: string, options: ListOptions) => list(context, model, options));
  withCommon(quarantine.command('release'))
    .description('vouch for rows of a window that fail one check, so that later snapshots use them')
    .argument('<model>')
    .argument('<check>', 'as the list names it, e.g. out-of-range:distance')
    .requiredOption('--window <start/end>', 'of which rows, e.g. 2001-02-05/2001-02-12', windowOption)
    .requiredOption('--reason <text>', 'why they are sound, for the record')
    .option('--by <name>', 'who vouches for them (default: your account)')
    .action((model: string, check: string, options: ReleaseOptions) => release(context, { model, check }, options));
}
