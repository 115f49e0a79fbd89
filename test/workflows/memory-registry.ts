// The registry that run activities need, in memory: the rules of the contract in src/activities/deps.ts, no SQL. The real
// one has tests of its own; here it makes thousands of activities cheap and lets a test look at every row.
import type {
  BlockedRecipe,
  ChampionMove,
  ModelJudgement,
  ModelState,
  NewVersion,
  OpenRun,
  Registry,
  RunKey,
  RunRow,
  TriggerState,
} from '#dist/activities/deps.js';
import { type BackfillAttempt, type BackfillWindow, backfillEventId } from '#dist/core/backfill/types.js';
import { canonicalJson } from '#dist/core/canonical-json.js';
import { assertInvariant, PipelineError } from '#dist/core/errors.js';
import type { PauseAnswer, PauseRequest } from '#dist/core/messages.js';
import { promotionOf } from '#dist/core/policy/triggers/clocks.js';
import type { Judgement, OpenIncident, TriggerFacts, WaitingTrigger } from '#dist/core/policy/triggers/facts.js';
import { judge } from '#dist/core/policy/triggers/judge.js';
import type { Accepted, Arrival, Refused } from '#dist/core/signals/arrival.js';
import type { PipelineSpec } from '#dist/core/spec/schema.js';
import type { Decision, DecisionAnswer, DecisionChannel, LabelDecision, Outcome, Stage } from '#dist/core/types.js';
import { triggerIdOf } from '#dist/registry/trigger-id.js';

export interface MemoryRun extends OpenRun {
  readonly firstTriggerId: string;
  readonly openedAt: string;
  stages: Stage[];
  result: { outcome: Outcome } | { failure: string } | null;
  closedAt: string | null;
}

export interface MemoryTrigger extends Arrival {
  readonly triggerId: string;
  readonly seq: number;
  readonly createdAt: string;
  receipts: number;
  readonly states: { state: TriggerState; reason: string; runNo: number | null; incidentId?: number | null }[];
}

export interface DecisionRow extends Decision {
  readonly runNo: number;
  readonly channel: DecisionChannel;
  readonly answer: DecisionAnswer;
}

export interface LabelDecisionRow extends LabelDecision {
  readonly runNo: number;
  readonly channel: DecisionChannel;
  readonly answer: DecisionAnswer;
}

export class MemoryModel {
  readonly triggers: MemoryTrigger[] = [];
  readonly runs: MemoryRun[] = [];
  readonly versions: NewVersion[] = [];
  readonly moves: { move: ChampionMove; epoch: number; from: number | null }[] = [];
  readonly decisions: DecisionRow[] = [];
  readonly labelDecisions: LabelDecisionRow[] = [];
  readonly counts: { triggerId: string; labels: number }[] = [];
  /** Open ones; a test opens and closes them. */
  incidents: OpenIncident[] = [];
  pause: PauseAnswer['pause'] = null;
  blocked: BlockedRecipe | null = null;

  constructor(
    readonly modelId: string,
    readonly specDigest: string,
    readonly spec: PipelineSpec,
  ) {}

  get champion(): { version: number; epoch: number } | null {
    const last = this.moves.at(-1);
    return last === undefined ? null : { version: last.move.toVersion, epoch: last.epoch };
  }

  get openRun(): MemoryRun | null {
    return this.runs.find((run) => run.result === null) ?? null;
  }

  get waiting(): MemoryTrigger[] {
    return this.triggers.filter(({ states }) => ['held', 'pending', 'escalated'].includes(states.at(-1)!.state));
  }

  trigger(triggerId: string): MemoryTrigger | undefined {
    return this.triggers.find((trigger) => trigger.triggerId === triggerId);
  }

  stateOf(triggerId: string): TriggerState | undefined {
    return this.trigger(triggerId)?.states.at(-1)?.state;
  }
}

type Needed =
  | 'specByDigest'
  | 'loadModelState'
  | 'acceptArrivals'
  | 'judgeTriggers'
  | 'setPause'
  | 'recordLabelCount'
  | 'run'
  | 'backfillAttempt'
  | 'withdrawBackfillAttempt'
  | 'recordStage'
  | 'closeRun'
  | 'failOpenRun'
  | 'blockedRecipe'
  | 'registerVersion'
  | 'champion'
  | 'pastChampions'
  | 'recordDecision'
  | 'recordLabelDecision'
  | 'moveChampion'
  | 'moveByKey';

export class MemoryRegistry implements Pick<Registry, Needed> {
  readonly #models = new Map<string, MemoryModel>();

  add(model: MemoryModel): void {
    this.#models.set(model.modelId, model);
  }

