/**
 * The coordinator's inbox, in order of arrival. What stands together and means the same is taken together: a storm of
 * claims becomes one run, and costs activities by the batch (claim-batch.ts), or 2,000 of them would fill the history.
 */
import type { DirectClaim, LabelsArrived } from '../core/messages.js';

/** Work whose caller awaits the answer. */
interface Asked {
  readonly kind: 'asked';
  readonly work: () => Promise<void>;
  readonly refuse: (error: unknown) => void;
}

type Item =
  | Asked
  | { readonly kind: 'claim'; readonly claim: DirectClaim }
  | { readonly kind: 'labels'; readonly event: LabelsArrived }
  | { readonly kind: 'run-finished' };

export type Next =
  | Asked
  | { readonly kind: 'claims'; readonly claims: readonly DirectClaim[] }
  | { readonly kind: 'labels'; readonly event: LabelsArrived }
  | { readonly kind: 'run-finished' };

export class Inbox {
  #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Exclude<Item, Asked>): void {
    this.#items.push(item);
  }

  /** Resolves with what the main loop made of it; a fault of the work is the caller's to see, never the loop's end. */
  ask<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#items.push({ kind: 'asked', work: () => work().then(resolve, reject), refuse: reject });
    });
  }

  /** Everyone who awaits an answer gets this fault instead; the rest is dropped. */
  refuseAll(error: unknown): void {
    for (const item of this.#items) if (item.kind === 'asked') item.refuse(error);
    this.#items = [];
  }

  next(): Next | undefined {
    const [first] = this.#items;
    if (first === undefined) return undefined;
    if (first.kind === 'claim') return { kind: 'claims', claims: this.#takeClaims() };
    if (first.kind === 'labels') return { kind: 'labels', event: this.#takeLabels(first.event) };
    this.#items.shift();
    if (first.kind === 'run-finished') this.#takeWhile((item) => item.kind === 'run-finished');
    return first;
  }

  #takeClaims(): DirectClaim[] {
    const taken = this.#takeWhile((item) => item.kind === 'claim');
    return taken.flatMap((item) => (item.kind === 'claim' ? [item.claim] : []));
  }

  /** The largest `through` says all that the others say. */
  #takeLabels(first: LabelsArrived): LabelsArrived {
    const taken = this.#takeWhile((item) => item.kind === 'labels');
    return taken.reduce(
      (largest, item) =>
        item.kind === 'labels' && Date.parse(item.event.through) > Date.parse(largest.through) ? item.event : largest,
      first,
    );
  }

  #takeWhile(isWanted: (item: Item) => boolean): Item[] {
    const end = this.#items.findIndex((item) => !isWanted(item));
    return this.#items.splice(0, end === -1 ? this.#items.length : end);
  }
}
