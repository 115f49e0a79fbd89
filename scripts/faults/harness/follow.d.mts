import type { RunKey, World } from './world.mjs';

export interface Verdict {
  readonly outcome: string;
  readonly verdict: string | null;
  readonly difference: number | null;
  readonly artifact: string | null;
  readonly trainEpochs: number | null;
  readonly resumedFromTrainEpoch: number | null;
  readonly versions: number;
}

export function verdictOf(probe: World['probe'], key: RunKey): Promise<Verdict>;
