// A synthetic holdout for tests of evaluation and statistics: seeded, with day effects, and models of a chosen strength.
import type { ColumnTable } from '#dist/core/column-table.js';
import type { EvaluationInput } from '#dist/core/evaluation/evaluate.js';
import type { SpecGate } from '#dist/core/spec/schema.js';

/** mulberry32: uniform in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const squash = (z: number): number => 1 / (1 + Math.exp(-z));

export interface HoldoutOptions {
  readonly seed?: number;
  readonly days?: number;
  readonly rowsPerDay?: number;
  /** How strongly each model sees the signal. */
  readonly candidate?: number;
  readonly champion?: number | null;
}

export function gate(part: Partial<SpecGate>): SpecGate {
  return { metric: 'auc', on: 'all', required: true, minRows: 100, minDays: 14, ...part };
}

/** Columns: `origin` (a feature with levels A, B, C and a rare D) and `fleet` (a slice column of numbers 1 and 2). */
export function holdout({
  seed = 1,
  days = 28,
  rowsPerDay = 60,
  candidate = 1.5,
  champion = 0.8,
}: HoldoutOptions = {}): EvaluationInput {
  const rng = uniform(seed);
  const rows = days * rowsPerDay;
  const label = new Uint8Array(rows);
  const day = new Int32Array(rows);
  const codes = new Int32Array(rows);
  const fleet = new Float64Array(rows);
  const scores = { candidate: new Float32Array(rows), champion: new Float32Array(rows) };
  for (let row = 0; row < rows; row += 1) {
    const signal = 3 * (rng() + rng() + rng() - 1.5);
    day[row] = 11_000 + Math.floor(row / rowsPerDay);
    label[row] = rng() < squash(signal - 1) ? 1 : 0;
    codes[row] = rng() < 0.005 ? 3 : Math.floor(rng() * 3);
    fleet[row] = 1 + Math.floor(rng() * 2);
    scores.candidate[row] = squash(candidate * signal + 2 * (rng() - 0.5) - 1);
    scores.champion[row] = squash((champion ?? 0) * signal + 2 * (rng() - 0.5) - 1);
  }
  const table: ColumnTable = {
    rows,
    features: [{ kind: 'categorical', name: 'origin', codes, levels: ['A', 'B', 'C', 'D'] }],
    sliceColumns: [{ kind: 'numeric', name: 'fleet', values: fleet }],
    label,
    day,
  };
  const spec: EvaluationInput['spec'] = {
    metric: 'auc',
    mode: 'superior',
    margin: 0,
    tolerance: 0.01,
    equivalence: 0.005,
    slices: [],
    gates: [gate({ min: 0.5 })],
  };
  const input = { label, day, candidate: scores.candidate, anchors: [], table, spec, look: 1 };
  return { ...input, champion: champion === null ? null : scores.champion };
}

/** The same holdout with another part of the spec. */
export function withSpec(input: EvaluationInput, spec: Partial<EvaluationInput['spec']>): EvaluationInput {
  return { ...input, spec: { ...input.spec, ...spec } };
}
