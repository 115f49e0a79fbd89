import type { World } from './world.mjs';

export interface ParkedRun {
  readonly modelId: string;
  readonly isTold: boolean;
  readonly outcome: string;
  /** Seconds from the restart to its next stage; negative or NaN when it did not wake after it. */
  readonly wokeAfterSec: number;
}

export function parkRuns(
  world: World,
  options: { runs: number; poll: string; outageMs: number },
): Promise<{
  readonly rows: readonly ParkedRun[];
  readonly sleeperStage: string | null;
  readonly verification: readonly { readonly reason: string | null }[];
}>;
