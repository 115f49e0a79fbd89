/** `perennial schema infer|diff|accept MODEL`: what the source looks like, reviewed by a person. */
import type { Command } from 'commander';
import { actor, type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { interruptible } from '../interruptible.js';
import { renderInferred, renderSchemaDiff } from '../render-schema.js';
import { parseInstant, parseModelId } from '../run-ref.js';
import { parseWindow, windowOption } from '../window-option.js';

interface InferOptions extends CommonOptions {
  readonly window?: { readonly start: string; readonly end: string };
  readonly asOf?: string;
  readonly by?: string;
}

async function infer(context: CliContext, model: string, options: InferOptions): Promise<void> {
  const request = {
    modelId: parseModelId(model),
    by: actor(options.by),
    ...(options.window === undefined ? {} : { window: parseWindow(options.window) }),
    ...(options.asOf === undefined ? {} : { asOf: parseInstant(options.asOf) }),
  };
  const diff = await interruptible(context, (client, awaiting) => client.inferSchema(request, awaiting));
  if (diff === null) return;
  print(context.io, options, { data: diff, text: renderInferred(diff, context.io) });
}

interface DiffOptions extends CommonOptions {
  readonly from?: number;
  readonly to?: number;
}

async function diff(context: CliContext, model: string, options: DiffOptions): Promise<void> {
  const { from, to } = options;
  const request = {
    modelId: parseModelId(model),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const found = await withClient(context, (client) => client.diffSchemas(request));
  print(context.io, options, { data: found, text: renderSchemaDiff(found, context.io) });
}

interface AcceptOptions extends CommonOptions {
  readonly version?: number;
  readonly reason: string;
  readonly by?: string;
}

async function accept(context: CliContext, model: string, options: AcceptOptions): Promise<void> {
  const { version, reason } = options;
  const request = {
    modelId: parseModelId(model),
    by: actor(options.by),
    reason,
    ...(version === undefined ? {} : { version }),
  };
  const accepted = await withClient(context, (client) => client.acceptSchema(request));
  const what = accepted.isNew ? 'holds from now on' : 'held already; nothing changed';
  print(context.io, options, {
    data: accepted,
    text: `${request.modelId}: schema version ${accepted.version} ${what}`,
  });
}

export function addSchema(program: Command, context: CliContext): void {
  const schema = program.command('schema').description('what the source of a model looks like, reviewed by a person');
  withCommon(schema.command('infer'))
    .description('read a window that was fine and propose a schema of it')
    .argument('<model>')
    .option('--window <start/end>', "rows to look at (default: the champion's training window)", windowOption)
    .option('--as-of <instant>', 'as known then (default: now)')
    .option('--by <name>', 'who proposes it (default: your account)')
    .action((model: string, options: InferOptions) => infer(context, model, options));
  withCommon(schema.command('diff'))
    .description('compare two versions of it')
    .argument('<model>')
    .option('--from <version>', 'default: the one that was accepted', countOption)
    .option('--to <version>', 'default: the newest', countOption)
    .action((model: string, options: DiffOptions) => diff(context, model, options));
  withCommon(schema.command('accept'))
    .description('hold windows against this version from now on')
    .argument('<model>')
    .option('--version <version>', 'default: the newest', countOption)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who accepts it (default: your account)')
    .action((model: string, options: AcceptOptions) => accept(context, model, options));
}
