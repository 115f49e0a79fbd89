/**
 * Takes decisions on the candidate by Update and by Signal, one at a time, judged and recorded by an activity: late,
 * duplicate, wrong, stale and not allowed ones are answers with a row of their own, never errors.
 */

import { CancellationScope } from '@temporalio/workflow';
import type { RetrainInput } from '../core/messages.js';
import type { Decision, DecisionAnswer, DecisionChannel, Digest, Instant } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { clip } from './clip.js';

interface Awaited {
  readonly evidenceDigest: Digest;
  readonly expiresAt: Instant;
}

/** How and when a decision came. */
interface Given {
  readonly channel: DecisionChannel;
  readonly at: Instant;
}

export class DecisionDesk {
  /** The decision that counts for the evidence that stands now. */
  decided: Decision | null = null;
  #awaiting: Awaited | null = null;
  #current: Digest | null = null;
  readonly #earlier: Digest[] = [];
  /** By event id. A repeated message gets its first answer again and counts for nothing more, whatever stands now. */
  readonly #answers = new Map<string, DecisionAnswer>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly input: RetrainInput,
    private readonly now: () => Instant,
  ) {}

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
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** One after the other, so that of two decisions in one workflow task only the first can count. */
  submit(decision: Decision, channel: DecisionChannel): Promise<DecisionAnswer> {
    // The instant of arrival counts: one that waits its turn here was still made in time.
    const at = this.now();
    const answer = this.#tail.then(() => this.#judge(decision, { channel, at }));
    this.#tail = answer.catch(() => undefined);
    return answer;
  }

  async #judge(decision: Decision, given: Given): Promise<DecisionAnswer> {
    const known = this.#answers.get(decision.eventId);
    if (known !== undefined) return known;
    const awaiting = this.#awaiting;
    // Also while the run is being cancelled: every decision gets its row.
    const answer = await CancellationScope.nonCancellable(() => this.#record(decision, given));
    this.#answers.set(decision.eventId, answer);
    // A re-evaluation may have come while the activity ran: then what was accepted is for evidence that is gone.
    if (answer.accepted && awaiting?.evidenceDigest === this.#current) this.decided = decision;
    return answer;
  }

  #record(decision: Decision, given: Given): Promise<DecisionAnswer> {
    const summary = clip(`${decision.decision} by ${decision.by}`);
    return runActivities().recordDecision.executeWithOptions({ summary }, [
      {
        key: { modelId: this.input.modelId, runNo: this.input.runNo },
        decision,
        channel: given.channel,
        specDigest: this.input.specDigest,
        requestedBy: this.input.requestedBy,
        now: given.at,
        awaiting: this.#awaiting,
        earlierEvidence: this.#earlier,
        alreadyDecided: this.decided === null ? null : { decision: this.decided.decision, by: this.decided.by },
      },
    ]);
  }
}
