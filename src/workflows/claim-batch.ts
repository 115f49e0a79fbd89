/** Messages that came straight through Temporal, as what the ledger takes: sound ones, and malformed ones as refused. */
import type { HandedOver } from '../activities/create-trigger-activities.js';
import { isReservedSource } from '../core/signals/reserved-sources.js';
import type { RunClock } from '../core/types.js';
import { unstorableText } from '../core/unstorable-text.js';
import { bytesOf, checkAhead, checkClaim, checkLabels, checkVersion } from './check-messages.js';
import type { DirectMessage } from './inbox.js';

const WALL: RunClock = { mode: 'wall' };

/** As JSON, of what one activity is given: no payload exceeds 16 KB. */
const MAX_PAYLOAD_BYTES = 16_000;
const MAX_BATCH = 200;

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && unstorableText(value) === null;

/** At most so many UTF-16 units, and never half of a surrogate pair. */
const cut = (text: string, length: number): string => text.slice(0, length).replace(/[\ud800-\udbff]$/, '');

/** Without stowaways: clocks that say the same are equal, and their claims become one run. */
function clockOf(value: unknown): RunClock {
  const { clock } = value as { readonly clock?: RunClock };
  return clock?.mode === 'replay' ? { mode: 'replay', now: clock.now } : WALL;
}

const CHECKS = { claim: checkClaim, labels: checkLabels, version: checkVersion } as const;
const TIMES = { claim: 'clock', labels: 'through', version: 'at' } as const;
const CAUSES = { claim: 'drift', labels: 'labels', version: 'version-change' } as const;

function soundOf({ kind, value }: DirectMessage, base: HandedOver): HandedOver {
  const { cause, source } = value as { readonly cause?: 'drift' | 'performance'; readonly source?: string };
  if (kind === 'claim') return { ...base, cause: cause ?? 'drift', clock: clockOf(value), body: value };
  const requestedBy = isName(source) ? cut(source, 200) : base.requestedBy;
  return { ...base, requestedBy, isUrgent: kind === 'version', body: value };
}

interface Taking {
  readonly unnamed: () => string;
  /** The workflow's own time. */
  readonly nowMs: number;
}

/**
 * @param taking.unnamed gives an id to a message that has none of its own: it too leaves its row, whatever it is
 */
function handedOver(modelId: string, message: DirectMessage, { unnamed, nowMs }: Taking): HandedOver {
  const { kind, value } = message;
  const fields = (typeof value === 'object' && value !== null ? value : {}) as { source?: unknown; eventId?: unknown };
  const fault = CHECKS[kind](value) ?? checkAhead(value, TIMES[kind], nowMs);
  // Refused too it must not take the place of one of the platform's own messages.
  const { source } = fields;
  const named = isName(source) && !isReservedSource(source) ? cut(source, 200) : 'unnamed source';
  const base: HandedOver = {
    modelId,
    // Notices of labels and versions have a source of their own, as those that come through the gateway.
    source: kind === 'claim' ? named : kind === 'labels' ? 'labels' : 'versions',
    eventId: isName(fields.eventId) ? cut(fields.eventId, 400) : unnamed(),
    cause: CAUSES[kind],
    requestedBy: kind === 'claim' ? named : 'a direct signal',
    clock: WALL,
    isUrgent: false,
    body: {},
  };
  if (fault !== null) return { ...base, refusal: fault };
  const sound = soundOf(message, base);
  // It passed as a message and is too large with its ids.
  return bytesOf([sound]) <= MAX_PAYLOAD_BYTES
    ? sound
    : { ...base, refusal: 'the message is larger than 16 KB with its ids.' };
}

/** In order, so that each batch fits one payload. */
function payloadsOf(messages: readonly HandedOver[]): HandedOver[][] {
  const batches: HandedOver[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const more = bytesOf(message) + 1;
    const batch = batches.at(-1);
    if (batch !== undefined && batch.length < MAX_BATCH && bytes + more <= MAX_PAYLOAD_BYTES) {
      batch.push(message);
      bytes += more;
    } else {
      batches.push([message]);
      bytes = more + 1;
    }
  }
  return batches;
}

/** Sound ones first: of a sound message and a malformed one with the same id the sound one makes the trigger. */
export function batchesOf(modelId: string, messages: readonly DirectMessage[], taking: Taking): HandedOver[][] {
  const all = messages.map((message) => handedOver(modelId, message, taking));
  const isSound = ({ refusal }: HandedOver): boolean => refusal === undefined;
  return payloadsOf([...all.filter(isSound), ...all.filter((one) => !isSound(one))]);
}
