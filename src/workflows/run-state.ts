/**
 * What one retrain keeps in memory: its stage, what it awaits, the messages that reached it. Handlers only push here;
 * the stages in retrain.ts act. Nothing is decided from this alone: rows in Postgres are the truth.
 */
import { setCurrentDetails, setHandler, upsertSearchAttributes, uuid4 } from '@temporalio/workflow';
import type { DeadlineExtension, QuestionAnswer, RetrainInput, RunStatus } from '../core/messages.js';
import { currentDetails } from '../core/report/run-details.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { Decision, EvaluationSummary, Instant, Outcome, OutcomeKind, Stage } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import {
  checkChampionMoved,
  checkDecision,
  checkExtension,
  checkLabels,
  checkQuestionAnswer,
} from './check-messages.js';
import { DecisionDesk } from './decision-desk.js';
import * as messages from './messages.js';
import { RunTime } from './run-time.js';
import { SEARCH_ATTRIBUTES } from './search-attributes.js';

const MAX_REASONS = 12;
/** More malformed signals than this say nothing new. */
const MAX_NOTES = 20;
/** A deadline is a promise that somebody looks again. */
const MAX_EXTENSION_DAYS = 400;

export class RunState {
  readonly key: { readonly modelId: string; readonly runNo: number };
  readonly time: RunTime;
  readonly desk: DecisionDesk;
  stage: Stage = 'assess';
  plan: RunPlan | null = null;
  evaluation: EvaluationSummary | null = null;
  /** Label notices and deadline changes seen; a wait ends when it rises. */
  news = 0;
  extendedDeadline: Instant | null = null;
  isAsking = false;
  answer: QuestionAnswer | null = null;
  /** Epoch of the alias when it last moved under us. */
  movedEpoch: number | null = null;
  #awaits: { what: string; since: Instant; until: Instant | null } | null = null;
  #notes: readonly string[] = [];

  constructor(readonly input: RetrainInput) {
    this.key = { modelId: input.modelId, runNo: input.runNo };
    this.time = new RunTime(input.clock);
    this.desk = new DecisionDesk(input, () => this.time.now());
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
    setHandler(messages.answerQuestionUpdate, (answer) => this.#takeAnswer(answer), {
      validator: (answer) => refuse(checkQuestionAnswer(answer)),
    });
    setHandler(messages.extendDeadlineUpdate, (extension) => this.#extend(extension), {
      validator: (extension) => refuse(checkExtension(extension)),
    });
    setHandler(messages.runStatusQuery, () => this.#status());
  }

  #takeAnswer(answer: QuestionAnswer): { accepted: boolean; reason: string } {
    if (!this.isAsking || this.stage !== 'labels') return { accepted: false, reason: 'The run asks nothing now.' };
    if (this.answer !== null) return { accepted: false, reason: `${this.answer.by} has answered already.` };
    this.answer = answer;
    return { accepted: true, reason: `The run goes on with: ${answer.answer}.` };
  }

  #extend(extension: DeadlineExtension): { accepted: boolean; reason: string } {
    if (this.stage !== 'labels') {
      return { accepted: false, reason: `The run is in stage ${this.stage} and waits for no labels.` };
    }
    const until = new Date(extension.until).toISOString();
    const present = this.extendedDeadline ?? this.plan?.labels.deadlineAt ?? until;
    if (until <= present) return { accepted: false, reason: `The deadline is ${present} already; name a later one.` };
    const now = this.time.now();
    if (until <= now) return { accepted: false, reason: `It is ${now} already; name a later deadline.` };
    const latest = this.time.after(MAX_EXTENSION_DAYS * 86_400_000);
    if (until > latest) {
      const reason = `${until} is more than ${MAX_EXTENSION_DAYS} days from now; name ${latest} or earlier, and extend again later.`;
      return { accepted: false, reason };
    }
    this.extendedDeadline = until;
    this.news += 1;
    return { accepted: true, reason: `The deadline is now ${until}.` };
  }

  #status(): RunStatus {
    return {
      ...this.key,
      stage: this.stage,
      now: this.time.now(),
      awaits: this.#awaits?.what ?? null,
      awaitsUntil: this.#awaits?.until ?? null,
      isAsking: this.isAsking && this.stage === 'labels' && this.answer === null,
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
