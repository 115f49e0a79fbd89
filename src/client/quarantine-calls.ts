/** Quarantined rows: what was left out of snapshots and why, and the word of a person that lets such rows in again. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Release, ReleaseAnswer } from '../core/quality/release.js';
import {
  listQuarantines,
  listReleases,
  type QuarantineRow,
  type ReleaseRow,
  releaseQuarantine,
} from '../registry/quarantines.js';
import { run } from '../registry/runs.js';
import { specOfModel } from './read-calls.js';

export interface QuarantineView {
  readonly modelId: string;
  readonly quarantined: readonly QuarantineRow[];
  readonly releases: readonly ReleaseRow[];
}

export interface QuarantineCalls {
  /** The newest runs first. */
  listQuarantine(request: { modelId: string; runNo?: number; limit: number }): Promise<QuarantineView>;
  /** Later snapshots use rows of the window that fail this check alone; said twice it is once. */
  releaseQuarantine(
    request: Release & { modelId: string; by: string; why: string; eventId?: string },
  ): Promise<ReleaseAnswer>;
}

export function quarantineCalls(pool: Pool): QuarantineCalls {
  return {
    listQuarantine: async (request) => {
      await specOfModel(pool, request.modelId);
      const { modelId, runNo } = request;
      if (runNo !== undefined) await run(pool, { modelId, runNo });
      return {
        modelId,
        quarantined: await listQuarantines(pool, request),
        releases: await listReleases(pool, modelId),
      };
    },
    releaseQuarantine: ({ eventId, ...release }) =>
      releaseQuarantine(pool, { ...release, eventId: eventId ?? `release/${randomUUID()}` }),
  };
}
