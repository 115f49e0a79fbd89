// The local artifact store: what is stored is what is read, and nothing half-written ever has a name.
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalStore } from '#dist/storage/local-store.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-store-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const pathOf = (digest: string): string => join(dir, digest.slice(0, 2), digest.slice(2));

async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await chmod(path, 0o644);
  await writeFile(path, bytes);
}

describe('local artifact store', () => {
  it('names bytes by their sha256 and gives them back', async () => {
    const store = createLocalStore(dir);
    const bytes = Buffer.from('some weights');
    const ref = await store.putBytes(bytes);
    expect(ref).toEqual({ digest: sha256(bytes), bytes: bytes.length });
    expect(await store.read(ref)).toEqual(bytes);
    expect(await store.verifiedPath(ref)).toBe(pathOf(ref.digest));
    expect(await store.has(ref.digest)).toBe(true);
  });

  it('lets nobody but its own account read', async () => {
    const root = join(dir, 'own');
    const ref = await createLocalStore(root).putBytes(Buffer.from('rows'));
    const folder = join(root, ref.digest.slice(0, 2));
    for (const path of [root, join(root, 'tmp'), folder, join(folder, ref.digest.slice(2))]) {
      expect((await stat(path)).mode & 0o077, path).toBe(0);
    }
  });

  it('takes a finished file in and leaves nothing at its old place', async () => {
    const store = createLocalStore(join(dir, 'store'));
    const source = join(dir, 'artifact.bin');
    const bytes = Buffer.alloc(3_000_001, 7);
    await writeFile(source, bytes);
    const ref = await store.putFile(source);
    expect(ref).toEqual({ digest: sha256(bytes), bytes: bytes.length });
    expect((await store.read(ref)).equals(bytes)).toBe(true);
    await expect(readFile(source)).rejects.toThrow('ENOENT');
    expect(await readdir(join(dir, 'store', 'tmp'))).toEqual([]);
  });

  it('finds one flipped bit, whichever byte it is in', async () => {
    const store = createLocalStore(dir);
    for (const at of [0, 500, 999]) {
      const ref = await store.putBytes(Buffer.from(`${at}`.padEnd(1000, 'x')));
      await flipBit(pathOf(ref.digest), at);
      await expect(store.read(ref)).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
      await expect(store.verifiedPath(ref)).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
    }
  });

  it('refuses a file that was cut short, and a reference with the wrong size', async () => {
    const store = createLocalStore(dir);
    const ref = await store.putBytes(Buffer.alloc(100));
    await expect(store.read({ ...ref, bytes: 99 })).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
    await chmod(pathOf(ref.digest), 0o644);
    await writeFile(pathOf(ref.digest), Buffer.alloc(50));
    await expect(store.verifiedPath(ref)).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
  });

  it('repairs a damaged file when the same bytes are put again', async () => {
    const store = createLocalStore(dir);
    const bytes = Buffer.from('the champion');
    const ref = await store.putBytes(bytes);
    await flipBit(pathOf(ref.digest), 3);
    expect(await store.putBytes(bytes)).toEqual(ref);
    expect(await store.read(ref)).toEqual(bytes);
  });

  it('says that an artifact is missing, also for a name that is no digest', async () => {
    const store = createLocalStore(dir);
    for (const digest of [sha256(Buffer.from('nowhere')), '../../etc/passwd', '', 'ABC']) {
      const ref = { digest, bytes: 1 };
      await expect((async () => store.read(ref))()).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
      await expect((async () => store.verifiedPath(ref))()).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
      expect(await store.has(digest)).toBe(false);
    }
  });

  it('is not disturbed by what a crash left behind, and removes it when it is old', async () => {
    await mkdir(join(dir, 'tmp'), { recursive: true });
    const old = join(dir, 'tmp', 'half-written');
    await writeFile(old, 'half');
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(old, twoDaysAgo, twoDaysAgo);
    await writeFile(join(dir, 'tmp', 'young'), 'of another process, still being written');
    const store = createLocalStore(dir);
    const ref = await store.putBytes(Buffer.from('half'));
    expect((await store.read(ref)).toString()).toBe('half');
    expect(await readdir(join(dir, 'tmp'))).toEqual(['young']);
  });

  it('serves many writers of the same and of different bytes at once', async () => {
    const stores = [createLocalStore(dir), createLocalStore(dir)];
    const refs = await Promise.all(
      Array.from({ length: 60 }, (_, i) => stores[i % 2]!.putBytes(Buffer.from(`artifact ${i % 10}`.repeat(5000)))),
    );
    expect(new Set(refs.map((ref) => ref.digest)).size).toBe(10);
    for (const ref of refs) expect(sha256(await stores[0]!.read(ref))).toBe(ref.digest);
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
  });

  it('lets the event loop run while it hashes a large artifact', async () => {
    const store = createLocalStore(dir);
    const bytes = Buffer.alloc(64 * 1024 * 1024, 1);
    let longestMs = 0;
    let lastAtMs = performance.now();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastAtMs);
      lastAtMs = performance.now();
    }, 1);
    const startedAtMs = performance.now();
    await store.verifiedPath(await store.putBytes(bytes));
    const wholeMs = performance.now() - startedAtMs;
    clearInterval(timer);
    expect(longestMs).toBeLessThan(wholeMs / 3);
  });

  it('removes a checkpoint, and does not mind one that is gone', async () => {
    const store = createLocalStore(dir);
    const ref = await store.putBytes(Buffer.from('checkpoint'));
    await store.remove(ref.digest);
    await store.remove(ref.digest);
    expect(await store.has(ref.digest)).toBe(false);
  });
});
