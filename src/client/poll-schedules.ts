/**
 * The Schedules of a model's polls, `poll/<modelId>/<name>`: one for each of `triggers.polls`, kept in step with the spec.
 * How far a poll has read stands in Postgres, so that one tick after an outage makes up for all that were missed.
 */
import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import type { MonitorPoll } from '../activities/poll-nannyml.js';
import { canonicalJson } from '../core/canonical-json.js';
import { durationMs } from '../core/spec/duration.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { TriggerPoll } from '../core/spec/trigger-schema.js';
import type { ScheduleAgreement } from './schedules.js';

/** Member of the memo of what a tick starts: the poll as the spec wrote it. */
const MEMO_KEY = 'perennialPoll';
/** All models poll at round times otherwise. */
const JITTER_SHARE = 0.1;

export interface PollScheduleSettings {
  /** Base name of the task queues. */
  readonly queue: string;
  /** Names of the polls of any spec that was ever applied for the model. */
  readonly namesEver: (modelId: string) => Promise<readonly string[]>;
}

const idOf = (modelId: string, name: string): string => `poll/${modelId}/${name}`;

function optionsOf(modelId: string, poll: TriggerPoll, queue: string): ScheduleOptions {
  const { urlEnv, schema, modelName = null, since = null } = poll;
  const everyMs = durationMs(poll.every);
  const asked: MonitorPoll = { modelId, urlEnv, schema, modelName, since };
  return {
    scheduleId: idOf(modelId, poll.name),
    spec: { intervals: [{ every: everyMs }], jitter: Math.floor(everyMs * JITTER_SHARE) },
    action: {
      type: 'startWorkflow',
      workflowType: 'pollMonitorWorkflow',
      workflowId: idOf(modelId, poll.name),
      taskQueue: queue,
      args: [asked],
      staticSummary: `Poll ${poll.name} of ${modelId}`,
      memo: { [MEMO_KEY]: canonicalJson(poll) },
    },
    policies: { overlap: 'SKIP', catchupWindow: everyMs, pauseOnFailure: false },
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

function agreementOf({ action }: ScheduleDescription, poll: TriggerPoll | undefined): ScheduleAgreement {
  if (poll === undefined) return 'not-in-spec';
  return 'memo' in action && action.memo?.[MEMO_KEY] === canonicalJson(poll) ? 'same' : 'differs';
}

/** Of several Schedules as of one: what they have in common, else `differs`. */
export function agreementOfAll(each: readonly ScheduleAgreement[]): ScheduleAgreement {
  const kinds = new Set(each.filter((one) => one !== 'none'));
  const [first = 'none'] = kinds;
  return kinds.size > 1 ? 'differs' : first;
}

export function pollScheduleCalls(client: Client, { queue, namesEver }: PollScheduleSettings) {
  const handle = (modelId: string, name: string) => client.schedule.getHandle(idOf(modelId, name));
  const remove = async (modelId: string, names: readonly string[]): Promise<string[]> => {
    const removed: string[] = [];
    for (const name of names) {
      const isGone =
        (await unlessGone(
          handle(modelId, name)
            .delete()
            .then(() => true),
        )) === null;
      if (!isGone) removed.push(idOf(modelId, name));
    }
    return removed;
  };
  const setOne = async (modelId: string, poll: TriggerPoll): Promise<void> => {
    const { scheduleId, ...options } = optionsOf(modelId, poll, queue);
    const updated = handle(modelId, poll.name).update(
      // Whoever paused it by hand meant it: `state` stays.
      ({ state }): ScheduleUpdateOptions => ({ ...options, state }) as ScheduleUpdateOptions,
    );
    const isThere = (await unlessGone(updated.then(() => true))) === true;
    if (!isThere) await client.schedule.create({ ...options, scheduleId });
  };
  return {
    /** Creates, changes and removes until the Schedules are those of the spec; twice does no harm. */
    set: async ({ model, triggers }: PipelineSpec): Promise<{ set: readonly string[]; removed: readonly string[] }> => {
      for (const poll of triggers.polls) await setOne(model, poll);
      const names = new Set(triggers.polls.map(({ name }) => name));
      const removed = await remove(
        model,
        (await namesEver(model)).filter((name) => !names.has(name)),
      );
      return { set: [...names].map((name) => idOf(model, name)), removed };
    },
    /** @returns the Schedules that were there */
    removeAll: async (modelId: string): Promise<readonly string[]> => remove(modelId, await namesEver(modelId)),
    agreement: async ({ model, triggers }: PipelineSpec): Promise<ScheduleAgreement> => {
      const polls = new Map(triggers.polls.map((poll) => [poll.name, poll]));
      const each = [...new Set([...polls.keys(), ...(await namesEver(model))])].map(async (name) => {
        const found = await unlessGone(handle(model, name).describe());
        if (found !== null) return agreementOf(found, polls.get(name));
        return polls.has(name) ? 'not-set' : 'none';
      });
      return agreementOfAll(await Promise.all(each));
    },
  };
}
