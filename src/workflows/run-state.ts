/**
 * What one retrain keeps in memory: its stage, what it awaits, the messages that reached it. Handlers only push here;
 * the stages in retrain.ts act. Nothing is decided from this alone: rows in Postgres are the truth.
 */
import { setCurrentDetails, setHandler, upsertSearchAttributes, uuid4 } from '@temporalio/workflow';
import type { RetrainInput, RunStatus } from '../core/messages.js';
import { currentDetails } from '../core/report/run-details.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type {
  Decision,
  EvaluationSummary,
  Instant,
  LabelDecision,
  Outcome,
  OutcomeKind,
  Stage,
} from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import {
  checkChampionMoved,
  checkDecision,
  checkExtension,
  checkLabelDecision,
  checkLabels,
  checkQuestionAnswer,
} from './check-messages.js';
import { DecisionDesk } from './decision-desk.js';
import { LabelDesk } from './label-desk.js';
import * as messages from './messages.js';
import { RunTime } from './run-time.js';
import { SEARCH_ATTRIBUTES } from './search-attributes.js';

const MAX_REASONS = 12;
/** More malformed signals than this say nothing new. */
const MAX_NOTES = 20;

export class RunState {
  readonly key: { readonly modelId: string; readonly runNo: number };
  readonly time: RunTime;
  readonly desk: DecisionDesk;
  readonly labelDesk: LabelDesk;
  stage: Stage = 'assess';
  plan: RunPlan | null = null;
  evaluation: EvaluationSummary | null = null;
  /** Label notices and deadline changes seen; a wait ends when it rises. */
  news = 0;
  /** Epoch of the alias when it last moved under us. */
  movedEpoch: number | null = null;
  #awaits: { what: string; since: Instant; until: Instant | null } | null = null;
  #notes: readonly string[] = [];

  constructor(readonly input: RetrainInput) {
    this.key = { modelId: input.modelId, runNo: input.runNo };
    this.time = new RunTime(input.clock);
    this.desk = new DecisionDesk(input, () => this.time.now());
    this.labelDesk = new LabelDesk(input, {
      now: () => this.time.now(),
      stage: () => this.stage,
      onNewDeadline: () => {
        this.news += 1;
      },
    });
    this.#listen();
  }

