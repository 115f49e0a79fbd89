/** Reads a column file piece by piece, hashing on the way, so that the child still hears its parent while it reads gigabytes. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type ColumnTable, decodeColumnTable } from '../core/column-table.js';
import { PipelineError } from '../core/errors.js';
import type { Digest } from '../core/types.js';

const PIECE_BYTES = 16 * 1024 * 1024;

/**
 * @param limits.memoryMb a file that alone would break the limit is refused before anything is allocated
 * @throws TRAINER_OUT_OF_MEMORY, INVARIANT_BROKEN
 */
export async function readColumnFile(
  path: string,
  limits: { readonly memoryMb: number },
): Promise<{ table: ColumnTable; digest: Digest }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > limits.memoryMb * 1024 * 1024) {
      throw new PipelineError(
        'TRAINER_OUT_OF_MEMORY',
        `The columns take ${Math.ceil(size / 1024 / 1024)} MB, more than trainer.limits.memoryMb = ${limits.memoryMb}.`,
        { details: { bytes: size, memoryMb: limits.memoryMb } },
      );
    }
    const bytes = new Uint8Array(size);
    const hash = createHash('sha256');
    let offset = 0;
    while (offset < size) {
      const { bytesRead } = await file.read(bytes, offset, Math.min(PIECE_BYTES, size - offset), offset);
      if (bytesRead === 0)
        throw new PipelineError('INVARIANT_BROKEN', `The column file ${path} became shorter while it was read.`);
      hash.update(bytes.subarray(offset, offset + bytesRead));
      offset += bytesRead;
    }
    return { table: decodeColumnTable(bytes.buffer), digest: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
