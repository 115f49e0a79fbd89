/** Claims that came straight through Temporal, as the triggers that are committed for them: sound ones and refused ones. */
import type { NewTrigger } from '../activities/deps.js';
import type { DirectClaim } from '../core/messages.js';
import type { RunClock } from '../core/types.js';
import { unstorableText } from '../core/unstorable-text.js';
import { checkClaim } from './check-messages.js';

const WALL: RunClock = { mode: 'wall' };

export interface ClaimBatch {
  /** One a trigger id; of a sound claim and a malformed one with the same id the sound one. */
  readonly triggers: readonly NewTrigger[];
  /** Why a claim without any id was dropped: nothing by which it could be recorded. */
  readonly dropped: readonly string[];
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && unstorableText(value) === null;

/** At most so many UTF-16 units, and never half of a surrogate pair. */
const cut = (text: string, length: number): string => text.slice(0, length).replace(/[\ud800-\udbff]$/, '');

export function batchOf(modelId: string, claims: readonly DirectClaim[]): ClaimBatch {
  const triggers = new Map<string, NewTrigger>();
  const dropped: string[] = [];
  for (const claim of claims) {
    const fault = checkClaim(claim);
    const { eventId, source } = (claim ?? {}) as Partial<DirectClaim>;
    if (!isName(eventId)) {
      dropped.push(fault ?? 'eventId is missing.');
      continue;
    }
    const requestedBy = isName(source) ? cut(source, 200) : 'unnamed source';
    const triggerId = cut(`${requestedBy}/${eventId}`, 400);
    const trigger = { modelId, triggerId, requestedBy };
    const known = triggers.get(triggerId);
    if (fault === null && (known === undefined || known.refusal !== undefined)) {
      triggers.set(triggerId, { ...trigger, cause: claim.cause ?? 'drift', clock: claim.clock ?? WALL, body: claim });
    } else if (fault !== null && known === undefined) {
      triggers.set(triggerId, { ...trigger, cause: 'drift', clock: WALL, body: {}, refusal: fault });
    }
  }
  return { triggers: [...triggers.values()], dropped };
}
