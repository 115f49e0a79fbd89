// The registry that run activities need, in memory: the rules of the contract in src/activities/deps.ts, no SQL. The real
// one has tests of its own; here it makes thousands of activities cheap and lets a test look at every row.
import type {
  BlockedRecipe,
  ChampionMove,
  ModelState,
  NewTrigger,
  NewVersion,
  OpenRun,
  OpenRunRequest,
  OpenRunResult,
  Registry,
  RunKey,
  TriggerState,
} from '#dist/activities/deps.js';
import { canonicalJson } from '#dist/core/canonical-json.js';
import { assertInvariant, PipelineError } from '#dist/core/errors.js';
import type { PipelineSpec } from '#dist/core/spec/schema.js';
import type { Decision, DecisionAnswer, DecisionChannel, LabelDecision, Outcome, Stage } from '#dist/core/types.js';

export interface MemoryRun extends OpenRun {
  readonly firstTriggerId: string;
  stages: Stage[];
  result: { outcome: Outcome } | { failure: string } | null;
}

export interface MemoryTrigger extends NewTrigger {
  readonly states: { state: TriggerState; reason: string; runNo: number | null }[];
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
    return this.triggers.filter(({ states }) => ['held', 'pending'].includes(states.at(-1)!.state));
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
  | 'commitTrigger'
  | 'setTriggerState'
  | 'openRun'
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
    const { champion, openRun, specDigest, waiting } = model;
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
      held: waiting.slice(0, 20).map(({ triggerId, clock, cause, requestedBy }) => ({
        triggerId,
        clock,
        cause,
        requestedBy,
        createdAt: '2001-01-01T00:00:00.000Z',
      })),
      heldCount: waiting.length,
    };
  }

  async commitTrigger(trigger: NewTrigger) {
    const model = this.#model(trigger.modelId);
    if (canonicalJson(trigger.body).includes('\\u0000')) {
      throw new PipelineError('SIGNAL_INVALID', 'body holds a NUL character, which cannot be stored.');
    }
    const known = model.trigger(trigger.triggerId);
    if (known === undefined) {
      const states: MemoryTrigger['states'] = [{ state: 'pending', reason: 'arrived', runNo: null }];
      if (trigger.refusal !== undefined) states.push({ state: 'refused', reason: trigger.refusal, runNo: null });
      model.triggers.push({ ...trigger, states });
    }
    const { state, runNo } = (known ?? model.triggers.at(-1)!).states.at(-1)!;
    return { isNew: known === undefined, state, runNo };
  }

  async setTriggerState(change: Parameters<Registry['setTriggerState']>[0]): Promise<void> {
    const { state, reason, runNo } = change;
    for (const triggerId of change.triggerIds) {
      const { states } = this.#model(change.modelId).trigger(triggerId)!;
      const newest = states.at(-1)!;
      if (newest.state === 'started' || (newest.state === state && newest.runNo === runNo)) continue;
      states.push({ state, reason, runNo });
    }
  }

  async openRun(request: OpenRunRequest): Promise<OpenRunResult> {
    const { modelId, triggerIds, cause, requestedBy, clock } = request;
    const model = this.#model(modelId);
    const first = triggerIds[0]!;
    const known = model.runs.find(({ firstTriggerId }) => firstTriggerId === first);
    const isTaken = (one: MemoryTrigger): boolean =>
      request.takeWaiting === true && canonicalJson(one.clock) === canonicalJson(clock);
    const taken = new Set([...triggerIds, ...model.waiting.filter(isTaken).map(({ triggerId }) => triggerId)]);
    if (known !== undefined) {
      return { opened: true, runNo: known.runNo, workflowId: known.workflowId, specDigest: known.specDigest };
    }
    if (model.openRun !== null) return { opened: false, openRunNo: model.openRun.runNo };
    const runNo = model.runs.length + 1;
    const workflowId = `retrain/${modelId}/${runNo}`;
    const { specDigest } = model;
    model.runs.push({
      runNo,
      workflowId,
      specDigest,
      cause,
      requestedBy,
      clock,
      firstTriggerId: first,
      stages: ['assess'],
      result: null,
    });
    for (const id of taken) model.trigger(id)!.states.push({ state: 'started', reason: 'opened', runNo });
    return { opened: true, runNo, workflowId, specDigest };
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
  }

  async failOpenRun(key: RunKey, failure: string): Promise<boolean> {
    const run = this.#run(key);
    if (run.result !== null) return false;
    run.result = { failure };
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
