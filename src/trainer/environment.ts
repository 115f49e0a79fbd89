/** What equality of artifact digests depends on beside data and spec: backend build, threads, instruction set, Node, code. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Backend } from './backend.js';
import { trainerCodeDigest } from './code-digest.js';

export type Environment = Readonly<Record<string, string | number>>;

/** Digest of the CPU's flags: matrix products differ in the last digit between instruction sets. `unknown` where the system does not tell. */
function cpuFlagsDigest(): string {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    if (line === undefined) return 'unknown';
    return createHash('sha256').update(line.trim().split(/\s+/).sort().join(' ')).digest('hex').slice(0, 16);
  } catch {
    return 'unknown'; // no /proc: not Linux
  }
}

export function environmentOf(backend: Backend, seed: number): Environment {
  return {
    backend: backend.name,
    ...backend.versions,
    threads: backend.threads,
    cpuFlagsDigest: cpuFlagsDigest(),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    seed,
    trainerCodeDigest: trainerCodeDigest(),
  };
}
