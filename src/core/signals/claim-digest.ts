/** What a claim asks, as one digest: a repeat that asks something else is told apart, by whatever way and wording it came. */
import { canonicalDigest } from '../canonical-json.js';
import type { Digest, RunClock } from '../types.js';
import type { DriftClaim } from './drift-claim.js';

/** Without the time of arrival and the notes; with the clock, since the same report at another instant asks for another run. */
export function claimDigest({ receivedAt: _at, notes: _notes, ...content }: DriftClaim, clock: RunClock): Digest {
  return canonicalDigest({ content, clock });
}
