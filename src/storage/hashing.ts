/** sha256 of bytes and files in slices, so that a gigabyte never holds up the event loop (and with it a heartbeat). */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Digest } from '../core/types.js';

const SLICE_BYTES = 1024 * 1024;

export async function digestOfBytes(bytes: Uint8Array): Promise<Digest> {
  const hash = createHash('sha256');
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    hash.update(bytes.subarray(start, start + SLICE_BYTES));
    if (start + SLICE_BYTES < bytes.length) await nextTurn();
  }
  return hash.digest('hex');
}

/** Reads into two buffers in turn, so that a gigabyte leaves no garbage. @throws the file system's error, e.g. ENOENT */
export async function digestOfFile(path: string): Promise<{ digest: Digest; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path);
  try {
    const read = (slice: Buffer) => file.read(slice, 0, SLICE_BYTES);
    let [at, next] = [Buffer.allocUnsafeSlow(SLICE_BYTES), Buffer.allocUnsafeSlow(SLICE_BYTES)];
    for (let { bytesRead } = await read(at); bytesRead > 0; ) {
      const reading = read(next);
      hash.update(at.subarray(0, bytesRead));
      bytes += bytesRead;
      ({ bytesRead } = await reading);
      [at, next] = [next, at];
    }
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), bytes };
}
