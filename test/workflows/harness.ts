// Workers with faked activities, on the time-skipping test server or on the development server, and what tests of
// workflows ask again and again. One bundle and one set of Workers serve a whole file; worlds keep the tests apart.
import { Client, Connection, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { createRunActivities, type RunActivities } from '#dist/activities/create-run-activities.js';
import type { ActivityDeps, Registry, TemporalLink } from '#dist/activities/deps.js';
import { wrapActivities } from '#dist/activities/wrap.js';
import { coordinatorCalls } from '#dist/client/coordinator-calls.js';
import { createTemporalLink } from '#dist/client/temporal-link.js';
import type { RetrainInput, RunStatus } from '#dist/core/messages.js';
import { queueNames } from '#dist/core/queues.js';
import type { Arrival } from '#dist/core/signals/arrival.js';
import type { Cause, Decision, Outcome, Promotion, RunClock } from '#dist/core/types.js';
import { loadWorkflowBundle } from '#dist/worker/workflow-bundle.js';
import { approvePromotionUpdate, rejectPromotionUpdate, runStatusQuery } from '#dist/workflows/messages.js';
import { temporalAddress, testServerPath, uniqueTaskQueue } from '../setup/services.js';
import { MemoryRegistry } from './memory-registry.js';
import { type ActivityName, type ComputedActivities, type Scenario, World } from './world.js';

type RunHandle = WorkflowHandle<(input: RetrainInput) => Promise<Outcome>>;

let isQuiet = false;
/** The SDK's log of every refused decision says nothing that the test does not. */
function quieten(): void {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  isQuiet = true;
}

/** Waits for the thing, bounded. */
export async function until<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<T>;
    if (Date.now() > giveUpAt) throw new Error(`Waited 60 s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A person's request, unless the change says otherwise. */
export const arrivalOf = (modelId: string, change: Partial<Arrival> = {}): Arrival => ({
  modelId,
  channel: 'cli',
  source: change.cause ?? 'manual',
  eventId: uniqueTaskQueue('event'),
  cause: 'manual',
  requestedBy: 'requester',
  clock: { mode: 'wall' },
  receivedAt: new Date().toISOString(),
  isUrgent: true,
  claim: null,
  body: {},
  bodyDigest: 'd'.repeat(64),
  ...change,
});

interface Parts {
  readonly client: Client;
  readonly native: NativeConnection;
  readonly queue: string;
  /** False: a run's report goes no further than the world's list, and no search attribute is written. */
  readonly hasCoordinators: boolean;
  readonly skip: (duration: Duration) => Promise<void>;
  readonly close: () => Promise<void>;
  /** Of Postgres, instead of the one in memory. */
  readonly registry?: Registry;
}

export class Harness {
  readonly registry = new MemoryRegistry();
  readonly #worlds = new Map<string, World>();
  #workers: { worker: Worker; ended: Promise<void> }[] = [];

  constructor(private readonly parts: Parts) {}

  /** Workflows that wait for months end in seconds; one workflow at a time, no abandoned children. */
  static async timeSkipping(): Promise<Harness> {
    quieten();
    const environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: testServerPath() } },
    });
    const harness = new Harness({
      client: environment.client,
      native: environment.nativeConnection,
      queue: 'skipping',
      hasCoordinators: false,
      skip: (duration) => environment.sleep(duration),
      close: () => environment.teardown(),
    });
    await harness.startWorkers();
    return harness;
  }

  static async devServer(options: { hasWorkers?: boolean; registry?: Registry } = {}): Promise<Harness> {
    quieten();
    const address = temporalAddress();
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const harness = new Harness({
      client: new Client({ connection }),
      native,
      queue: uniqueTaskQueue(),
      hasCoordinators: true,
      ...(options.registry === undefined ? {} : { registry: options.registry }),
      skip: () => Promise.reject(new Error('The development server has wall time only.')),
      close: async () => {
        await connection.close();
        await native.close();
      },
    });
    if (options.hasWorkers !== false) await harness.startWorkers();
    return harness;
  }

  get client(): Client {
    return this.parts.client;
  }

  get queue(): string {
    return this.parts.queue;
  }

  /** Lets that much of the server's time pass. */
  skip(duration: Duration): Promise<void> {
    return this.parts.skip(duration);
  }

  get coordinator() {
    return coordinatorCalls(this.client, this.queue);
  }

  world(scenario: Scenario = {}): World {
    const world = new World(scenario);
    this.#worlds.set(world.modelId, world);
    this.registry.add(world.model);
    return world;
  }

  async startWorkers(bundle?: WorkflowBundleOption): Promise<void> {
    const queues = queueNames(this.queue);
    const common = { connection: this.parts.native, shutdownGraceTime: '5s' } as const;
    const activities = this.#activities();
    const workers = await Promise.all([
      Worker.create({
        ...common,
        taskQueue: queues.base,
        workflowBundle: bundle ?? (await loadWorkflowBundle()),
        activities,
      }),
      Worker.create({ ...common, taskQueue: queues.data, activities }),
      Worker.create({ ...common, taskQueue: queues.train, activities }),
    ]);
    this.#workers = workers.map((worker) => ({ worker, ended: worker.run() }));
  }

  async stopWorkers(): Promise<void> {
    for (const { worker } of this.#workers) worker.shutdown();
    await Promise.all(this.#workers.map(({ ended }) => ended));
    this.#workers = [];
  }

  async close(): Promise<void> {
    await this.stopWorkers();
    await this.parts.close();
  }

  #activities(): RunActivities & ComputedActivities {
    const link = createTemporalLink(this.client, this.coordinator);
    const temporal: TemporalLink = {
      ...link,
      reportRunFinished: async (modelId, report) => {
        this.#worlds.get(modelId)?.reports.push(report);
        if (this.parts.hasCoordinators) await link.reportRunFinished(modelId, report);
      },
    };
    const deps = {
      registry: this.parts.registry ?? this.registry,
      temporal,
      hasSearchAttributes: this.parts.hasCoordinators,
    };
    // Run activities use of their dependencies only these; the computed ones are faked whole.
    const run = createRunActivities({ ...deps, trainerCodeDigest: () => 'code' } as unknown as ActivityDeps);
    const names = Object.keys(new World().computed) as (keyof ComputedActivities)[];
    const computed = Object.fromEntries(
      names.map((name) => [
        name,
        (request: unknown) =>
          (this.#worldOf(request)!.computed[name] as (request: unknown) => Promise<unknown>)(request),
      ]),
    ) as unknown as ComputedActivities;
    return wrapActivities(this.#observed({ ...run, ...computed }), { heartbeatMs: null });
  }

  #observed<A extends Record<string, (...args: never[]) => Promise<unknown>>>(activities: A): A {
    const observe =
      (name: string, activity: (...args: never[]) => Promise<unknown>) =>
      async (...args: never[]) => {
        const world = this.#worldOf(args[0]);
        world?.calls.push(name as ActivityName);
        await world?.before[name as ActivityName]?.(...args);
        const answer = await activity(...args);
        await world?.after[name as ActivityName]?.();
        return answer;
      };
    return Object.fromEntries(Object.entries(activities).map(([name, one]) => [name, observe(name, one)])) as A;
  }

  #worldOf(argument: unknown): World | undefined {
    if (typeof argument === 'string') return this.#worlds.get(argument);
    const first = (Array.isArray(argument) ? argument[0] : argument) as Record<string, unknown>;
    const key = (first.key ?? first) as { modelId?: string; specDigest?: string };
    if (key.modelId !== undefined) return this.#worlds.get(key.modelId);
    return [...this.#worlds.values()].find(({ model }) => model.specDigest === key.specDigest);
  }

  /** A run by itself, as the coordinator would have started it. */
  async startRun(
    world: World,
    options: { clock?: RunClock; requestedBy?: string; promotion?: Promotion; cause?: Cause } = {},
  ): Promise<RunHandle & { runNo: number }> {
    const { modelId } = world;
    const triggerId = uniqueTaskQueue('trigger');
    const asked = {
      cause: 'manual' as const,
      requestedBy: options.requestedBy ?? 'requester',
      clock: options.clock ?? { mode: 'wall' as const },
    };
    const body = { promotion: options.promotion ?? 'by-policy' };
    await this.registry.acceptArrivals([arrivalOf(modelId, { ...asked, eventId: triggerId, body })]);
    const { openRun } = await this.registry.judgeTriggers(modelId);
    if (openRun === null) throw new Error(`No run of ${modelId} was opened.`);
    const { runNo, workflowId, specDigest } = openRun;
    const handle = await this.client.workflow.start<(input: RetrainInput) => Promise<Outcome>>('retrainWorkflow', {
      workflowId,
      taskQueue: this.queue,
      args: [{ modelId, runNo, specDigest, ...asked, cause: options.cause ?? asked.cause }],
    });
    return Object.assign(handle, { runNo });
  }

  run(world: World, runNo: number): RunHandle {
    return this.client.workflow.getHandle(`retrain/${world.modelId}/${runNo}`);
  }

  /** The status once the run waits for something whose words begin with `what`. */
  awaiting(handle: RunHandle, what: string): Promise<RunStatus> {
    return until(`a run that awaits ${what}`, async () => {
      // A run is opened in the registry a moment before its workflow starts.
      const status = await handle.query(runStatusQuery).catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      });
      return status?.awaits?.startsWith(what) === true ? status : null;
    });
  }

  async details(handle: WorkflowHandle): Promise<string> {
    const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails ?? '';
  }
}

type SentDecision = Partial<Decision> & { evidence: string };
const decisionOf = ({ evidence, ...rest }: SentDecision): Omit<Decision, 'decision'> => ({
  eventId: uniqueTaskQueue('event'),
  by: 'reviewer',
  reason: 'it holds up',
  evidence,
  ...rest,
});

export const approve = (handle: RunHandle, decision: SentDecision) =>
  handle.executeUpdate(approvePromotionUpdate, { args: [decisionOf(decision)] });

export const reject = (handle: RunHandle, decision: SentDecision) =>
  handle.executeUpdate(rejectPromotionUpdate, { args: [decisionOf(decision)] });

interface ExecutionHistory {
  readonly events: number;
  /** Why, of those that failed. */
  readonly failedTasks: readonly string[];
}

/** Of every execution of a workflow that continues as new, from the first one on. */
export async function executionsOf(
  client: Client,
  first: { workflowId: string; runId: string },
): Promise<ExecutionHistory[]> {
  const found: ExecutionHistory[] = [];
  for (let runId: string | null | undefined = first.runId; runId != null; ) {
    const history: Awaited<ReturnType<WorkflowHandle['fetchHistory']>> = await client.workflow
      .getHandle(first.workflowId, runId)
      .fetchHistory();
    const list = history.events ?? [];
    // A message that came in the very moment makes the server ask once more; nothing fails by it.
    const failedTasks = list.flatMap(({ workflowTaskFailedEventAttributes: task }) =>
      task == null || task.cause === UNHANDLED ? [] : [`${task.cause}: ${task.failure?.message}`],
    );
    found.push({ events: list.length, failedTasks });
    runId = list.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return found;
}

/** WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND */
const UNHANDLED = 1;

/** Names of the events of a workflow's history. */
export async function eventTypes(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => Object.keys(event).filter((name) => name.endsWith('EventAttributes')));
}

export const taskFailures = async (handle: WorkflowHandle): Promise<number> =>
  (await eventTypes(handle)).filter((name) => name === 'workflowTaskFailedEventAttributes').length;
