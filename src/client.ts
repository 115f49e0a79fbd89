/**
 * perennial's typed API: what the CLI and programs call to apply pipelines, ask for retrains, decide, roll back and read.
 * Outside activities the only caller of registry writes: specs, decisions on closed runs, cleared recipes, closed incidents.
 */
import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import type { BlockedRecipe } from './activities/deps.js';
import { type BackfillCalls, backfillCalls } from './client/backfills.js';
import { requirePast, requireSoon } from './client/check-times.js';
import { type CoordinatorCalls, coordinatorCalls } from './client/coordinator-calls.js';
import {
  type AnswerRequest,
  type DecideRequest,
  type DecisionCalls,
  decisionCalls,
  type ExtendRequest,
} from './client/decide.js';
import { type IncidentCalls, incidentCalls } from './client/incidents.js';
import { monitorScheduleCalls } from './client/monitor-schedules.js';
import { type MonitorCalls, monitorCalls } from './client/monitors.js';
import { agreementOfAll, pollScheduleCalls } from './client/poll-schedules.js';
import { type QuarantineCalls, quarantineCalls } from './client/quarantine-calls.js';
import { type ReadCalls, readCalls, specOfModel } from './client/read-calls.js';
import { requireVersion, withVersionsAdvice } from './client/rollback-target.js';
import { type ScheduleAgreement, type ScheduleFacts, scheduleCalls } from './client/schedules.js';
import { type SchemaCalls, schemaCalls } from './client/schema-calls.js';
import { PipelineError } from './core/errors.js';
import type { LabelsArrived, PauseAnswer, RetrainAnswer, RollbackAnswer } from './core/messages.js';
import { DEFAULT_QUEUE } from './core/queues.js';
import { diffSpecs, type SpecChange } from './core/spec/diff.js';
import { canonicalSpecText, specDigest } from './core/spec/digest.js';
import { parseSpec } from './core/spec/parse-spec.js';
import type { PipelineSpec } from './core/spec/schema.js';
import { resolveSourcePaths } from './core/spec/source-paths.js';
import type { Cause, DecisionAnswer, Digest, RunClock } from './core/types.js';
import { recordDecision } from './registry/approvals.js';
import { closeIncidents } from './registry/incidents.js';
import { recordLabelDecision } from './registry/label-decisions.js';
import { createPool } from './registry/pool.js';
import { run } from './registry/runs.js';
import { applySpec, pollNamesEver, specByDigest } from './registry/specs.js';

export interface ClientSettings {
  readonly databaseUrl: string;
  readonly temporal: {
    readonly address: string | undefined;
    readonly namespace: string;
    readonly connectionOptions?: Parameters<typeof Connection.connect>[0];
  };
  /** Base name of the task queues. */
  readonly queue?: string;
}

export interface ApplyResult {
  readonly modelId: string;
  readonly digest: Digest;
  /** False: this very spec is the model's current one already. */
  readonly isNew: boolean;
  readonly changes: readonly SpecChange[];
  /** Of the model's Schedules with this spec, those of its polls and its monitor too; applying alone changes no Schedule. */
  readonly schedule: ScheduleAgreement;
}

interface RetrainOptions {
  readonly modelId: string;
  readonly cause?: Cause;
  readonly by: string;
  readonly reason: string;
  /** Wall by default. */
  readonly clock?: RunClock;
  /** Asking twice with one id starts one run; a new one by default. */
  readonly triggerId?: string;
}

interface PauseOptions {
  readonly modelId: string;
  readonly by: string;
  readonly reason: string;
  /** A new one by default. */
  readonly eventId?: string;
}

/** With a new event id and by Update, unless the request says otherwise. */
type Said<Request> = Omit<Request, 'eventId' | 'via'> & {
  readonly eventId?: string;
  readonly via?: 'update' | 'signal';
};

interface ModelCalls {
  /** `file` is named in messages, and its folder is where relative source paths start. */
  applySpec(request: { text: string; file: string; by: string }): Promise<ApplyResult>;
  requestRetrain(request: RetrainOptions): Promise<RetrainAnswer>;
  labelsArrived(request: { modelId: string } & LabelsArrived): Promise<void>;
  /** Until it is resumed nothing starts; what comes is held. */
  pause(request: PauseOptions): Promise<PauseAnswer>;
  resume(request: PauseOptions): Promise<PauseAnswer>;
  rollback(request: {
    modelId: string;
    to?: number;
    by: string;
    reason: string;
    moveKey?: string;
  }): Promise<RollbackAnswer>;
  /** Clears every recipe of the model that a rollback blocked, and closes its incident. @returns what was cleared */
  unblock(request: { modelId: string; by: string; reason: string }): Promise<readonly BlockedRecipe[]>;
}

