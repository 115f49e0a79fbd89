/** `perennial schedule set|pause|resume|delete MODEL`: the Temporal Schedule that the spec of the model asks for. */
import type { Command } from 'commander';
import type { ScheduleFacts } from '../../client/schedules.js';
import type { PerennialClient } from '../../client.js';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant } from '../format.js';
import { parseModelId } from '../run-ref.js';

interface ScheduleResult extends ScheduleFacts {
  readonly modelId: string;
  readonly state: 'set' | 'paused' | 'resumed' | 'deleted';
}

const STATES = [
  ['set', 'set', "make the schedule what the model's spec says"],
  ['pause', 'paused', 'keep the schedule, start nothing'],
  ['resume', 'resumed', 'start again, whoever paused it'],
  ['delete', 'deleted', 'remove the schedule'],
] as const;

async function change(
  client: PerennialClient,
  { modelId, to }: { modelId: string; to: ScheduleResult['state'] },
): Promise<ScheduleResult> {
  switch (to) {
    case 'set':
      return { modelId, state: to, ...(await client.setSchedule({ modelId })) };
    case 'paused':
      return { modelId, state: to, ...(await client.pauseSchedule(modelId)) };
    case 'resumed':
      return { modelId, state: to, ...(await client.resumeSchedule(modelId)) };
    case 'deleted':
      await client.deleteSchedule(modelId);
      return { modelId, state: to, scheduleId: `schedule/${modelId}`, isPaused: false, nextAt: [] };
  }
}

async function schedule(
  context: CliContext,
  request: { model: string; to: ScheduleResult['state'] },
  options: CommonOptions,
): Promise<void> {
  const wanted = { modelId: parseModelId(request.model), to: request.to };
  const result = await withClient(context, (client) => change(client, wanted));
  const dates = result.nextAt.slice(0, 3).map(instant).join(', ');
  const next = result.isPaused ? '; it is paused and starts nothing' : dates === '' ? '' : `; next: ${dates}`;
  const text = `${result.modelId}: schedule ${result.scheduleId} ${result.state}${next}`;
  print(context.io, options, { data: result, text });
}

export function addSchedule(program: Command, context: CliContext): void {
  const parent = program
    .command('schedule')
    .description("set the schedule of a model's spec, or pause, resume or delete it");
  for (const [name, to, description] of STATES) {
    withCommon(parent.command(name))
      .description(description)
      .argument('<model>')
      .action((model: string, options: CommonOptions) => schedule(context, { model, to }, options));
  }
}
