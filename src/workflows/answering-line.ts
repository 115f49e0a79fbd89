/**
 * What people say to a run, one after the other: each message is judged and recorded once, and a repeated one gets its first
 * answer again. Decisions on a candidate and on missing labels stand in a line each.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { DecisionAnswer, DecisionChannel, Instant } from '../core/types.js';

/** How and when a message came. */
export interface Given {
  readonly channel: DecisionChannel;
  readonly at: Instant;
}

export class AnsweringLine<Message extends { readonly eventId: string }> {
  /** By event id. A repeated message gets its first answer again and counts for nothing more, whatever stands now. */
  readonly #answers = new Map<string, DecisionAnswer>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly now: () => Instant,
    /** Judges and records by an activity. */
    private readonly record: (message: Message, given: Given) => Promise<DecisionAnswer>,
    /** What an answer changes; called with `record`'s answer alone, at once after it. */
    private readonly take: (message: Message, answer: DecisionAnswer) => void,
  ) {}

  /** Everything submitted so far is judged and recorded. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** One after the other, so that of two messages in one workflow task only the first can count. */
  submit(message: Message, channel: DecisionChannel): Promise<DecisionAnswer> {
    // The instant of arrival counts: one that waits its turn here was still sent in time.
    const at = this.now();
    const answer = this.#tail.then(() => this.#judge(message, { channel, at }));
    this.#tail = answer.catch(() => undefined);
    return answer;
  }

  async #judge(message: Message, given: Given): Promise<DecisionAnswer> {
    const known = this.#answers.get(message.eventId);
    if (known !== undefined) return known;
    // Also while the run is being cancelled: every message gets its row.
    const answer = await CancellationScope.nonCancellable(() => this.record(message, given));
    this.#answers.set(message.eventId, answer);
    this.take(message, answer);
    return answer;
  }
}