interface PeopleCalls {
  /** By Signal the answer comes later, as a row of the run's decisions: null. The other two likewise. */
  decide(request: Said<DecideRequest>): Promise<DecisionAnswer | null>;
  /** To a run that asks: about missing labels, or whether to retrain in spite of what it found. */
  answerQuestion(request: Said<AnswerRequest>): Promise<DecisionAnswer | null>;
  /** Of the wait for labels. */
  extendDeadline(request: Said<ExtendRequest>): Promise<DecisionAnswer | null>;
}

/** `scheduleId` null: the spec has polls or a monitor, and no calendar. */
type ScheduleSet = Pick<ScheduleFacts, 'isPaused' | 'nextAt'> & {
  readonly scheduleId: string | null;
  /** Ids of the polls' Schedules. */
  readonly polls: readonly string[];
  /** Id of the built-in monitor's Schedule; null: the spec has none. */
  readonly monitor: string | null;
};

interface ScheduleCalls {
  /** The calendar, every poll and the monitor of the spec; polls and a monitor that the spec no longer has are removed. */
  setSchedule(request: { modelId: string; clock?: RunClock }): Promise<ScheduleSet>;
  pauseSchedule(modelId: string): Promise<ScheduleFacts>;
  resumeSchedule(modelId: string): Promise<ScheduleFacts>;
  /** @returns false when there was none */
  deleteSchedule(modelId: string): Promise<boolean>;
  showSchedule(modelId: string): Promise<ScheduleFacts & { readonly agreement: ScheduleAgreement }>;
  /** Fires the Schedule now. */
  triggerSchedule(modelId: string): Promise<void>;
}

export interface PerennialClient
  extends ModelCalls,
    PeopleCalls,
    ReadCalls,
    ScheduleCalls,
    BackfillCalls,
    SchemaCalls,
    QuarantineCalls,
    IncidentCalls,
    MonitorCalls {
  close(): Promise<void>;
}

interface Schedules {
  readonly calendar: ReturnType<typeof scheduleCalls>;
  readonly polls: ReturnType<typeof pollScheduleCalls>;
  readonly monitor: ReturnType<typeof monitorScheduleCalls>;
}

const agreementWith = async ({ calendar, polls, monitor }: Schedules, spec: PipelineSpec): Promise<ScheduleAgreement> =>
  agreementOfAll([await calendar.agreement(spec), await polls.agreement(spec), await monitor.agreement(spec)]);

async function connect(temporal: ClientSettings['temporal']): Promise<Connection> {
  const address = temporal.address === undefined ? {} : { address: temporal.address };
  try {
    return await Connection.connect({ ...temporal.connectionOptions, ...address, connectTimeout: '5s' });
  } catch (cause) {
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `Temporal at ${temporal.address ?? 'its default address'} does not answer. Start the platform with \`npx perennial up\`, or check TEMPORAL_ADDRESS.`,
      { cause },
    );
  }
}

function modelCalls(pool: Pool, coordinator: CoordinatorCalls, schedules: Schedules): ModelCalls {
  return {
    applySpec: async ({ text, file, by }) => {
      const spec = resolveSourcePaths(parseSpec(text, file), dirname(resolve(file)));
      const digest = specDigest(spec);
      const applied = await applySpec(pool, { spec, digest, canonicalText: canonicalSpecText(spec), by });
      const before = applied.previousDigest === null ? null : await specByDigest(pool, applied.previousDigest);
      await coordinator.ensure(spec.model);
      const changes = diffSpecs(before, spec);
      const schedule = await agreementWith(schedules, spec);
      return { modelId: spec.model, digest, isNew: applied.isNew, changes, schedule };
    },
    requestRetrain: async ({ modelId, cause, by, reason, clock, triggerId }) => {
      await specOfModel(pool, modelId);
      if (clock?.mode === 'replay') requirePast(clock.now);
      return coordinator.requestRetrain(modelId, {
        triggerId: triggerId ?? randomUUID(),
        cause: cause ?? 'manual',
        requestedBy: by,
        reason,
        clock: clock ?? { mode: 'wall' },
      });
    },
    labelsArrived: async ({ modelId, ...event }) => {
      await specOfModel(pool, modelId);
      requireSoon('through', event.through);
      await coordinator.sendLabels(modelId, event);
    },
    pause: async ({ modelId, by, reason, eventId }) => {
      await specOfModel(pool, modelId);
      return coordinator.pause(modelId, { eventId: eventId ?? `pause/${randomUUID()}`, by, reason });
    },
    resume: async ({ modelId, by, reason, eventId }) => {
      await specOfModel(pool, modelId);
      return coordinator.resume(modelId, { eventId: eventId ?? `resume/${randomUUID()}`, by, reason });
    },
    rollback: async ({ modelId, to, by, reason, moveKey }) => {
      await specOfModel(pool, modelId);
      if (to !== undefined) await requireVersion(pool, modelId, to);
      const key = moveKey ?? `rollback/${randomUUID()}`;
      return withVersionsAdvice(
        modelId,
        coordinator.rollBack(modelId, { moveKey: key, toVersion: to ?? null, by, reason }),
      );
    },
    unblock: (request) => closeIncidents(pool, request),
  };
}

