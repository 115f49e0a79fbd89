/**
 * Takes decisions on the candidate by Update and by Signal, one at a time, judged and recorded by an activity: late,
 * duplicate, wrong, stale and not allowed ones are answers with a row of their own, never errors.
 */
import type { RetrainInput } from '../core/messages.js';
import type { Decision, DecisionAnswer, DecisionChannel, Digest, Instant } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { AnsweringLine, type Given } from './answering-line.js';
import { clip } from './clip.js';

interface Awaited {
  readonly evidenceDigest: Digest;
  readonly expiresAt: Instant;
}

export class DecisionDesk {
  /** The decision that counts for the evidence that stands now. */
  decided: Decision | null = null;
  #awaiting: Awaited | null = null;
  #current: Digest | null = null;
  readonly #earlier: Digest[] = [];
  /** Evidence of the decision that is being recorded; one at a time. */
  #judged: Digest | null = null;
  readonly #line: AnsweringLine<Decision>;

  constructor(
    private readonly input: RetrainInput,
    now: () => Instant,
  ) {
    this.#line = new AnsweringLine<Decision>(
      now,
      (decision, given) => this.#record(decision, given),
      (decision, answer) => {
        // A re-evaluation may have come while the activity ran: then what was accepted is for evidence that is gone.
        if (answer.accepted && this.#judged !== null && this.#judged === this.#current) this.decided = decision;
      },
    );
  }

  /** New evidence: what was decided on older evidence is void. */
  present(evidenceDigest: Digest): void {
    if (this.#current !== null && this.#current !== evidenceDigest) this.#earlier.push(this.#current);
    this.#current = evidenceDigest;
    this.#awaiting = null;
    this.decided = null;
  }

  open(expiresAt: Instant): void {
    if (this.#current !== null) this.#awaiting = { evidenceDigest: this.#current, expiresAt };
  }

  /** Nothing is awaited any more. */
  close(): void {
    this.#awaiting = null;
  }

  /** Every decision submitted so far is judged and recorded. */
  settled(): Promise<void> {
    return this.#line.settled();
  }

  submit(decision: Decision, channel: DecisionChannel): Promise<DecisionAnswer> {
    return this.#line.submit(decision, channel);
  }

  #record(decision: Decision, given: Given): Promise<DecisionAnswer> {
    const awaiting = this.#awaiting;
    this.#judged = awaiting?.evidenceDigest ?? null;
    const summary = clip(`${decision.decision} by ${decision.by}`);
    return runActivities().recordDecision.executeWithOptions({ summary }, [
      {
        key: { modelId: this.input.modelId, runNo: this.input.runNo },
        decision,
        channel: given.channel,
        specDigest: this.input.specDigest,
        requestedBy: this.input.requestedBy,
        now: given.at,
        awaiting,
        earlierEvidence: this.#earlier,
        alreadyDecided: this.decided === null ? null : { decision: this.decided.decision, by: this.decided.by },
      },
    ]);
  }
}
