/**
 * Takes what people say to a run's questions, by Update and by Signal: answers about missing labels and about the assessment,
 * and later deadlines. Judged and recorded by an activity like decisions on the candidate; what is refused is an answer with
 * a row of its own.
 */
import type { RetrainInput } from '../core/messages.js';
import type { AssessmentQuestion } from '../core/policy/label-decision.js';
import type { DecisionAnswer, DecisionChannel, Instant, LabelDecision, Question, Stage } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { AnsweringLine, type Given } from './answering-line.js';
import { clip } from './clip.js';

interface Surroundings {
  readonly now: () => Instant;
  readonly stage: () => Stage;
  /** Called when a deadline was moved: whoever waits has to look again. */
  readonly onNewDeadline: () => void;
}

export class QuestionDesk {
  /** The answer about missing labels that counts. */
  answer: LabelDecision | null = null;
  /** The run asks what to do, because the deadline has passed. */
  isAsking = false;
  /** The answer about the assessment that counts. */
  assessAnswer: LabelDecision | null = null;
  #assessment: AssessmentQuestion | null = null;
  #deadlineAt: Instant | null = null;
  readonly #line: AnsweringLine<LabelDecision>;

  constructor(
    private readonly input: RetrainInput,
    private readonly around: Surroundings,
  ) {
    this.#line = new AnsweringLine<LabelDecision>(
      around.now,
      (decision, given) => this.#record(decision, given),
      (decision, answer) => this.#take(decision, answer),
    );
  }

  /** The wait for labels begins, with the pipeline's deadline. */
  open(deadlineAt: Instant): void {
    this.#deadlineAt = deadlineAt;
  }

  /** Nothing said from now on can change how a wait ended. */
  close(): void {
    this.#deadlineAt = null;
    this.isAsking = false;
    if (this.#assessment?.answeredBy === null) this.#assessment = null;
  }

  /** Once a look: what was said to the first one's question is no answer to the second one's. */
  askAssessment(until: Instant): void {
    this.assessAnswer = null;
    this.#assessment = { until, answeredBy: null };
  }

  /** What the run asks now. */
  get asks(): Question | null {
    if (this.#assessment?.answeredBy === null) return 'assessment';
    return this.isAsking && this.answer === null ? 'labels' : null;
  }

  get deadlineAt(): Instant | null {
    return this.#deadlineAt;
  }

  /** Everything said so far is judged and recorded. */
  settled(): Promise<void> {
    return this.#line.settled();
  }

  submit(decision: LabelDecision, channel: DecisionChannel): Promise<DecisionAnswer> {
    const until = decision.until === null ? null : new Date(decision.until).toISOString();
    return this.#line.submit({ ...decision, until }, channel);
  }

  #take(decision: LabelDecision, { accepted }: DecisionAnswer): void {
    if (!accepted) return;
    if (this.asks === 'assessment' && this.#assessment !== null) {
      this.assessAnswer = decision;
      this.#assessment = { ...this.#assessment, answeredBy: decision.by };
      return;
    }
    // What was said is settled before the wait is closed; closed here, the run was cancelled meanwhile.
    if (this.#deadlineAt === null) return;
    if (decision.decision !== 'extend') this.answer = decision;
    else if (decision.until !== null) {
      this.#deadlineAt = decision.until;
      this.around.onNewDeadline();
    }
  }

  #record(decision: LabelDecision, given: Given): Promise<DecisionAnswer> {
    const deadlineAt = this.#deadlineAt;
    const { modelId, runNo, specDigest } = this.input;
    const summary = clip(`${decision.decision} by ${decision.by}`);
    return runActivities().recordLabelDecision.executeWithOptions({ summary }, [
      {
        key: { modelId, runNo },
        decision,
        channel: given.channel,
        specDigest,
        now: given.at,
        stage: this.around.stage(),
        wait:
          deadlineAt === null
            ? null
            : { deadlineAt, isAsking: this.isAsking, answeredBy: this.answer === null ? null : this.answer.by },
        assessment: this.#assessment,
      },
    ]);
  }
}
