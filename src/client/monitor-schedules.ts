/** The Schedule of the built-in monitor, `monitor/<modelId>`, kept in step with the spec. */
import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { canonicalJson } from '../core/canonical-json.js';
import { durationMs } from '../core/spec/duration.js';
import type { MonitorSpec } from '../core/spec/monitor-schema.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { RunClock } from '../core/types.js';
import type { ScheduleAgreement } from './schedules.js';

/** Member of the memo of what a look starts: the section as the spec wrote it. */
const MEMO_KEY = 'perennialMonitor';
const NOTE = "set from the pipeline's spec";

export const monitorScheduleId = (modelId: string): string => `monitor/${modelId}`;

interface WantedSchedule {
  readonly modelId: string;
  readonly monitor: MonitorSpec;
  readonly queue: string;
  readonly clock: RunClock;
}

function optionsOf({ modelId, monitor, queue, clock }: WantedSchedule): ScheduleOptions {
  const { cron, every } = monitor;
  return {
    scheduleId: monitorScheduleId(modelId),
    spec: cron === undefined ? { intervals: [{ every: durationMs(every) }] } : { cronExpressions: [cron] },
    action: {
      type: 'startWorkflow',
      workflowType: 'monitorWorkflow',
      workflowId: monitorScheduleId(modelId),
      taskQueue: queue,
      args: [{ modelId, at: null, clock }],
      staticSummary: `Built-in monitor of ${modelId}`,
      memo: { [MEMO_KEY]: canonicalJson(monitor) },
    },
    policies: { overlap: 'SKIP', catchupWindow: durationMs(monitor.catchUp), pauseOnFailure: true },
    state: { paused: monitor.paused, note: NOTE },
  };
}

async function unlessGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

/** One that a person, or a failed look, paused stays so: setting it again changes when it fires, not whether. */
const isPausedElsewhere = ({ paused, note }: ScheduleDescription['state']): boolean => paused && note !== NOTE;

function agreementOf({ action, state }: ScheduleDescription, monitor: MonitorSpec | undefined): ScheduleAgreement {
  if (monitor === undefined) return 'not-in-spec';
  const isSame = 'memo' in action && action.memo?.[MEMO_KEY] === canonicalJson(monitor);
  return isSame && (isPausedElsewhere(state) || state.paused === monitor.paused) ? 'same' : 'differs';
}

export function monitorScheduleCalls(client: Client, queue: string) {
  const handle = (modelId: string) => client.schedule.getHandle(monitorScheduleId(modelId));
  const remove = async (modelId: string): Promise<boolean> => {
    const gone = await unlessGone(
      handle(modelId)
        .delete()
        .then(() => true),
    );
    return gone === true;
  };
  return {
    /** Creates it, makes it what the spec says, or removes it; twice does no harm. @returns its id; null: there is none */
    set: async ({ model, monitor }: PipelineSpec, clock: RunClock): Promise<string | null> => {
      if (monitor === undefined) {
        await remove(model);
        return null;
      }
      const { scheduleId, ...options } = optionsOf({ modelId: model, monitor, queue, clock });
      const updated = handle(model).update(({ state }): ScheduleUpdateOptions => {
        const kept = isPausedElsewhere(state) ? { paused: true, note: state.note } : options.state;
        return { ...options, state: kept } as ScheduleUpdateOptions;
      });
      const isThere = (await unlessGone(updated.then(() => true))) === true;
      if (!isThere) await client.schedule.create({ ...options, scheduleId });
      return scheduleId;
    },
    /** @returns false when there was none */
    remove,
    agreement: async ({ model, monitor }: PipelineSpec): Promise<ScheduleAgreement> => {
      const found = await unlessGone(handle(model).describe());
      if (found !== null) return agreementOf(found, monitor);
      return monitor === undefined ? 'none' : 'not-set';
    },
  };
}
