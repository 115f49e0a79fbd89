/**
 * Digest of the code that decides what a training gives: the built files of the trainer and the two core files that it
 * computes with. Part of the recipe digest, of the lineage and of every checkpoint's key.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Digest } from '../core/types.js';

let known: Digest | undefined;

/** sha256 over names and contents of `dist/trainer/*.js`, `dist/core/rng.js` and `dist/core/column-table.js`, by name; computed once a process. */
export function trainerCodeDigest(): Digest {
  known ??= digestOfFiles();
  return known;
}

function digestOfFiles(): Digest {
  const trainer = fileURLToPath(new URL('./', import.meta.url));
  const core = fileURLToPath(new URL('../core/', import.meta.url));
  const files = readdirSync(trainer)
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => join(trainer, name));
  const hash = createHash('sha256');
  for (const path of [...files, join(core, 'column-table.js'), join(core, 'rng.js')]) {
    const content = readFileSync(path);
    hash.update(`${basename(path)}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
