/**
 * Chunks of numbers made while DuckDB is busy with earlier ones. It takes those of a row group in quick succession, and then asks
 * for nothing while it writes that group: chunks are made in the second time, since one made in the first keeps DuckDB waiting.
 */
import type { NumberChunk } from './number-chunk.js';

/** Those of one row group, and some more. */
const MOST_AHEAD = 64;

/** Without a question for so long, DuckDB is busy. */
const QUIET_MS = 1;

export class ChunksAhead {
  readonly #ready: NumberChunk[] = [];
  readonly #free: NumberChunk[] = [];
  #made = 0;
  #isMaking = false;
  #timer: NodeJS.Timeout | null = null;
  #failure: unknown = null;

  /** @param options.make fills a chunk with those rows that come next */
  constructor(
    readonly options: {
      readonly chunks: number;
      readonly empty: () => NumberChunk;
      readonly make: (chunk: NumberChunk, at: number) => void;
    },
  ) {}

  #next(): void {
    const chunk = this.#free.pop() ?? this.options.empty();
    this.options.make(chunk, this.#made++);
    this.#ready.push(chunk);
  }

  /** One chunk a turn of the event loop. */
  readonly #makeAhead = (): void => {
    if (!this.#isMaking) return;
    this.#isMaking = this.#made < this.options.chunks && this.#ready.length < MOST_AHEAD;
    if (!this.#isMaking) return;
    try {
      this.#next();
    } catch (error) {
      // Nobody hears of it here: it is thrown to whoever asks for the chunk.
      this.#failure = error;
      return;
    }
    setImmediate(this.#makeAhead);
  };

  readonly #onQuiet = (): void => {
    this.#timer = null;
    this.#isMaking = true;
    this.#makeAhead();
  };

  /** Hands the next chunk to `use`, which keeps nothing of it; null after the last. */
  give(use: (chunk: NumberChunk | null) => void): void {
    if (this.#failure !== null) throw this.#failure;
    this.#isMaking = false;
    if (this.#ready.length === 0 && this.#made < this.options.chunks) this.#next();
    const chunk = this.#ready.shift() ?? null;
    use(chunk);
    if (chunk !== null) this.#free.push(chunk);
    if (this.#timer === null) this.#timer = setTimeout(this.#onQuiet, QUIET_MS);
    else this.#timer.refresh();
  }
}
