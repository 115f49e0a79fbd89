/** One timer at a time, set anew only when its instant changes: a timer a message would fill the history. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Instant } from '../core/types.js';
import { clip } from './clip.js';

/** The registry's clock may be a little behind the server's: whoever is early must not ask a thousand times. */
const LEAST_MS = 200;

export class Alarm {
  #at: Instant | null = null;
  #scope: CancellationScope | null = null;
  #isRinging = false;

  get at(): Instant | null {
    return this.#at;
  }

  get isRinging(): boolean {
    return this.#isRinging;
  }

  set(at: Instant | null): void {
    if (at === this.#at && !this.#isRinging) return;
    this.#scope?.cancel();
    this.#at = at;
    this.#isRinging = false;
    this.#scope = null;
    if (at !== null) this.#start(Math.max(LEAST_MS, Date.parse(at) - Date.now()));
  }

  #start(ms: number): void {
    const scope = new CancellationScope();
    this.#scope = scope;
    scope
      .run(() => sleep(ms, { summary: clip('judge again what waits') }))
      .then(
        () => {
          if (this.#scope === scope) this.#isRinging = true;
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      );
  }
}
