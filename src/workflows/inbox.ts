/**
 * What has reached the coordinator and is not worked on yet. Messages that only have to get into the ledger stand in one
 * line and leave it by the batch (claim-batch.ts); what merely says "look again" is a flag, however often it is said.
 */
import type { CarriedMessages, ClaimsPending } from '../core/messages.js';
import { bytesOf } from './check-messages.js';

/** Work whose caller awaits the answer. */
interface Asked {
  readonly work: () => Promise<void>;
  readonly refuse: (error: unknown) => void;
}

/** As it came: whether it is well-formed is asked when it is handed over. */
export interface DirectMessage {
  readonly kind: 'claim' | 'labels' | 'version';
  readonly value: unknown;
}

/** What an execution may hand to the next one, with room for the rest of its input. */
const CARRIED_BYTES = 12_000;

export class Inbox {
  #direct: DirectMessage[] = [];
  /** Of each direct message as JSON: asked for again and again while messages pour in, so it is counted once a message. */
  #bytes: number[] = [];
  #totalBytes = 0;
  #asked: Asked[] = [];
  #pending: ClaimsPending | null = null;
  #hasRunEnded = false;

  get size(): number {
    return this.#direct.length + this.#asked.length;
  }

  get hasDirect(): boolean {
    return this.#direct.length > 0;
  }

  get hasAsked(): boolean {
    return this.#asked.length > 0;
  }

  get hasRunEnded(): boolean {
    return this.#hasRunEnded;
  }

  get pending(): ClaimsPending | null {
    return this.#pending;
  }

  add(kind: DirectMessage['kind'], value: unknown): void {
    const message = { kind, value: value === undefined ? null : value };
    const bytes = bytesOf(message) + 1;
    this.#direct.push(message);
    this.#bytes.push(bytes);
    this.#totalBytes += bytes;
  }

  /** A malformed notice says as much as a sound one: that there may be something to look at. */
  notePending(notice: unknown): void {
    const { throughSeq, isUrgent } = (notice ?? {}) as Partial<ClaimsPending>;
    this.#pending = {
      throughSeq: Math.max(this.#pending?.throughSeq ?? 0, typeof throughSeq === 'number' ? throughSeq : 0),
      isUrgent: this.#pending?.isUrgent === true || isUrgent !== false,
    };
  }

  noteRunEnded(): void {
    this.#hasRunEnded = true;
  }

  /** What had been noted is being looked at now. */
  forgetNotices(): void {
    this.#pending = null;
    this.#hasRunEnded = false;
  }

  /** Resolves with what the main loop made of it; a fault of the work is the caller's to see, never the loop's end. */
  ask<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ work: () => work().then(resolve, reject), refuse: reject });
    });
  }

  nextAsked(): (() => Promise<void>) | undefined {
    return this.#asked.shift()?.work;
  }

  /** Everyone who awaits an answer gets this fault instead; the rest is dropped. */
  refuseAll(error: unknown): void {
    for (const { refuse } of this.#asked) refuse(error);
    this.#asked = [];
    this.takeDirect(this.#direct.length);
  }

  takeDirect(most: number): DirectMessage[] {
    for (const bytes of this.#bytes.splice(0, most)) this.#totalBytes -= bytes;
    // Without end for what cannot be written as JSON: nothing is left of it once it is gone.
    if (this.#bytes.length === 0) this.#totalBytes = 0;
    return this.#direct.splice(0, most);
  }

  /** What is unread is small enough to travel. */
  get isCarriable(): boolean {
    return this.#totalBytes <= CARRIED_BYTES;
  }

  carried(): CarriedMessages {
    return { messages: this.#direct };
  }

  takeOver({ messages }: CarriedMessages): void {
    for (const { kind, value } of messages) this.add(kind, value);
  }
}
