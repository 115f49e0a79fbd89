/** Linear maps that are worth a try: the known units, a change of sign, and what quantiles and most frequent values suggest. */
import { modes, type Points, quantileOf } from './distribution.js';
import { type LinearMap, UNIT_MAPS, type UnitMap } from './unit-factors.js';

export interface Candidate extends LinearMap {
  readonly kind: 'unit' | 'scale' | 'shift' | 'affine';
  readonly unit: UnitMap | null;
}

const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Tried whatever the values look like. */
export const KNOWN: readonly Candidate[] = [
  ...UNIT_MAPS.map((unit): Candidate => ({ kind: 'unit', unit, factor: unit.factor, added: unit.added })),
  { kind: 'scale', unit: null, factor: -1, added: 0 },
];

export function suggested(before: Points, after: Points): Candidate[] {
  const pairs = SHARES.map((share) => [quantileOf(before, share), quantileOf(after, share)] as const);
  const candidates: LinearMap[] = [
    { factor: median(pairs.map(([own, other]) => other / own)), added: 0 },
    { factor: 1, added: median(pairs.map(([own, other]) => other - own)) },
  ];
  const line = (one: readonly [number, number], two: readonly [number, number]): LinearMap => {
    const factor = (two[1] - one[1]) / (two[0] - one[0]);
    return { factor, added: one[1] - factor * one[0] };
  };
  candidates.push(line(pairs[1]!, pairs[7]!), line(pairs[0]!, pairs[8]!));
  const [own, other] = [modes(before, 4), modes(after, 4)];
  for (const [i, x] of own.slice(0, 3).entries()) {
    for (const y of other.slice(0, 3)) candidates.push({ factor: y / x, added: 0 }, { factor: 1, added: y - x });
    for (const [j, later] of own.entries()) {
      if (j > i && other[j] !== undefined) candidates.push(line([x, other[i]!], [later, other[j]]));
    }
  }
  return candidates
    .filter(({ factor, added }) => Number.isFinite(factor) && Number.isFinite(added) && factor > 0)
    .filter(({ factor, added }) => Math.abs(factor - 1) > 1e-6 || Math.abs(added) > 0)
    .map(({ factor, added }): Candidate => {
      const kind = added === 0 ? 'scale' : Math.abs(factor - 1) <= 1e-6 ? 'shift' : 'affine';
      return { kind, unit: null, factor: kind === 'shift' ? 1 : factor, added };
    });
}
