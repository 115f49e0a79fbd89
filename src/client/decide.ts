/**
 * A decision on a candidate, by Update or by Signal. A run that is closed takes no message any more, so its decision is
 * recorded here, refused with a reason.
 */
import type { Client } from '@temporalio/client';
import type { Decision, DecisionAnswer, DecisionChannel, Outcome } from '../core/types.js';
import { approvalSignal, approvePromotionUpdate, rejectPromotionUpdate } from '../workflows/messages.js';
import { tellRun } from './run-updates.js';

export interface DecideRequest extends Decision {
  readonly modelId: string;
  readonly runNo: number;
  readonly via: Exclude<DecisionChannel, 'client'>;
}

/** What it needs of the registry. */
export interface DecisionRows {
  run(key: { modelId: string; runNo: number }): Promise<{ closedAt: string | null; outcome: Outcome | null }>;
  recordDecision(
    key: { modelId: string; runNo: number },
    decision: Decision & { channel: DecisionChannel; answer: DecisionAnswer },
  ): Promise<DecisionAnswer>;
}

/** @returns the answer; for a signal, null: its answer stands in the run's decisions later */
export async function decide(
  client: Client,
  rows: DecisionRows,
  request: DecideRequest,
): Promise<DecisionAnswer | null> {
  const { modelId, runNo, via, ...decision } = request;
  const run = await rows.run({ modelId, runNo });
  if (run.closedAt !== null) return recordLate(rows, request, run.outcome);
  const handle = client.workflow.getHandle(`retrain/${modelId}/${runNo}`);
  const answer = await tellRun(async () => {
    if (via === 'signal') {
      await handle.signal(approvalSignal, decision);
      return null;
    }
    const { decision: kind, ...args } = decision;
    const update = kind === 'approve' ? approvePromotionUpdate : rejectPromotionUpdate;
    return handle.executeUpdate(update, { args: [args], updateId: decision.eventId });
  });
  if (answer !== 'closed') return answer;
  const now = await rows.run({ modelId, runNo });
  return now.closedAt === null ? recordEarly(rows, request) : recordLate(rows, request, now.outcome);
}

/** Open in the registry, but its workflow takes no message: not started yet, or lost and about to be closed. */
function recordEarly(rows: DecisionRows, request: DecideRequest): Promise<DecisionAnswer> {
  const { modelId, runNo, via: _via, ...decision } = request;
  const reason = `Run ${modelId}/${runNo} has no workflow that could take a decision now; \`perennial show\` tells its state.`;
  const answer: DecisionAnswer = { accepted: false, code: 'not-awaited', reason };
  return rows.recordDecision({ modelId, runNo }, { ...decision, channel: 'client', answer });
}

function recordLate(rows: DecisionRows, request: DecideRequest, outcome: Outcome | null): Promise<DecisionAnswer> {
  const { modelId, runNo, via: _via, ...decision } = request;
  const ended = outcome === null ? 'has ended' : `ended as ${outcome.kind}`;
  const answer: DecisionAnswer = {
    accepted: false,
    code: 'run-closed',
    reason: `Run ${modelId}/${runNo} ${ended}; nothing can be decided on it any more.`,
  };
  return rows.recordDecision({ modelId, runNo }, { ...decision, channel: 'client', answer });
}
