/** From arrivals to the answer that says they are kept: what every route that adds to the ledger does last. */
import { createHash } from 'node:crypto';
import type { Taken } from '../client/intake.js';
import type { PipelineError } from '../core/errors.js';
import type { Accepted, Arrival } from '../core/signals/arrival.js';
import type { Digest } from '../core/types.js';
import type { GatewayDeps } from './deps.js';
import type { Answer } from './route.js';

export interface Kept {
  readonly format: string;
  readonly arrivals: readonly Arrival[];
  readonly bytes: number;
  readonly ignored?: readonly string[];
  readonly notes?: readonly string[];
}

export const bytesDigest = (bytes: Buffer): Digest => createHash('sha256').update(bytes).digest('hex');

interface Outcome {
  readonly accepted: { readonly arrival: Arrival; readonly answer: Accepted }[];
  readonly refused: { readonly arrival: Arrival; readonly error: PipelineError }[];
}

function sort(arrivals: readonly Arrival[], taken: readonly Taken[]): Outcome {
  const outcome: Outcome = { accepted: [], refused: [] };
  taken.forEach((answer, i) => {
    const arrival = arrivals[i];
    if (arrival === undefined) return;
    if ('refused' in answer) outcome.refused.push({ arrival, error: answer.refused });
    else outcome.accepted.push({ arrival, answer });
  });
  return outcome;
}

function differing(accepted: Outcome['accepted']): string[] {
  return accepted
    .filter(({ answer }) => answer.isDifferent)
    .map(({ arrival }) => `Event ${arrival.eventId} was here before with another content: the first one stands.`);
}

/** @returns 202, after the commit. @throws what refused them, when nothing of it was taken */
export async function keep({ intake, metrics }: GatewayDeps, kept: Kept): Promise<Answer> {
  const { arrivals, format, ignored = [], notes = [] } = kept;
  const { accepted, refused } = sort(arrivals, await intake.submit(arrivals, kept.bytes));
  const [first] = refused;
  if (first !== undefined && accepted.length === 0) throw first.error;
  const fresh = accepted.filter(({ answer }) => answer.isNew).length;
  metrics.arrivals.inc({ format, result: 'accepted' }, fresh);
  metrics.arrivals.inc({ format, result: 'duplicate' }, accepted.length - fresh);
  metrics.arrivals.inc({ format, result: 'refused' }, refused.length);
  metrics.arrivals.inc({ format, result: 'ignored' }, ignored.length);
  const body = {
    accepted: accepted.map(({ arrival: { eventId }, answer: { triggerId, seq, state, isNew } }) => ({
      eventId,
      triggerId,
      seq,
      state,
      isNew,
    })),
    refused: refused.map(({ arrival: { eventId }, error: { code, message } }) => ({ eventId, code, message })),
    ignored,
    notes: [...new Set(notes), ...differing(accepted)],
  };
  return { status: 202, body };
}