  async enter(stage: Stage): Promise<void> {
    this.stage = stage;
    this.#awaits = null;
    this.#notes = [];
    this.refresh();
    if (this.plan?.hasSearchAttributes) {
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: stage }]);
    }
    await runActivities().recordStage.executeWithOptions({ summary: `enter ${stage}` }, [this.key, stage]);
  }

  /** What the run waits for, for people; null when it goes on. */
  awaits(what: string | null, shown: { until?: Instant; notes?: readonly string[] } = {}): void {
    if (what === null) this.#awaits = null;
    else {
      const since = this.#awaits?.what === what ? this.#awaits.since : this.time.now();
      this.#awaits = { what, since, until: shown.until ?? null };
    }
    this.#notes = shown.notes ?? this.#notes;
    this.refresh();
  }

  refresh(): void {
    setCurrentDetails(
      currentDetails({
        input: this.input,
        plan: this.plan,
        stage: this.stage,
        awaits: this.#awaits?.what ?? null,
        awaitsSince: this.#awaits?.since ?? null,
        awaitsUntil: this.#awaits?.until ?? null,
        notes: this.#notes,
        evaluation: this.evaluation,
        isDecisionAwaited: this.stage === 'approve',
      }),
    );
  }

  #note(text: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes = [...this.#notes, text];
    this.refresh();
  }

  outcome(kind: OutcomeKind, reasons: readonly string[]): Outcome {
    return {
      kind,
      reasons: reasons.slice(0, MAX_REASONS),
      verdict: this.evaluation?.verdict ?? null,
      candidateVersion: this.evaluation?.candidateVersion ?? null,
      championVersion: this.evaluation?.championVersion ?? null,
      evidenceDigest: this.evaluation?.evidenceDigest ?? null,
    };
  }

  markStart(plan: RunPlan): void {
    if (!plan.hasSearchAttributes) return;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.model, value: this.input.modelId },
      { key: SEARCH_ATTRIBUTES.cause, value: this.input.cause },
      { key: SEARCH_ATTRIBUTES.windowEnd, value: new Date(plan.holdout.end) },
    ]);
  }

  markOutcome(outcome: Outcome): void {
    if (!this.plan?.hasSearchAttributes) return;
    const delta = this.evaluation?.difference ?? null;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.outcome, value: outcome.kind },
      ...(delta === null ? [] : [{ key: SEARCH_ATTRIBUTES.delta, value: delta }]),
    ]);
  }

  #listen(): void {
    setHandler(messages.labelsArrivedSignal, (event) => {
      if (checkLabels(event) !== null) return;
      this.time.advance(event.through);
      this.news += 1;
    });
    setHandler(messages.championMovedSignal, (event) => {
      if (checkChampionMoved(event) !== null) return;
      this.movedEpoch = Math.max(this.movedEpoch ?? 0, event.epoch);
    });
    setHandler(
      messages.approvePromotionUpdate,
      (decision) => this.desk.submit({ ...decision, decision: 'approve' }, 'update'),
      { validator: (decision) => refuse(checkDecision({ ...decision, decision: 'approve' })) },
    );
    setHandler(
      messages.rejectPromotionUpdate,
      (decision) => this.desk.submit({ ...decision, decision: 'reject' }, 'update'),
      { validator: (decision) => refuse(checkDecision({ ...decision, decision: 'reject' })) },
    );
    setHandler(messages.approvalSignal, async (sent: Decision) => {
      // A signal has no answer to give: what is malformed leaves a note for people, the rest leaves a row. One that a
      // person types has no event id: it is a decision of its own.
      const decision: Decision = { ...sent, eventId: sent?.eventId ?? uuid4() };
      const fault = checkDecision(decision);
      if (fault !== null) this.#note(`Ignored a signal: ${fault}`);
      else await this.desk.submit(decision, 'signal').catch(() => undefined);
    });
    this.#listenToLabelDecisions();
    setHandler(messages.runStatusQuery, () => this.#status());
  }

  #listenToLabelDecisions(): void {
    const desk = this.labelDesk;
    setHandler(
      messages.answerQuestionUpdate,
      ({ answer, ...said }) => desk.submit({ ...said, decision: answer, until: null }, 'update'),
      { validator: (answer) => refuse(checkQuestionAnswer(answer)) },
    );
    setHandler(
      messages.extendDeadlineUpdate,
      (extension) => desk.submit({ ...extension, decision: 'extend' }, 'update'),
      { validator: (extension) => refuse(checkExtension(extension)) },
    );
    setHandler(messages.labelDecisionSignal, async (sent) => {
      // As with approvalSignal: what is malformed leaves a note for people, the rest a row.
      const decision: LabelDecision = { ...sent, until: sent?.until ?? null, eventId: sent?.eventId ?? uuid4() };
      const fault = checkLabelDecision(decision);
      if (fault !== null) this.#note(`Ignored a signal: ${fault}`);
      else await desk.submit(decision, 'signal').catch(() => undefined);
    });
  }

  #status(): RunStatus {
    return {
      ...this.key,
      stage: this.stage,
      now: this.time.now(),
      awaits: this.#awaits?.what ?? null,
      awaitsUntil: this.#awaits?.until ?? null,
      isAsking: this.labelDesk.isAsking && this.labelDesk.answer === null,
      evidenceDigest: this.evaluation?.evidenceDigest ?? null,
      candidateVersion: this.evaluation?.candidateVersion ?? null,
      championVersion: this.evaluation?.championVersion ?? null,
    };
  }
}

/** A validator's refusal leaves no trace, so it is for malformed input only. */
function refuse(fault: string | null): void {
  if (fault !== null) throw new Error(fault);
}
