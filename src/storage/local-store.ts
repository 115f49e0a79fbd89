/**
 * Artifacts in a local folder: `ab/cdef…` by sha256. A file appears under its name only when it is whole and synced, so a
 * crash at any line leaves at most a leftover in `tmp/`, which is removed when it is a day old. Write-once: a name's bytes never change.
 * Snapshots hold the user's rows, so only the account that the worker runs as may read.
 */
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { ArtifactRef, Digest } from '../core/types.js';
import { digestOfBytes, digestOfFile } from './hashing.js';

const DIGEST = /^[0-9a-f]{64}$/;
const LEFTOVER_AGE_MS = 86_400_000;

export interface LocalStore extends ArtifactStore {
  /** For superseded checkpoints only: a version's artifact is never removed. A digest that is not there is fine. */
  remove(digest: Digest): Promise<void>;
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;

function missing(digest: Digest, cause?: unknown): PipelineError {
  return new PipelineError('ARTIFACT_MISSING', `Artifact ${digest} is not in the store.`, {
    details: { digest },
    cause,
  });
}

function requireMatch(ref: ArtifactRef, found: ArtifactRef): void {
  if (found.digest === ref.digest && found.bytes === ref.bytes) return;
  throw new PipelineError(
    'ARTIFACT_DIGEST_MISMATCH',
    `Artifact ${ref.digest} (${ref.bytes} bytes) was changed: the stored file has ${found.bytes} bytes and digest ${found.digest}.`,
    { details: { digest: ref.digest, bytes: ref.bytes, foundDigest: found.digest, foundBytes: found.bytes } },
  );
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeLeftovers(tmpDir: string): Promise<void> {
  for (const name of await readdir(tmpDir)) {
    const path = join(tmpDir, name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs > LEFTOVER_AGE_MS) await rm(path, { force: true });
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error; // another process removed or renamed it meanwhile
    }
  }
}

/** Moves a file, across file systems too; the target appears whole only for a rename, which is why targets lie in `tmp/`. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    await copyFile(from, to);
    await rm(from);
  }
}

/** The folder itself: names, temporary files, publishing. */
class Folder {
  readonly #dir: string;
  readonly #tmpDir: string;
  #prepared: Promise<void> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
    this.#tmpDir = join(dir, 'tmp');
  }

  /** @throws ARTIFACT_MISSING for anything but a digest: nothing else ever becomes part of a path */
  pathOf(digest: Digest): string {
    if (!DIGEST.test(digest)) throw missing(digest);
    return join(this.#dir, digest.slice(0, 2), digest.slice(2));
  }

  async temporaryPath(): Promise<string> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = undefined; // a full disk may have room at the next put
      throw error;
    });
    await this.#prepared;
    return join(this.#tmpDir, randomUUID());
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#tmpDir, { recursive: true, mode: 0o700 });
    await removeLeftovers(this.#tmpDir);
  }

  /** True when the digest's file is there and whole; a damaged one is replaced by the put that asks. */
  async #isWhole(ref: ArtifactRef): Promise<boolean> {
    try {
      const found = await digestOfFile(this.pathOf(ref.digest));
      return found.digest === ref.digest && found.bytes === ref.bytes;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Gives a whole temporary file its name. Two at once do no harm: both rename the same bytes. */
  async publish(temporary: string, ref: ArtifactRef): Promise<ArtifactRef> {
    if (await this.#isWhole(ref)) {
      await rm(temporary, { force: true });
      return ref;
    }
    const folder = join(this.#dir, ref.digest.slice(0, 2));
    await chmod(temporary, 0o400);
    await sync(temporary);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(temporary, this.pathOf(ref.digest));
    await sync(folder);
    await sync(this.#dir);
    return ref;
  }

  /** Runs a reader on the digest's path; a file that is not there is ARTIFACT_MISSING. */
  async reading<T>(digest: Digest, read: (path: string) => Promise<T>): Promise<T> {
    const path = this.pathOf(digest);
    try {
      return await read(path);
    } catch (error) {
      throw hasCode(error, 'ENOENT') ? missing(digest, error) : error;
    }
  }
}

/**
 * @param dir created when needed; several processes may share it
 * `putFile` of this store moves: the source is gone afterwards.
 */
export function createLocalStore(dir: string): LocalStore {
  const folder = new Folder(dir);
  return {
    putBytes: async (bytes) => {
      const ref = { digest: await digestOfBytes(bytes), bytes: bytes.length };
      const temporary = await folder.temporaryPath();
      await writeFile(temporary, bytes, { mode: 0o600 });
      return folder.publish(temporary, ref);
    },
    putFile: async (path) => {
      const temporary = await folder.temporaryPath();
      await moveFile(path, temporary);
      // The disk writes while the processor hashes; what `publish` syncs is then little.
      const [ref] = await Promise.all([digestOfFile(temporary), sync(temporary)]);
      return folder.publish(temporary, ref);
    },
    has: async (digest) => {
      if (!DIGEST.test(digest)) return false;
      try {
        return (await stat(folder.pathOf(digest))).isFile();
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      }
    },
    read: (ref) =>
      folder.reading(ref.digest, async (path) => {
        const bytes = await readFile(path);
        requireMatch(ref, { digest: await digestOfBytes(bytes), bytes: bytes.length });
        return bytes;
      }),
    verifiedPath: (ref) =>
      folder.reading(ref.digest, async (path) => {
        requireMatch(ref, await digestOfFile(path));
        return path;
      }),
    remove: async (digest) => {
      await rm(folder.pathOf(digest), { force: true });
    },
  };
}
