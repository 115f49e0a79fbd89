import type { RunKey, World } from './world.mjs';

export interface AssessFindings {
  readonly modelId: string;
  readonly outcome: string;
  readonly verdicts: readonly string[];
  readonly digests: readonly string[];
  readonly incidents: number;
}

export interface AssessHit {
  readonly key: RunKey;
  readonly attempt: number;
  readonly landed: string;
  readonly killed: string;
  readonly isHit: boolean;
}

export function killInAssess(
  world: World,
  options: { kills: number; seed: number },
): Promise<{
  rows: readonly AssessHit[];
  findings: readonly AssessFindings[];
  expected: AssessFindings;
  assessMs: number;
}>;
