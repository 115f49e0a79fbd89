/**
 * Seeded random numbers: the only randomness of the project. sfc32 (Chris Doty-Humphrey, PractRand), a 128-bit state
 * generator that passes PractRand and BigCrush; the seed and stream numbers are mixed with the finaliser of MurmurHash3.
 * Pure integer arithmetic: the same numbers on every machine.
 */

/** A number in [0, 1), a multiple of 2^-32. */
export type Rng = () => number;

function mix(hash: number, value: number): number {
  let h = (hash ^ value) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) + 0x9e3779b9) >>> 0;
}

/**
 * @param seed unsigned 32-bit integer
 * @param streams further integers that name an independent stream of this seed, e.g. a training epoch; (1, 2) and (2, 1) differ
 * @returns a generator of its own: the same arguments give the same numbers
 */
export function createRng(seed: number, ...streams: readonly number[]): Rng {
  let hash = mix(0x243f6a88, streams.length);
  for (const key of [seed, ...streams]) hash = mix(Math.imul(hash, 31), key >>> 0);
  let a = hash;
  let b = mix(hash, 0x85a308d3);
  let c = mix(hash, 0x13198a2e);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 0x1_0000_0000;
  };
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** A uniformly random order of 0 … n-1 (Fisher–Yates). */
export function permutation(n: number, rng: Rng): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i += 1) {
    const j = Math.floor(rng() * (i + 1));
    order[i] = order[j] ?? 0;
    order[j] = i;
  }
  return order;
}
