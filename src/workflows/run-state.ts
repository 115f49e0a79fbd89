/**
 * What one retrain keeps in memory: its stage, what it awaits, the messages that reached it. Handlers only push here;
 * the stages in retrain.ts act. Nothing is decided from this alone: rows in Postgres are the truth.
 */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { RetrainInput, RunStatus } from '../core/messages.js';
import { currentDetails } from '../core/report/run-details.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { AssessReply } from '../core/triage/assessment.js';
import type { EvaluationSummary, Instant, Outcome, OutcomeKind, Stage } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { DecisionDesk } from './decision-desk.js';
import { QuestionDesk } from './question-desk.js';
import { handleMessages } from './run-handlers.js';
import { RunTime } from './run-time.js';
import { SEARCH_ATTRIBUTES } from './search-attributes.js';

const MAX_REASONS = 12;
/** More malformed signals than this say nothing new. */
const MAX_NOTES = 20;

export class RunState {
  readonly key: { readonly modelId: string; readonly runNo: number };
  readonly time: RunTime;
  readonly desk: DecisionDesk;
  readonly questions: QuestionDesk;
  stage: Stage = 'assess';
  plan: RunPlan | null = null;
  /** What stage assess concluded; null before it has, and of a build that says no more than a verdict. */
  assessed: AssessReply | null = null;
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
    this.questions = new QuestionDesk(input, {
      now: () => this.time.now(),
      stage: () => this.stage,
      onNewDeadline: () => {
        this.news += 1;
      },
    });
    handleMessages(this);
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
        assessed: this.assessed,
        asks: this.questions.asks,
        evaluation: this.evaluation,
        isDecisionAwaited: this.stage === 'approve',
      }),
    );
  }

  /** For people: what a message was that nothing could be made of. */
  note(text: string): void {
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

  status(): RunStatus {
    return {
      ...this.key,
      stage: this.stage,
      now: this.time.now(),
      awaits: this.#awaits?.what ?? null,
      awaitsUntil: this.#awaits?.until ?? null,
      isAsking: this.questions.asks !== null,
      asks: this.questions.asks,
      evidenceDigest: this.evaluation?.evidenceDigest ?? null,
      candidateVersion: this.evaluation?.candidateVersion ?? null,
      championVersion: this.evaluation?.championVersion ?? null,
    };
  }
}
