/** `perennial schedule MODEL`: sets the Temporal Schedule that the model's spec asks for; pauses, resumes or deletes it. */
import { type Command, Option } from 'commander';
import type { ScheduleFacts } from '../../client/schedules.js';
import type { PerennialClient } from '../../client.js';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant } from '../format.js';
import { parseModelId } from '../run-ref.js';

interface Options extends CommonOptions {
  readonly pause?: boolean;
  readonly resume?: boolean;
  readonly delete?: boolean;
}

interface ScheduleResult extends ScheduleFacts {
  readonly modelId: string;
  readonly state: 'set' | 'paused' | 'resumed' | 'deleted';
}

function wanted(options: Options): ScheduleResult['state'] {
  if (options.pause === true) return 'paused';
  if (options.resume === true) return 'resumed';
  return options.delete === true ? 'deleted' : 'set';
}

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

async function schedule(context: CliContext, model: string, options: Options): Promise<void> {
  const request = { modelId: parseModelId(model), to: wanted(options) };
  const result = await withClient(context, (client) => change(client, request));
  const dates = result.nextAt.slice(0, 3).map(instant).join(', ');
  const next = result.isPaused ? '; it is paused and starts nothing' : dates === '' ? '' : `; next: ${dates}`;
  const text = `${result.modelId}: schedule ${result.scheduleId} ${result.state}${next}`;
  print(context.io, options, { data: result, text });
}

export function addSchedule(program: Command, context: CliContext): void {
  withCommon(program.command('schedule'))
    .description("set the schedule of a model's spec, or pause, resume or delete it")
    .argument('<model>')
    .addOption(new Option('--pause', 'keep it, start nothing').conflicts(['resume', 'delete']))
    .addOption(new Option('--resume', 'start again').conflicts(['pause', 'delete']))
    .addOption(new Option('--delete', 'remove it').conflicts(['pause', 'resume']))
    .action((model: string, options: Options) => schedule(context, model, options));
}
