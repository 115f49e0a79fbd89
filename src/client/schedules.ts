/**
 * The Schedule of a model, `schedule/<modelId>`: set from the spec (idempotent), paused, resumed, deleted. Its ticks go
 * through the coordinator, since an overlap policy would see only what this Schedule started.
 */
import {
  type Client,
  isGrpcServiceError,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import { durationMs } from '../core/spec/duration.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { RunClock } from '../core/types.js';

/** Note of a Schedule that perennial set; any other note on a paused one is that of a person who paused it by hand. */
const SPEC_NOTE = "set from the pipeline's spec";
/** Member of the memo of what a tick starts: the schedule as the spec wrote it, since Temporal keeps cron lines in a form of its own. */
const MEMO_KEY = 'perennialSchedule';
const INVALID_ARGUMENT = 3;

const memoText = (spec: PipelineSpec): string => canonicalJson(spec.schedule ?? null);

const isPausedByHand = ({ paused, note }: ScheduleDescription['state']): boolean =>
  paused && note !== undefined && note !== '' && note !== SPEC_NOTE;

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
      memo: { [MEMO_KEY]: memoText(spec) },
    },
    policies: { overlap: 'SKIP', catchupWindow: durationMs(schedule.catchUp), pauseOnFailure: schedule.pauseOnFailure },
    state: { paused: schedule.paused, note: SPEC_NOTE },
  };
}

/** Temporal's word on a schedule that it cannot keep. @throws SPEC_INVALID, or the error as it is */
async function asSpecProblem<T>(model: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isRefused = error instanceof TypeError || (isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT);
    if (!isRefused) throw error;
    const why = isGrpcServiceError(cause) ? cause.details : error instanceof Error ? error.message : String(error);
    throw new PipelineError(
      'SPEC_INVALID',
      `Temporal refuses the schedule of ${model}: ${why}. Correct \`schedule\` in the pipeline file and apply it again.`,
      { cause: error },
    );
  }
}

async function handling<T>(modelId: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new PipelineError('SIGNAL_INVALID', `Model ${modelId} has no Schedule.`, {
      cause: error,
      advice: `If its pipeline has a \`schedule\`: \`perennial schedule set ${modelId}\`.`,
    });
  }
}

export interface ScheduleFacts {
  readonly scheduleId: string;
  readonly isPaused: boolean;
  /** Who set or paused it, in words; of one that a failed tick paused, Temporal's own. */
  readonly note: string | null;
  readonly nextAt: readonly string[];
  /** How late a missed tick is still made up for. */
  readonly catchUpMs: number;
  readonly pauseOnFailure: boolean;
  /** Ticks that fired, newest first: at most the last ten. */
  readonly lastTicks: readonly { readonly scheduledAt: string; readonly workflowId: string }[];
  /** Ticks that came too late to be made up for, and those that were left out because the one before still waited. */
  readonly missed: { readonly tooLate: number; readonly overlapping: number };
}

function factsOf({ scheduleId, state, info, policies }: ScheduleDescription): ScheduleFacts {
  const lastTicks = info.recentActions
    .map(({ scheduledAt, action }) => ({
      scheduledAt: scheduledAt.toISOString(),
      workflowId: action.workflow.workflowId,
    }))
    .reverse();
  return {
    scheduleId,
    isPaused: state.paused,
    note: state.note === undefined || state.note === '' ? null : state.note,
    nextAt: info.nextActionTimes.map((time) => time.toISOString()),
    catchUpMs: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    lastTicks,
    missed: { tooLate: info.numActionsMissedCatchupWindow, overlapping: info.numActionsSkippedOverlap },
  };
}

/**
 * What a spec says beside what is set: `none` neither has a schedule; `not-set` only the spec; `not-in-spec` only Temporal.
 * A Schedule that a person paused by hand does not differ by that.
 */
export type ScheduleAgreement = 'none' | 'same' | 'differs' | 'not-set' | 'not-in-spec';

function agreement(spec: PipelineSpec, { action, state }: ScheduleDescription): ScheduleAgreement {
  if (spec.schedule === undefined) return 'not-in-spec';
  const isSame = 'memo' in action && action.memo?.[MEMO_KEY] === memoText(spec);
  return isSame && (isPausedByHand(state) || state.paused === spec.schedule.paused) ? 'same' : 'differs';
}

export function scheduleCalls(client: Client, queue: string) {
  const handle = (modelId: string) => client.schedule.getHandle(idOf(modelId));
  return {
    /** Creates the Schedule or makes it what the spec says; twice does no harm. The clock is what its ticks run by. */
    set: async (spec: PipelineSpec, clock: RunClock): Promise<'created' | 'updated'> => {
      const options = optionsOf(spec, { queue, clock });
      try {
        const updated = handle(spec.model).update(({ state }): ScheduleUpdateOptions => {
          const { scheduleId: _id, ...rest } = options;
          // Whoever paused it by hand meant it: setting it again changes when it fires, not whether.
          const kept = isPausedByHand(state) ? { paused: true, note: state.note } : rest.state;
          return { ...rest, state: kept } as ScheduleUpdateOptions;
        });
        await asSpecProblem(spec.model, updated);
        return 'updated';
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      }
      await asSpecProblem(spec.model, client.schedule.create(options));
      return 'created';
    },
    pause: (modelId: string, note: string): Promise<void> => handling(modelId, handle(modelId).pause(note)),
    resume: (modelId: string, note: string): Promise<void> => handling(modelId, handle(modelId).unpause(note)),
    /** @returns false when there was none */
    remove: async (modelId: string): Promise<boolean> => {
      try {
        await handle(modelId).delete();
        return true;
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return false;
        throw error;
      }
    },
    agreement: async (spec: PipelineSpec): Promise<ScheduleAgreement> => {
      try {
        return agreement(spec, await handle(spec.model).describe());
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
        return spec.schedule === undefined ? 'none' : 'not-set';
      }
    },
    /** Fires now, as the calendar would: the client's own default would let it overlap, and its failure pause nothing. */
    trigger: (modelId: string): Promise<void> => handling(modelId, handle(modelId).trigger('SKIP')),
    describe: async (modelId: string): Promise<ScheduleFacts> =>
      factsOf(await handling(modelId, handle(modelId).describe())),
  };
}