  #model(modelId: string): MemoryModel {
    const model = this.#models.get(modelId);
    if (model === undefined)
      throw new PipelineError('MODEL_UNKNOWN', `No model "${modelId}" is known; apply it first.`);
    return model;
  }

  #run(key: RunKey): MemoryRun {
    const run = this.#model(key.modelId).runs.find(({ runNo }) => runNo === key.runNo);
    if (run === undefined) throw new PipelineError('RUN_UNKNOWN', `Model ${key.modelId} has no run ${key.runNo}.`);
    return run;
  }

  async specByDigest(digest: string): Promise<PipelineSpec> {
    const model = [...this.#models.values()].find(({ specDigest }) => specDigest === digest);
    if (model === undefined) throw new PipelineError('SPEC_INVALID', `No spec ${digest}.`);
    return model.spec;
  }

  async loadModelState(modelId: string): Promise<ModelState> {
    const model = this.#model(modelId);
    const { champion, openRun, specDigest } = model;
    return {
      modelId,
      specDigest,
      champion,
      openRun:
        openRun === null
          ? null
          : {
              runNo: openRun.runNo,
              workflowId: openRun.workflowId,
              specDigest: openRun.specDigest,
              cause: openRun.cause,
              requestedBy: openRun.requestedBy,
              clock: openRun.clock,
            },
    };
  }

  async acceptArrivals(arrivals: readonly Arrival[]): Promise<(Accepted | Refused)[]> {
    return arrivals.map((arrival) => this.#accept(arrival));
  }

  #accept(arrival: Arrival): Accepted | Refused {
    const { modelId } = arrival;
    const model = this.#models.get(modelId);
    if (model === undefined) {
      return {
        modelId,
        refused: new PipelineError('MODEL_UNKNOWN', `No model "${modelId}" is known; apply it first.`),
      };
    }
    const triggerId = triggerIdOf(arrival.source, arrival.eventId);
    const known = model.trigger(triggerId);
    if (known !== undefined) {
      known.receipts += 1;
      const { state, runNo } = known.states.at(-1)!;
      const isDifferent = known.bodyDigest !== arrival.bodyDigest;
      return { modelId, triggerId, seq: known.seq, isNew: false, isDifferent, state, runNo };
    }
    const states: MemoryTrigger['states'] = [{ state: 'pending', reason: 'arrived', runNo: null }];
    if (arrival.refusal !== undefined) states.push({ state: 'refused', reason: arrival.refusal, runNo: null });
    const seq = model.triggers.length + 1;
    model.triggers.push({ ...arrival, triggerId, seq, createdAt: new Date().toISOString(), receipts: 1, states });
    return { modelId, triggerId, seq, isNew: true, isDifferent: false, state: states.at(-1)!.state, runNo: null };
  }

  #facts(model: MemoryModel): TriggerFacts {
    const { modelId, openRun, champion, pause } = model;
    const closed = model.runs.filter((run) => run.closedAt !== null);
    const lastRuns = (['wall', 'replay'] as const).flatMap((mode) => {
      const last = closed.findLast(({ clock }) => clock.mode === mode);
      if (last === undefined) return [];
      const endedAt = last.clock.mode === 'replay' ? new Date(last.clock.now).toISOString() : last.closedAt!;
      const outcome = last.result !== null && 'outcome' in last.result ? last.result.outcome.kind : ('failed' as const);
      return [{ mode, runNo: last.runNo, endedAt, outcome }];
    });
    return {
      modelId,
      now: new Date().toISOString(),
      pause,
      openRun:
        openRun === null
          ? null
          : {
              ...openRun,
              promotion: promotionOf(model.trigger(openRun.firstTriggerId)!),
              stage: openRun.stages.at(-1)!,
            },
      lastRuns,
      spent: { runs: 0, trainingMinutes: 0 },
      champion:
        champion === null
          ? null
          : {
              version: champion.version,
              trainedThrough: '2001-01-01T00:00:00.000Z',
              since: '2001-01-01T00:00:00.000Z',
            },
      waiting: model.waiting.map(
        (trigger): WaitingTrigger => ({
          ...trigger,
          state: trigger.states.at(-1)!.state as WaitingTrigger['state'],
          incidentId: trigger.states.at(-1)!.incidentId ?? null,
        }),
      ),
      openIncidents: model.incidents,
      histories: [],
      lastReports: [],
      newLabels: model.counts.map(({ triggerId, labels }) => ({ triggerId, count: labels })),
    };
  }

  #apply(model: MemoryModel, { changes, open }: Judgement): void {
    for (const { triggerIds, state, reason, runNo, incidentId } of changes)
      for (const id of triggerIds) model.trigger(id)!.states.push({ state, reason, runNo, incidentId });
    if (open === null) return;
    assertInvariant(model.openRun === null, `Two runs of ${model.modelId} at once.`);
    const runNo = model.runs.length + 1;
    const { cause, requestedBy, clock, reason } = open;
    model.runs.push({
      runNo,
      workflowId: `retrain/${model.modelId}/${runNo}`,
      specDigest: model.specDigest,
      cause,
      requestedBy,
      clock,
      firstTriggerId: open.triggerIds[0]!,
      openedAt: new Date().toISOString(),
      stages: ['assess'],
      result: null,
      closedAt: null,
    });
    open.triggerIds.forEach((id, at) => {
      model.trigger(id)!.states.push({ state: at === 0 ? 'started' : 'merged', reason, runNo });
    });
  }

  async judgeTriggers(modelId: string, options: { askAbout?: string | null } = {}): Promise<ModelJudgement> {
    const model = this.#model(modelId);
    const facts = this.#facts(model);
    const judgement = judge(facts, model.spec.triggers);
    this.#apply(model, judgement);
    const { openRun } = await this.loadModelState(modelId);
    const waiting = { pending: 0, held: 0, escalated: 0 };
    for (const { states } of model.waiting) waiting[states.at(-1)!.state as keyof typeof waiting] += 1;
    const notices = model.triggers.filter(
      ({ cause, createdAt }) => cause === 'labels' && createdAt >= (model.openRun?.openedAt ?? ''),
    );
    const throughs = notices.map(({ triggerId, body }) => ({
      eventId: triggerId,
      through: new Date((body as { through: string }).through).toISOString(),
    }));
    throughs.sort((a, b) => (a.through < b.through ? -1 : 1));
    return {
      modelId,
      openRun,
      wakeAt: judgement.wakeAt,
      isSettling: waiting.pending > 0,
      championVersion: model.champion?.version ?? null,
      pause: model.pause,
      lastRun: facts.lastRuns.at(-1) ?? null,
      labels: openRun === null ? null : (throughs.at(-1) ?? null),
      countLabels: judgement.countLabels,
      countSince: '2001-01-01T00:00:00.000Z',
      waiting,
      reasons: [],
      answer: options.askAbout == null ? null : (model.trigger(options.askAbout)?.states.at(-1) ?? null),
    };
  }

  async setPause(modelId: string, { isPaused, by, reason }: PauseRequest): Promise<PauseAnswer> {
    const model = this.#model(modelId);
    if (!isPaused) model.pause = null;
    else model.pause ??= { by, reason, since: new Date().toISOString() };
    return { isPaused: model.pause !== null, pause: model.pause };
  }

  async recordLabelCount(modelId: string, count: { triggerId: string; since: string; labels: number }): Promise<void> {
    this.#model(modelId).counts.push(count);
  }

  async run(key: RunKey): Promise<RunRow> {
    const { firstTriggerId, result, stages, clock: _clock, ...row } = this.#run(key);
    return {
      ...row,
      modelId: key.modelId,
      promotion: promotionOf(this.#model(key.modelId).trigger(firstTriggerId)!),
      stage: stages.at(-1)!,
      openedAt: '2001-01-01T00:00:00.000Z',
      closedAt: result === null ? null : '2001-01-01T00:00:00.000Z',
      outcome: result !== null && 'outcome' in result ? result.outcome : null,
      failure: result !== null && 'failure' in result ? result.failure : null,
    };
  }

  async backfillAttempt(window: BackfillWindow, wanted: number | null): Promise<BackfillAttempt | null> {
    const { modelId } = window;
    const idsOf = (n: number): string[] => [backfillEventId(window, n), `schedule/${backfillEventId(window, n)}`];
    const attempts = wanted === null ? [5, 4, 3, 2, 1] : [wanted];
    for (const attempt of attempts) {
      const trigger = this.#model(modelId).triggers.find(({ triggerId }) => idsOf(attempt).includes(triggerId));
      if (trigger === undefined) continue;
      const { triggerId } = trigger;
      const { state, reason, runNo } = trigger.states.at(-1)!;
      const run = runNo === null ? null : await this.run({ modelId, runNo });
      const { firstTriggerId = null } = this.#model(modelId).runs.find((one) => one.runNo === runNo) ?? {};
      const end =
        run === null || run.closedAt === null
          ? null
          : { outcome: run.outcome?.kind ?? ('failed' as const), verdict: run.outcome?.verdict ?? null };
      const isOwn = firstTriggerId === triggerId;
      return {
        attempt,
        triggerId,
        state,
        reason,
        isWithdrawn: reason === 'withdrawn',
        run: run === null ? null : { runNo: run.runNo, workflowId: run.workflowId, stage: run.stage, isOwn, end },
      };
    }
    return null;
  }

  async withdrawBackfillAttempt(window: BackfillWindow, attempt: number): Promise<void> {
    const known = await this.backfillAttempt(window, attempt);
    if (known === null || !['pending', 'held', 'escalated'].includes(known.state)) return;
    const { states } = this.#model(window.modelId).trigger(known.triggerId)!;
    states.push({ state: 'suppressed', reason: 'withdrawn', runNo: null });
  }

  async recordStage(key: RunKey, stage: Stage): Promise<void> {
    const run = this.#run(key);
    if (run.stages.at(-1) !== stage) run.stages.push(stage);
  }

  async closeRun(key: RunKey, result: { outcome: Outcome } | { failure: string }): Promise<void> {
    const run = this.#run(key);
    const isSame = run.result === null || canonicalJson(run.result) === canonicalJson(result);
    assertInvariant(isSame, `Run ${key.runNo} of ${key.modelId} was closed already, with another result.`);
    run.result = result;
    run.closedAt ??= new Date().toISOString();
  }

  async failOpenRun(key: RunKey, failure: string): Promise<boolean> {
    const run = this.#run(key);
    if (run.result !== null) return false;
    run.result = { failure };
    run.closedAt = new Date().toISOString();
    return true;
  }

  async blockedRecipe(modelId: string): Promise<BlockedRecipe | null> {
    return this.#model(modelId).blocked;
  }

  async registerVersion(version: NewVersion) {
    const { versions } = this.#model(version.modelId);
    const known = versions.findIndex(({ runNo }) => runNo === version.runNo);
    if (known === -1) versions.push(version);
    const at = known === -1 ? versions.length - 1 : known;
    return { version: at + 1, artifact: versions[at]!.artifact };
  }

  async champion(modelId: string) {
    const model = this.#model(modelId);
    const { champion } = model;
    if (champion === null) return null;
    return {
      ...champion,
      artifact: { digest: 'a'.repeat(64), bytes: 1 },
      specDigest: model.specDigest,
      since: '2001-01-01T00:00:00.000Z',
      trainedThrough: '2001-01-01T00:00:00.000Z',
    };
  }

  async pastChampions(modelId: string) {
    const { moves, champion, specDigest } = this.#model(modelId);
    const past = moves.map(({ move }) => move.toVersion).filter((version) => version !== champion?.version);
    const artifact = { digest: 'a'.repeat(64), bytes: 1 };
    return [...new Set(past.reverse())].map((version) => ({ version, artifact, specDigest }));
  }

  async recordDecision(key: RunKey, decided: Decision & { channel: DecisionChannel; answer: DecisionAnswer }) {
    const { decisions } = this.#model(key.modelId);
    const known = decisions.find(({ eventId, runNo }) => eventId === decided.eventId && runNo === key.runNo);
    if (known === undefined) decisions.push({ ...decided, runNo: key.runNo });
    return (known ?? decided).answer;
  }

  async recordLabelDecision(
    key: RunKey,
    decided: LabelDecision & { channel: DecisionChannel; answer: DecisionAnswer },
  ) {
    const { labelDecisions } = this.#model(key.modelId);
    const known = labelDecisions.find(({ eventId, runNo }) => eventId === decided.eventId && runNo === key.runNo);
    if (known === undefined) labelDecisions.push({ ...decided, runNo: key.runNo });
    return (known ?? decided).answer;
  }

  async moveByKey(modelId: string, moveKey: string) {
    const known = this.#model(modelId).moves.find(({ move }) => move.moveKey === moveKey);
    return known === undefined
      ? null
      : { version: known.move.toVersion, epoch: known.epoch, previousVersion: known.from };
  }

  async moveChampion(move: ChampionMove) {
    const { moves, champion } = this.#model(move.modelId);
    const known = await this.moveByKey(move.modelId, move.moveKey);
    if (known !== null) return known;
    const { blocked } = this.#model(move.modelId);
    if (blocked !== null && move.kind === 'promotion') {
      throw new PipelineError('RECIPE_BLOCKED', `The recipe of ${move.modelId} is blocked (${blocked.reason}).`);
    }
    if (move.expected.version !== (champion?.version ?? null) || move.expected.epoch !== (champion?.epoch ?? 0)) {
      throw new PipelineError('CHAMPION_CHANGED', `The champion of ${move.modelId} is not the one expected.`);
    }
    const epoch = (champion?.epoch ?? 0) + 1;
    const from = champion?.version ?? null;
    moves.push({ move, epoch, from });
    return { version: move.toVersion, epoch, previousVersion: from };
  }
}
