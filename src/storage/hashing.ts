/** sha256 of bytes and files in slices, so that a gigabyte never holds up the event loop (and with it a heartbeat). */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
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

/** @throws the file system's error, e.g. ENOENT */
export async function digestOfFile(path: string): Promise<{ digest: Digest; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const slice of createReadStream(path, { highWaterMark: SLICE_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(slice);
    bytes += slice.length;
  }
  return { digest: hash.digest('hex'), bytes };
}
