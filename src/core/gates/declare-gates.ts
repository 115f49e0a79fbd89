/** The spec's gates with a name each and the kind of bound: what must be judged before anything may be promoted. */
import type { SpecGate } from '../spec/schema.js';

/** Absolute kinds need the candidate alone; the others compare it with the champion. */
export type GateKind = 'min' | 'max' | 'gain' | 'ratio' | 'nonInferior';

export interface DeclaredGate {
  /** Unique in a spec, e.g. `nonInferior:auc@ORD`. */
  readonly name: string;
  readonly kind: GateKind;
  readonly threshold: number;
  readonly isAbsolute: boolean;
  readonly gate: SpecGate;
}

/** @returns one declared gate for each gate of the spec, in its order; a repeated name gets `#2`, `#3`, … */
export function declareGates(gates: readonly SpecGate[]): DeclaredGate[] {
  const used = new Map<string, number>();
  return gates.map((gate) => {
    const [kind, threshold] = boundOf(gate);
    const base = `${kind}:${gate.metric}${gate.on === 'all' ? '' : `@${gate.on}`}`;
    const count = (used.get(base) ?? 0) + 1;
    used.set(base, count);
    const name = count === 1 ? base : `${base}#${count}`;
    return { name, kind, threshold, isAbsolute: kind === 'min' || kind === 'max', gate };
  });
}

function boundOf(gate: SpecGate): [GateKind, number] {
  if (gate.min !== undefined) return ['min', gate.min];
  if (gate.max !== undefined) return ['max', gate.max];
  if (gate.gain !== undefined) return ['gain', gate.gain.min];
  if (gate.ratio !== undefined) return ['ratio', gate.ratio.min];
  // NaN, not a lenient number: a gate without a bound must never pass.
  return ['nonInferior', gate.nonInferior?.tolerance ?? Number.NaN];
}
