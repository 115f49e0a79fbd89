import type { Stage } from '#dist/core/types.js';
import type { RunKey, World } from './world.mjs';

export interface Fault {
  readonly stage: Stage;
  readonly target: 'trainer' | 'worker' | 'postgres' | 'temporal';
  readonly delayMs: number;
  readonly outageMs: number;
}

export interface FaultRecord {
  readonly killed: string;
  readonly confirmed: string;
  readonly attempts: string;
  readonly outageSec: number;
  readonly recoverySec: number;
  readonly isHit: boolean;
}

export const STAGES: readonly Stage[];
export function walkRun(
  world: World,
  key: RunKey,
  options: { faults: readonly Fault[]; report: (fault: Fault, record: FaultRecord) => void },
): Promise<void>;
