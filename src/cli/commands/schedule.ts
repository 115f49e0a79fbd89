/** `perennial schedule set|show|pause|resume|delete MODEL`: the Temporal Schedule that the spec of the model asks for. */
import type { Command } from 'commander';
import type { ScheduleAgreement, ScheduleFacts } from '../../client/schedules.js';
import type { PerennialClient } from '../../client.js';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { instant } from '../format.js';
import { parseModelId } from '../run-ref.js';
import { fields } from '../table.js';
import { addBackfill } from './backfill.js';

interface ScheduleResult extends Partial<Omit<ScheduleFacts, 'scheduleId'>> {
  readonly modelId: string;
  readonly state: 'set' | 'paused' | 'resumed' | 'deleted' | 'shown' | 'not there';
  /** Null: the spec has polls or a monitor, and no calendar. */
  readonly scheduleId: string | null;
  readonly polls?: readonly string[];
  readonly monitor?: string | null;
  readonly isPaused: boolean;
  readonly nextAt: readonly string[];
  readonly agreement?: ScheduleAgreement;
}

const STATES = [
  [
    'set',
    'set',
    "make the schedule, the polls of monitors' tables and the built-in monitor what the model's spec says",
  ],
  ['show', 'shown', 'when it fires, how it is kept, what became of its last ticks'],
  ['pause', 'paused', 'keep the schedule, start nothing'],
  ['resume', 'resumed', 'start again, whoever or whatever paused it'],
  ['delete', 'deleted', "remove the schedule, the polls of monitors' tables and the built-in monitor"],
] as const;

type Wanted = (typeof STATES)[number][1];

async function change(
  client: PerennialClient,
  { modelId, to }: { modelId: string; to: Wanted },
): Promise<ScheduleResult> {
  switch (to) {
    case 'set':
      return { modelId, state: to, ...(await client.setSchedule({ modelId })) };
    case 'shown':
      return { modelId, state: to, ...(await client.showSchedule(modelId)) };
    case 'paused':
      return { modelId, state: to, ...(await client.pauseSchedule(modelId)) };
    case 'resumed':
      return { modelId, state: to, ...(await client.resumeSchedule(modelId)) };
    case 'deleted': {
      const state = (await client.deleteSchedule(modelId)) ? to : 'not there';
      return { modelId, state, scheduleId: `schedule/${modelId}`, isPaused: false, nextAt: [] };
    }
  }
}

function firesText({ isPaused, nextAt }: ScheduleResult): string {
  if (isPaused) return 'it is paused and starts nothing';
  const dates = nextAt.slice(0, 3).map(instant).join(', ');
  return dates === '' ? '' : `next: ${dates}`;
}

const AGREEMENT: Readonly<Record<ScheduleAgreement, string>> = {
  none: 'the spec has none either',
  same: 'the same',
  differs: 'differs; `perennial schedule set` makes it the same',
  'not-set': 'not set',
  'not-in-spec': 'the spec has none; `perennial schedule delete` removes it',
};

function shown(result: ScheduleResult): string {
  const { note, agreement, lastTicks = [], missed, catchUpMs } = result;
  const ticks = lastTicks.slice(0, 3).map(({ scheduledAt, workflowId }) => `${instant(scheduledAt)} (${workflowId})`);
  return fields([
    ['schedule', result.scheduleId],
    ['fires', firesText(result)],
    ['note', note ?? null],
    ['spec', agreement === undefined ? null : AGREEMENT[agreement]],
    [
      'missed ticks',
      catchUpMs === undefined ? null : `made up for up to ${Math.round(catchUpMs / 60_000)} minutes late`,
    ],
    ['a failed tick', result.pauseOnFailure === true ? 'pauses it' : 'changes nothing'],
    ['last ticks', ticks.length === 0 ? null : ticks.join(', ')],
    ['left out', missed === undefined ? null : `${missed.tooLate} too late, ${missed.overlapping} overlapping`],
  ]);
}

async function schedule(
  context: CliContext,
  request: { model: string; to: Wanted },
  options: CommonOptions,
): Promise<void> {
  const wanted = { modelId: parseModelId(request.model), to: request.to };
  const result = await withClient(context, (client) => change(client, wanted));
  if (result.state === 'shown') {
    print(context.io, options, { data: result, text: shown(result) });
    return;
  }
  const { modelId, scheduleId, state, polls = [], monitor = null } = result;
  const fires = firesText(result);
  const calendar = scheduleId === null ? [] : [`schedule ${scheduleId} ${state}${fires === '' ? '' : `; ${fires}`}`];
  const looks = polls.length === 0 ? [] : [`polls ${state}: ${polls.join(', ')}`];
  const watch = monitor === null ? [] : [`${monitor} ${state}`];
  const parts = [...calendar, ...looks, ...watch];
  print(context.io, options, { data: result, text: `${modelId}: ${parts.join('; ') || 'nothing is left to poll'}` });
}

export function addSchedule(program: Command, context: CliContext): void {
  const parent = program
    .command('schedule')
    .description("set the schedule of a model's spec, show, pause, resume or delete it, or make up for the past");
  for (const [name, to, description] of STATES) {
    withCommon(parent.command(name))
      .description(description)
      .argument('<model>')
      .action((model: string, options: CommonOptions) => schedule(context, { model, to }, options));
  }
  addBackfill(parent, context);
}
