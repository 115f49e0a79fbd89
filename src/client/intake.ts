/**
 * Group commit: what arrives within a few milliseconds goes to the ledger in one transaction, so that one sync to disk
 * serves many senders. One transaction is under way at a time, so arrivals keep their order; a caller is answered only
 * after the commit that holds its arrivals, and the arrivals of one request are never torn apart.
 */
import { PipelineError } from '../core/errors.js';
import type { Accepted, Arrival, Refused } from '../core/signals/arrival.js';

/** What became of one arrival: kept, or refused alone. */
export type Taken = Accepted | Refused;

export interface IntakeSettings {
  /** One transaction; answers in the order of the arrivals. */
  readonly accept: (arrivals: readonly Arrival[]) => Promise<readonly Taken[]>;
  /** After each commit; must not throw and is not awaited. */
  readonly onCommitted?: (taken: readonly Taken[], commitMs: number) => void;
  readonly limits?: Partial<IntakeLimits>;
}

export interface IntakeLimits {
  /** Arrivals a transaction takes, unless one request alone has more. */
  readonly batch: number;
  /** Arrivals that may wait. */
  readonly queued: number;
  /** Bytes of bodies whose arrivals may wait. */
  readonly queuedBytes: number;
  /** How long the first one waits for company: a transaction for each would cost more than it brings. */
  readonly gatherMs: number;
  /** What waited longer when its turn comes is refused: its sender has gone. */
  readonly waitMs: number;
}

const LIMITS: IntakeLimits = { batch: 200, queued: 4_000, queuedBytes: 128 * 1024 * 1024, gatherMs: 5, waitMs: 10_000 };

/** Of a full batch. */
const COMPANY_SHARE = 0.25;

export interface Intake {
  /** @throws REGISTRY_UNAVAILABLE when the queue is full or the commit failed, or what `accept` said of these arrivals */
  submit(arrivals: readonly Arrival[], bytes: number): Promise<readonly Taken[]>;
  /** Arrivals that wait or are being committed. */
  readonly depth: number;
  /** Takes nothing new and resolves when the queue is empty. */
  close(): Promise<void>;
}

interface Waiting {
  readonly arrivals: readonly Arrival[];
  readonly sinceMs: number;
  readonly resolve: (taken: readonly Taken[]) => void;
  readonly reject: (error: unknown) => void;
}

const busy = (why: string): PipelineError =>
  new PipelineError('REGISTRY_UNAVAILABLE', `${why} Send it again in a moment.`);

export function createIntake(settings: IntakeSettings): Intake {
  return new GroupCommit(settings);
}

class GroupCommit implements Intake {
  readonly #settings: IntakeSettings;
  readonly #limits: IntakeLimits;
  #queue: Waiting[] = [];
  #depth = 0;
  #bytes = 0;
  #isWorking = false;
  #isClosed = false;
  #onIdle: (() => void)[] = [];

  constructor(settings: IntakeSettings) {
    this.#settings = settings;
    this.#limits = { ...LIMITS, ...settings.limits };
  }

  get depth(): number {
    return this.#depth;
  }

  submit(arrivals: readonly Arrival[], bytes: number): Promise<readonly Taken[]> {
    if (arrivals.length === 0) return Promise.resolve([]);
    if (this.#isClosed) return Promise.reject(busy('The gateway is stopping.'));
    const { queued, queuedBytes } = this.#limits;
    // An empty queue takes a request of any size; else nobody could ever send it.
    if (this.#depth > 0 && (this.#depth + arrivals.length > queued || this.#bytes + bytes > queuedBytes)) {
      return Promise.reject(busy('Too many arrivals wait to be committed.'));
    }
    return new Promise((resolve, reject) => {
      let isHere = true;
      const leave = (): void => {
        if (!isHere) return;
        isHere = false;
        this.#depth -= arrivals.length;
        this.#bytes -= bytes;
      };
      this.#depth += arrivals.length;
      this.#bytes += bytes;
      this.#queue.push({
        arrivals,
        sinceMs: performance.now(),
        resolve: (taken) => {
          leave();
          resolve(taken);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      });
      if (this.#isWorking) return;
      this.#isWorking = true;
      void this.#work();
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isWorking) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#limits.gatherMs));
  }

  async #work(): Promise<void> {
    await this.#gather();
    while (this.#queue.length > 0) {
      await this.#commit(this.#take());
      // Those that came during a commit are company enough when they are many.
      if (this.#queue.length > 0 && this.#depth < this.#limits.batch * COMPANY_SHARE) await this.#gather();
    }
    this.#isWorking = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #take(): Waiting[] {
    let count = 0;
    let end = 0;
    for (const { arrivals } of this.#queue) {
      if (end > 0 && count + arrivals.length > this.#limits.batch) break;
      count += arrivals.length;
      end += 1;
    }
    return this.#queue.splice(0, end);
  }

  async #commit(requests: readonly Waiting[]): Promise<void> {
    const latestMs = performance.now() - this.#limits.waitMs;
    const present = requests.filter((one) => one.sinceMs >= latestMs);
    for (const one of requests) if (one.sinceMs < latestMs) one.reject(busy('It waited too long to be committed.'));
    if (present.length === 0) return;
    try {
      await this.#acceptAll(present);
    } catch (error) {
      const isOwnFault = error instanceof PipelineError && !error.retryable;
      if (!isOwnFault || present.length === 1) {
        for (const one of present) one.reject(error);
        return;
      }
      // Something that no check foresaw cannot be stored: each request for itself, so that only that one fails.
      for (const one of present) await this.#acceptAll([one]).catch((own: unknown) => one.reject(own));
    }
  }

  async #acceptAll(requests: readonly Waiting[]): Promise<void> {
    const startMs = performance.now();
    const taken = await this.#settings.accept(requests.flatMap(({ arrivals }) => arrivals));
    let from = 0;
    for (const { arrivals, resolve } of requests) {
      resolve(taken.slice(from, from + arrivals.length));
      from += arrivals.length;
    }
    this.#settings.onCommitted?.(taken, performance.now() - startMs);
  }
}
