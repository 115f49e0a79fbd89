/** Claims that came straight through Temporal, as the triggers that are committed for them: sound ones and refused ones. */
import type { NewTrigger } from '../activities/deps.js';
import type { DirectClaim } from '../core/messages.js';
import type { RunClock } from '../core/types.js';
import { checkClaim } from './check-messages.js';

const WALL: RunClock = { mode: 'wall' };

export interface ClaimBatch {
  /** One a trigger id; of a sound claim and a malformed one with the same id the sound one. */
  readonly triggers: readonly NewTrigger[];
  /** By trigger id, why a claim is refused. */
  readonly faults: ReadonlyMap<string, string>;
  /** Why a claim without any id was dropped: nothing by which it could be recorded. */
  readonly dropped: readonly string[];
}

export function batchOf(modelId: string, claims: readonly DirectClaim[]): ClaimBatch {
  const triggers = new Map<string, NewTrigger>();
  const faults = new Map<string, string>();
  const dropped: string[] = [];
  for (const claim of claims) {
    const fault = checkClaim(claim);
    const { eventId, source } = (claim ?? {}) as Partial<DirectClaim>;
    if (typeof eventId !== 'string' || eventId === '') {
      dropped.push(fault ?? 'eventId is missing.');
      continue;
    }
    const requestedBy = typeof source === 'string' && source !== '' ? source.slice(0, 200) : 'unnamed source';
    const triggerId = `${requestedBy}/${eventId}`.slice(0, 400);
    const trigger = { modelId, triggerId, requestedBy };
    const isFirst = !triggers.has(triggerId);
    if (fault === null && (isFirst || faults.delete(triggerId))) {
      triggers.set(triggerId, { ...trigger, cause: claim.cause ?? 'drift', clock: claim.clock ?? WALL, body: claim });
    } else if (fault !== null && isFirst) {
      faults.set(triggerId, fault);
      triggers.set(triggerId, { ...trigger, cause: 'drift', clock: WALL, body: { refused: fault } });
    }
  }
  return { triggers: [...triggers.values()], faults, dropped };
}
