/**
 * May this person decide here, by this way, and do they say why? The same for every decision of a person: on a candidate and
 * on missing labels.
 */
import type { PipelineSpec } from '../spec/schema.js';
import type { DecisionAnswer, DecisionChannel, DecisionCode } from '../types.js';

export const refuse = (code: Exclude<DecisionCode, 'accepted'>, reason: string): DecisionAnswer => ({
  accepted: false,
  code,
  reason,
});

/** Null: they may. `by` is compared without surrounding white space. */
export function judgePerson(
  decision: { readonly by: string },
  { policy, channel }: { policy: PipelineSpec['approval']; channel: DecisionChannel },
): DecisionAnswer | null {
  const by = decision.by.trim();
  if (channel === 'client' || !policy.channels.includes(channel)) {
    return refuse(
      'not-allowed',
      `A decision by ${channel} does not count here; allowed: ${policy.channels.join(', ')}.`,
    );
  }
  if (by === '') return refuse('not-allowed', 'The decision does not say who decides: fill in `by`.');
  if (policy.allowed.length > 0 && !policy.allowed.includes(by)) {
    return refuse('not-allowed', `${by} may not decide here; allowed: ${policy.allowed.join(', ')}.`);
  }
  return null;
}

export function judgeReason({ reason }: { readonly reason: string }): DecisionAnswer | null {
  return reason.trim() === '' ? refuse('reason-missing', 'Say why: a decision needs a reason.') : null;
}
