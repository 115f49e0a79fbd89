/** `perennial schedule backfill MODEL`: the runs that the schedule would have started in the past, with past knowledge. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { BackfillView, StartedBackfill } from '../../client/backfills.js';
import type { PerennialClient } from '../../client.js';
import type { BackfillRequest, BackfillRow } from '../../core/backfill/types.js';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant, NOTHING } from '../format.js';
import { parseInstant, parseModelId, runName } from '../run-ref.js';
import { table } from '../table.js';

interface Options extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly every?: string;
  readonly name?: string;
  readonly promote?: boolean;
  readonly wait?: boolean;
  readonly by?: string;
}

/** `2001-03-01T06:00:00.000Z` as part of a name: `20010301t0600`, midnight as the day alone. */
function stamp(at: string): string {
  const time = at.slice(11, 16).replace(':', '');
  return `${at.slice(0, 10).replaceAll('-', '')}${time === '0000' ? '' : `t${time}`}`;
}

function requestOf(model: string, options: Options): BackfillRequest {
  const [from, to] = [parseInstant(options.from), parseInstant(options.to)];
  const isPromoting = options.promote === true;
  return {
    modelId: parseModelId(model),
    name: options.name ?? `${stamp(from)}-${stamp(to)}${isPromoting ? '-promote' : ''}`,
    from,
    to,
    every: options.every ?? null,
    promotion: isPromoting ? 'by-policy' : 'off',
    requestedBy: actor(options.by),
  };
}

function startedText({ state, workflowId, windows, promotion, modelId, name }: StartedBackfill): string {
  const moves = promotion === 'off' ? 'promotion is off' : 'promotion is on: the champion may move';
  const verb = state === 'started' ? 'started' : 'runs already';
  return [
    `${verb}: backfill ${name} of ${modelId} (${workflowId}), ${windows} windows; ${moves}.`,
    `Stop it with \`temporal workflow cancel --workflow-id ${workflowId}\`; the same command goes on where it stopped.`,
  ].join('\n');
}

function finalText({ status }: BackfillView, { modelId }: BackfillRequest, io: CliContext['io']): string {
  if (status === null) return 'It has ended.';
  const columns = ['WINDOW', 'RUN', 'VERDICT', 'OUTCOME'].map((title) => ({ title }));
  const rows = status.recent.map((row: BackfillRow) => [
    instant(row.at),
    row.runNo === null ? NOTHING : runName({ modelId, runNo: row.runNo }),
    row.verdict ?? NOTHING,
    row.outcome,
  ]);
  return `${table(columns, rows, io)}\n${status.kind}: ${status.done} of ${status.total ?? '?'} windows`;
}

const LOOK_MS = 1_000;

/** Until it has ended and a worker says how. */
async function follow(
  client: PerennialClient,
  request: BackfillRequest,
  say: (line: string) => void,
): Promise<BackfillView> {
  let told = '';
  for (;;) {
    const view = await client.backfillStatus(request);
    const present = view.status?.present ?? null;
    const line = present === null ? '' : `${instant(present.at)}: ${present.text}`;
    if (line !== '' && line !== told) say(`${view.status?.done} of ${view.status?.total}; ${line}`);
    told = line;
    if (!view.isRunning && view.status !== null) return view;
    await pause(LOOK_MS);
  }
}

async function backfill(context: CliContext, model: string, options: Options): Promise<void> {
  const request = requestOf(model, options);
  const { io } = context;
  await withClient(context, async (client) => {
    const started = await client.startBackfill(request);
    if (options.wait !== true) return print(io, options, { data: started, text: startedText(started) });
    io.err(startedText(started));
    const view = await follow(client, request, (line) => io.err(line));
    print(io, options, { data: { ...started, ...view }, text: finalText(view, request, io) });
    if (view.status?.kind !== 'completed') io.setExitCode(1);
  });
}

export function addBackfill(parent: Command, context: CliContext): void {
  withCommon(parent.command('backfill'))
    .description('make the runs of the past, in order, each with the knowledge of its time')
    .argument('<model>')
    .requiredOption('--from <instant>', 'first decision, e.g. 2001-02-01')
    .requiredOption('--to <instant>', 'end, exclusive')
    .option('--every <step>', 'P1M, a duration or a cron line (default: as the schedule of the spec fires)')
    .option('--name <name>', 'the same name goes on where it stopped (default: made of the range)')
    .option('--promote', 'let the champion move as the policy says; without it none moves')
    .option('--wait', 'stay until it has ended and show every window')
    .option('--by <name>', 'who asks (default: your account)')
    .action((model: string, options: Options) => backfill(context, model, options));
}
