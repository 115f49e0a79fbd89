/**
 * The Schedule of a model, `schedule/<modelId>`: set from the spec (idempotent), paused, resumed, deleted. Its ticks go
 * through the coordinator, since an overlap policy would see only what this Schedule started.
 */
import {
  type Client,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { PipelineError } from '../core/errors.js';
import { durationMs } from '../core/spec/duration.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { RunClock } from '../core/types.js';

const idOf = (modelId: string): string => `schedule/${modelId}`;

function optionsOf(spec: PipelineSpec, tick: { queue: string; clock: RunClock }): ScheduleOptions {
  const { schedule, model } = spec;
  if (schedule === undefined) {
    throw new PipelineError(
      'SPEC_INVALID',
      `The pipeline of ${model} has no schedule. Add one, e.g. \`schedule: { cron: "0 6 1 * *" }\`, and apply it.`,
    );
  }
  return {
    scheduleId: idOf(model),
    spec: {
      ...(schedule.cron === undefined ? {} : { cronExpressions: [schedule.cron] }),
      ...(schedule.every === undefined ? {} : { intervals: [{ every: durationMs(schedule.every) }] }),
      jitter: durationMs(schedule.jitter),
      timezone: schedule.timeZone,
    },
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledTickWorkflow',
      workflowId: `tick/${model}`,
      taskQueue: tick.queue,
      args: [{ modelId: model, clock: tick.clock }],
      staticSummary: `Scheduled retrain of ${model}`,
    },
    policies: { overlap: 'SKIP', catchupWindow: durationMs(schedule.catchUp), pauseOnFailure: false },
    state: { paused: schedule.paused },
  };
}

async function handling<T>(modelId: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new PipelineError(
      'MODEL_UNKNOWN',
      `Model ${modelId} has no Schedule. Set one with \`perennial schedule set ${modelId}\`.`,
      { cause: error },
    );
  }
}

export interface ScheduleFacts {
  readonly scheduleId: string;
  readonly isPaused: boolean;
  readonly nextAt: readonly string[];
}

export function scheduleCalls(client: Client, queue: string) {
  const handle = (modelId: string) => client.schedule.getHandle(idOf(modelId));
  return {
    /** Creates the Schedule or makes it what the spec says; twice does no harm. The clock is what its ticks run by. */
    set: async (spec: PipelineSpec, clock: RunClock): Promise<'created' | 'updated'> => {
      const options = optionsOf(spec, { queue, clock });
      try {
        await handle(spec.model).update(({ state }): ScheduleUpdateOptions => {
          const { scheduleId: _id, ...rest } = options;
          // Whoever paused it by hand meant it: setting it again changes when it fires, not whether.
          return { ...rest, state: { paused: state.paused, note: state.note } } as ScheduleUpdateOptions;
        });
        return 'updated';
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      }
      await client.schedule.create(options);
      return 'created';
    },
    pause: (modelId: string, note: string): Promise<void> => handling(modelId, handle(modelId).pause(note)),
    resume: (modelId: string, note: string): Promise<void> => handling(modelId, handle(modelId).unpause(note)),
    remove: (modelId: string): Promise<void> => handling(modelId, handle(modelId).delete()),
    /** Fires now, as the calendar would. */
    trigger: (modelId: string): Promise<void> => handling(modelId, handle(modelId).trigger()),
    describe: async (modelId: string): Promise<ScheduleFacts> => {
      const found = await handling(modelId, handle(modelId).describe());
      return {
        scheduleId: found.scheduleId,
        isPaused: found.state.paused,
        nextAt: found.info.nextActionTimes.map((time) => time.toISOString()),
      };
    },
  };
}
