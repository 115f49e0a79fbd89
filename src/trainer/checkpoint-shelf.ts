/**
 * Takes a child's checkpoint files into the store, one after the other, and reports each when it is safely there. When files
 * come faster than the disk syncs, only the newest waiting one is stored. Superseded checkpoints are removed late, because
 * whoever retries may have heard of an older one only: heartbeats are throttled.
 */
import { rm } from 'node:fs/promises';
import type { ArtifactStore } from '../activities/deps.js';
import type { ArtifactRef, Digest } from '../core/types.js';

const KEEP_SUPERSEDED_MS = 120_000;

export interface CheckpointShelf {
  add(path: string): void;
  newest(): ArtifactRef | null;
  /** Resolves when everything added is stored and reported; rejects when the store failed. */
  settled(): Promise<void>;
  /** After success: removes all but the newest, which still saves the work when the success itself is lost. */
  tidy(): Promise<void>;
}

export function createCheckpointShelf(
  store: ArtifactStore & { remove?(digest: Digest): Promise<void> },
  { onStored, onFailed }: { onStored: (checkpoint: ArtifactRef) => void; onFailed: () => void },
): CheckpointShelf {
  const stored: { ref: ArtifactRef; supersededAtMs: number | null }[] = [];
  let waiting: string | null = null;
  let work: Promise<void> | null = null;
  let failure: { error: unknown } | null = null;

  const removeOldest = async (): Promise<void> => {
    const oldest = stored.shift();
    // The same state may have been stored twice under one digest.
    if (oldest === undefined || stored.some(({ ref }) => ref.digest === oldest.ref.digest)) return;
    await store.remove?.(oldest.ref.digest);
  };
  const removeSuperseded = async (): Promise<void> => {
    while (stored.length > 2) {
      const oldest = stored[0];
      if (oldest?.supersededAtMs == null || Date.now() - oldest.supersededAtMs < KEEP_SUPERSEDED_MS) return;
      await removeOldest();
    }
  };
  const storeAll = async (): Promise<void> => {
    while (waiting !== null) {
      const path = waiting;
      waiting = null;
      const ref = await store.putFile(path);
      const previous = stored.at(-1);
      if (previous !== undefined) previous.supersededAtMs = Date.now();
      stored.push({ ref, supersededAtMs: null });
      onStored(ref);
      await removeSuperseded();
    }
  };
  const start = (): void => {
    work = storeAll()
      .catch((error: unknown) => {
        failure ??= { error };
        onFailed();
      })
      .finally(() => {
        work = null;
        if (waiting !== null && failure === null) start();
      });
  };

  return {
    add: (path) => {
      const skipped = waiting;
      waiting = path;
      // A file that stays is only scratch: the attempt's folder is removed as a whole.
      if (skipped !== null) rm(skipped, { force: true }).catch(() => undefined);
      if (work === null) start();
    },
    newest: () => stored.at(-1)?.ref ?? null,
    settled: async () => {
      while (work !== null) await work;
      if (failure !== null) throw failure.error;
    },
    tidy: async () => {
      while (stored.length > 1) await removeOldest();
    },
  };
}
