import type { Pool } from 'pg';
import type { PerennialClient } from '#dist/client.js';

export interface RunKey {
  readonly modelId: string;
  readonly runNo: number;
}

/** What an activity did in the worker under test, as it told its parent. */
export interface WorkerEvent {
  readonly type: string;
  readonly pid: number;
  readonly atMs: number;
  readonly activity?: string;
  readonly attempt?: number;
  readonly workflowId?: string;
  readonly details?: { readonly pid: number | null; readonly trainEpoch: number } | null;
}

export interface World {
  readonly stack: { readonly dir: string };
  readonly worker: {
    readonly pid: number;
    readonly events: readonly WorkerEvent[];
    readonly crashes: readonly string[];
  };
  readonly probe: {
    readonly client: PerennialClient;
    readonly pool: Pool;
    handleOf(key: RunKey): { cancel(): Promise<unknown> };
  };
  readonly follow: {
    apply(text: string): Promise<unknown>;
    request(key: RunKey): Promise<void>;
    bringLabels(key: RunKey): Promise<void>;
    ended(key: RunKey): Promise<{ readonly outcome: { readonly kind: string } | null }>;
  };
  /** One for each worker that was killed; null: a trainer was still there after five seconds. */
  readonly orphans: readonly { readonly trainers: readonly number[]; readonly goneMs: number | null }[];
}

export function openWorld(context: {
  signal: AbortSignal;
  say: (line: string) => void;
  cleanUps: (() => Promise<unknown>)[];
}): Promise<World>;
