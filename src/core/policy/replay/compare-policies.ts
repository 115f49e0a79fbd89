/** The whole replay: yardsticks and the policies asked about, side by side on one past. */
import { iso } from '../../instant.js';
import { type Contender, type Span, yardsticks } from './contender.js';
import type { Gain } from './gain.js';
import { endMs, firstMs, type QualityGrid } from './quality-grid.js';
import type { RecordedClaim } from './recorded.js';
import { replay } from './replay.js';
import { type TrueShift, trueShifts } from './true-shifts.js';
import { gainOver, type Verdict, verdictOn } from './verdict.js';

export interface PolicyComparison {
  readonly from: string;
  readonly to: string;
  readonly metric: string;
  readonly equivalence: number;
  /** How many recorded claims came in the span, and how many before or after it, which no policy hears. */
  readonly claims: number;
  readonly claimsOutside: number;
  readonly shifts: readonly TrueShift[];
  readonly policies: readonly (Verdict & { readonly overNever: Gain })[];
}

export const spanOf = (grid: QualityGrid): Span => ({ fromMs: firstMs(grid), toMs: endMs(grid) });

/** @param contenders beside the yardsticks, which always come first, `never` being the first of them */
export function comparePolicies(
  contenders: readonly Contender[],
  { grid, claims, equivalence }: { grid: QualityGrid; claims: readonly RecordedClaim[]; equivalence: number },
): PolicyComparison {
  const span = spanOf(grid);
  const heard = claims.filter(({ arrivedMs }) => arrivedMs >= span.fromMs && arrivedMs < span.toMs).length;
  const shifts = trueShifts(grid, equivalence);
  const replays = [...yardsticks(span), ...contenders].map((contender) => replay(contender, { grid, claims, span }));
  const [never] = replays;
  return {
    from: grid.days[0]!,
    to: iso(span.toMs),
    metric: grid.metric,
    equivalence,
    claims: heard,
    claimsOutside: claims.length - heard,
    shifts,
    policies: replays.map((one) => ({
      ...verdictOn(one, { grid, shifts, span }),
      overNever: gainOver(grid, { better: one, base: never! }),
    })),
  };
}
