/**
 * The run's clock. Wall: real time and timers. Replay: `now` moves only forward, by labelsArrivedSignal (the largest
 * wins), and deadlines compare with it.
 */
import { condition } from '@temporalio/workflow';
import type { Instant, RunClock } from '../core/types.js';

export class RunTime {
  readonly #mode: RunClock['mode'];
  #replayNow: Instant;

  constructor(clock: RunClock) {
    this.#mode = clock.mode;
    this.#replayNow = clock.mode === 'replay' ? new Date(clock.now).toISOString() : '';
  }

  now(): Instant {
    return this.#mode === 'replay' ? this.#replayNow : new Date().toISOString();
  }

  /** In wall mode labels arriving tell nothing about the time. */
  advance(through: Instant): void {
    const instant = new Date(through).toISOString();
    if (instant > this.#replayNow) this.#replayNow = instant;
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
      await condition(() => isMet() || this.#replayNow >= wait.at);
      return isMet() ? 'met' : 'time';
    }
    const leftMs = this.leftMs(wait.at);
    const ms = Math.min(leftMs, wait.pollMs ?? leftMs);
    if (await condition(isMet, Math.max(1, ms), { summary: wait.summary })) return 'met';
    return this.now() >= wait.at ? 'time' : 'poll';
  }
}
