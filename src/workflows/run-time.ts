/**
 * The run's clock. Wall: real time and timers. Replay: `now` moves only forward, by labelsArrivedSignal (the largest
 * wins), never past what the run waits for, and deadlines compare with it.
 */
import { condition } from '@temporalio/workflow';
import type { Instant, RunClock } from '../core/types.js';

export class RunTime {
  readonly #mode: RunClock['mode'];
  #replayNow: Instant;
  /** Told before the first bound was known. */
  #told: Instant = '';
  #bound: Instant | null = null;

  constructor(clock: RunClock) {
    this.#mode = clock.mode;
    this.#replayNow = clock.mode === 'replay' ? new Date(clock.now).toISOString() : '';
  }

  now(): Instant {
    return this.#mode === 'replay' ? this.#replayNow : new Date().toISOString();
  }

  /**
   * In wall mode labels arriving tell nothing about the time. What lies beyond the bound is cut off, not kept: a notice
   * about today, heard by a run of the past, lets it know no more than its deadline did.
   */
  advance(through: Instant): void {
    const instant = new Date(through).toISOString();
    if (this.#bound === null) {
      if (instant > this.#told) this.#told = instant;
      return;
    }
    let known = this.#bound;
    if (instant < known) known = instant;
    if (known > this.#replayNow) this.#replayNow = known;
  }

  /** The latest instant whose knowledge the run may use: its present deadline. */
  boundBy(at: Instant): void {
    this.#bound = at;
    if (this.#told === '') return;
    this.advance(this.#told);
    this.#told = '';
  }

  after(ms: number): Instant {
    return new Date(Date.parse(this.now()) + ms).toISOString();
  }

  leftMs(at: Instant): number {
    return Math.max(0, Date.parse(at) - Date.parse(this.now()));
  }

  /**
   * Waits until `isMet`, or `at` has come; with `pollMs`, in wall mode, at most that long.
   * @returns what ended the wait
   */
  async until(
    isMet: () => boolean,
    wait: { at: Instant; summary: string; pollMs?: number },
  ): Promise<'met' | 'time' | 'poll'> {
    if (this.#mode === 'replay') {
      this.boundBy(wait.at);
      await condition(() => isMet() || this.#replayNow >= wait.at);
      return isMet() ? 'met' : 'time';
    }
    const leftMs = this.leftMs(wait.at);
    const ms = Math.min(leftMs, wait.pollMs ?? leftMs);
    if (await condition(isMet, Math.max(1, ms), { summary: wait.summary })) return 'met';
    return this.now() >= wait.at ? 'time' : 'poll';
  }
}
