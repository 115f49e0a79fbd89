/** Quarantined rows: what was left out of snapshots and why, and the word of a person that lets such rows in again. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Release } from '../core/quality/release.js';
import {
  listQuarantines,
  listReleases,
  type QuarantineRow,
  type ReleaseRow,
  releaseQuarantine,
} from '../registry/quarantines.js';
import { specOfModel } from './read-calls.js';

export interface QuarantineView {
  readonly modelId: string;
  readonly quarantined: readonly QuarantineRow[];
  readonly releases: readonly ReleaseRow[];
}

export interface QuarantineCalls {
  /** The newest runs first. */
  listQuarantine(request: { modelId: string; runNo?: number; limit: number }): Promise<QuarantineView>;
  /** Later snapshots use rows of the window that fail this check alone. @returns false: this event id was there before */
  releaseQuarantine(
    request: Release & { modelId: string; by: string; why: string; eventId?: string },
  ): Promise<{ isNew: boolean }>;
}

export function quarantineCalls(pool: Pool): QuarantineCalls {
  return {
    listQuarantine: async (request) => {
      await specOfModel(pool, request.modelId);
      const { modelId } = request;
      return {
        modelId,
        quarantined: await listQuarantines(pool, request),
        releases: await listReleases(pool, modelId),
      };
    },
    releaseQuarantine: async ({ eventId, ...release }) => ({
      isNew: await releaseQuarantine(pool, { ...release, eventId: eventId ?? `release/${randomUUID()}` }),
    }),
  };
}