function peopleCalls(calls: DecisionCalls): PeopleCalls {
  const filled = <Request extends { eventId?: string; via?: 'update' | 'signal' }>(request: Request) => ({
    ...request,
    eventId: request.eventId ?? randomUUID(),
    via: request.via ?? ('update' as const),
  });
  return {
    decide: (request) => calls.decide(filled(request)),
    answerQuestion: (request) => calls.answerQuestion(filled(request)),
    extendDeadline: (request) => calls.extendDeadline(filled(request)),
  };
}

function scheduleApi(pool: Pool, schedules: Schedules): ScheduleCalls {
  const { calendar, polls, monitor } = schedules;
  return {
    setSchedule: async ({ modelId, clock = { mode: 'wall' } }) => {
      const spec = await specOfModel(pool, modelId);
      const kept = await polls.set(spec);
      const others = { polls: kept.set, monitor: await monitor.set(spec, clock) };
      const isCalendarFree = spec.schedule === undefined;
      if (isCalendarFree && (kept.set.length + kept.removed.length > 0 || others.monitor !== null)) {
        return { scheduleId: null, isPaused: false, nextAt: [], ...others };
      }
      await calendar.set(spec, clock);
      return { ...(await calendar.describe(modelId)), ...others };
    },
    pauseSchedule: async (modelId) => {
      await calendar.pause(modelId, 'paused through perennial');
      return calendar.describe(modelId);
    },
    resumeSchedule: async (modelId) => {
      await calendar.resume(modelId, 'resumed through perennial');
      return calendar.describe(modelId);
    },
    deleteSchedule: async (modelId) => {
      const removed = [...(await polls.removeAll(modelId)), ...((await monitor.remove(modelId)) ? [modelId] : [])];
      return (await calendar.remove(modelId)) || removed.length > 0;
    },
    showSchedule: async (modelId) => {
      const spec = await specOfModel(pool, modelId);
      const agreement = await agreementWith(schedules, spec);
      return { ...(await calendar.describe(modelId)), agreement };
    },
    triggerSchedule: (modelId) => calendar.trigger(modelId),
  };
}

/** @throws SERVER_UNREACHABLE, REGISTRY_UNAVAILABLE */
export async function connectClient(settings: ClientSettings): Promise<PerennialClient> {
  const connection = await connect(settings.temporal);
  const client = new Client({ connection, namespace: settings.temporal.namespace });
  const pool = createPool(settings.databaseUrl, { maxConnections: 4 });
  const queue = settings.queue ?? DEFAULT_QUEUE;
  const schedules = {
    calendar: scheduleCalls(client, queue),
    polls: pollScheduleCalls(client, { queue, namesEver: (modelId) => pollNamesEver(pool, modelId) }),
    monitor: monitorScheduleCalls(client, queue),
  };
  const decisions = decisionCalls(client, {
    run: (key) => run(pool, key),
    recordDecision: (key, row) => recordDecision(pool, key, row),
    recordLabelDecision: (key, row) => recordLabelDecision(pool, key, row),
  });
  const coordinator = coordinatorCalls(client, queue);
  return {
    ...modelCalls(pool, coordinator, schedules),
    ...peopleCalls(decisions),
    ...readCalls(client, pool, queue),
    ...scheduleApi(pool, schedules),
    ...backfillCalls(client, pool, queue),
    ...schemaCalls(client, pool, queue),
    ...quarantineCalls(pool),
    ...incidentCalls(pool, coordinator),
    ...monitorCalls(client, pool, queue),
    close: async () => {
      await pool.end();
      await connection.close();
    },
  };
}
