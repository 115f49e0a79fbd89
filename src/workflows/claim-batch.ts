/** Claims that came straight through Temporal, as the triggers that are committed for them: sound ones and refused ones. */
import type { NewTrigger } from '../activities/deps.js';
import type { DirectClaim } from '../core/messages.js';
import type { RunClock } from '../core/types.js';
import { unstorableText } from '../core/unstorable-text.js';
import { bytesOf, checkClaim } from './check-messages.js';

const WALL: RunClock = { mode: 'wall' };

/** As JSON, of what one activity is given: no payload exceeds 16 KB. */
const MAX_PAYLOAD_BYTES = 16_000;
/** The answer tells the state of each: some 40 bytes. */
const MAX_BATCH = 200;

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

/** Without stowaways: clocks that say the same are equal, and their claims become one run. */
function clockOf({ clock }: DirectClaim): RunClock {
  return clock?.mode === 'replay' ? { mode: 'replay', now: clock.now } : WALL;
}

/** Sound claims that are too large once they carry their ids are refused like others that are too large. */
function soundTrigger(trigger: NewTrigger): NewTrigger {
  if (bytesOf([trigger]) <= MAX_PAYLOAD_BYTES) return trigger;
  return { ...trigger, clock: WALL, body: {}, refusal: 'the message is larger than 16 KB with its ids.' };
}

/** In order, so that each batch fits one payload. */
export function payloadsOf(triggers: readonly NewTrigger[]): NewTrigger[][] {
  const batches: NewTrigger[][] = [];
  let bytes = 0;
  for (const trigger of triggers) {
    const more = bytesOf(trigger) + 1;
    const batch = batches.at(-1);
    if (batch !== undefined && batch.length < MAX_BATCH && bytes + more <= MAX_PAYLOAD_BYTES) {
      batch.push(trigger);
      bytes += more;
    } else {
      batches.push([trigger]);
      bytes = more + 1;
    }
  }
  return batches;
}

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
      const cause = claim.cause ?? 'drift';
      triggers.set(triggerId, soundTrigger({ ...trigger, cause, clock: clockOf(claim), body: claim }));
    } else if (fault !== null && known === undefined) {
      triggers.set(triggerId, { ...trigger, cause: 'drift', clock: WALL, body: {}, refusal: fault });
    }
  }
  return { triggers: [...triggers.values()], dropped };
}
