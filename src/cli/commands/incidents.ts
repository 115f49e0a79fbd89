/** `perennial incidents [MODEL]` and `perennial incident close MODEL/ID`: what is broken, and the word that it is over. */
import type { Command } from 'commander';
import { PipelineError } from '../../core/errors.js';
import { MODEL_ID } from '../../core/spec/schema.js';
import { actor, type CliContext, type CommonOptions, countOption, print, withClient, withCommon } from '../context.js';
import { closureText, renderIncidents } from '../render-incidents.js';
import { parseModelId } from '../run-ref.js';

interface ListOptions extends CommonOptions {
  readonly all?: boolean;
  readonly limit: number;
}

interface CloseOptions extends CommonOptions {
  readonly reason: string;
  readonly repaired?: boolean;
  readonly by?: string;
}

async function list(context: CliContext, model: string | undefined, options: ListOptions): Promise<void> {
  const named = model === undefined ? {} : { modelId: parseModelId(model) };
  const isOpenOnly = options.all !== true;
  const request = { ...named, isOpenOnly, limit: options.limit };
  const found = await withClient(context, (client) => client.listIncidents(request));
  const text = renderIncidents(found, { ...context.io, isOpenOnly, modelId: named.modelId ?? null });
  print(context.io, options, { data: found, text });
}

function parseIncidentRef(text: string): { modelId: string; incidentId: number } {
  const match = /^([^/]+)\/([1-9]\d{0,14})$/.exec(text);
  const modelId = match?.[1];
  if (modelId === undefined || !MODEL_ID.test(modelId)) {
    throw new PipelineError('SIGNAL_INVALID', `"${text}" names no incident: write MODEL/ID, e.g. flights/12.`);
  }
  return { modelId, incidentId: Number(match?.[2]) };
}

const heldText = (held: number): string =>
  held === 0
    ? 'it held no claim'
    : `${held} ${held === 1 ? 'claim that it held is' : 'claims that it held are'} judged again`;

async function close(context: CliContext, named: string, options: CloseOptions): Promise<void> {
  const ref = parseIncidentRef(named);
  const request = { ...ref, by: actor(options.by), reason: options.reason, isRepaired: options.repaired === true };
  const answer = await withClient(context, (client) => client.closeIncident(request));
  const name = `${ref.modelId}/${ref.incidentId}`;
  const next = answer.incident.kind === 'rollback' ? 'its recipe may be used again' : heldText(answer.held);
  const text = answer.isNew ? `${name}: closed; ${next}.` : `${name} was ${closureText(answer.incident)}`;
  print(context.io, options, { data: answer, text });
}

export function addIncidents(program: Command, context: CliContext): void {
  withCommon(program.command('incidents'))
    .description('list what is broken: open incidents of one model or of all, newest first')
    .argument('[model]')
    .option('--all', 'closed ones too')
    .option('--limit <count>', 'at most so many', countOption, 20)
    .action((model: string | undefined, options: ListOptions) => list(context, model, options));
  const incident = program.command('incident').description('close an incident');
  withCommon(incident.command('close'))
    .description('say that an incident is over; the claims that it held are judged again')
    .argument('<incident>', 'MODEL/ID, e.g. flights/12')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--repaired', 'the rows were repaired in the source: the same fault, found again, is a new incident')
    .option('--by <name>', 'who says so (default: your account)')
    .action((named: string, options: CloseOptions) => close(context, named, options));
}
