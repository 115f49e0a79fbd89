/**
 * One decision of the story: asks for a retrain with the replayed clock and plays the nightly label batches while the run
 * waits for them. Everything else happens in the real workflows.
 */

import type { RunDetail } from '../../client/show-run.js';
import type { PerennialClient } from '../../client.js';
import { PipelineError } from '../../core/errors.js';
import { decisionInstant } from './lanes.js';

const POLL_MS = 250;
const BATCH_HOUR = 3;

export interface Told {
  readonly modelId: string;
  readonly say: (line: string) => void;
}

/** The nightly batch after an instant: 03:00 UTC. */
function nextBatch(after: string): string {
  const batch = new Date(after);
  batch.setUTCHours(BATCH_HOUR, 0, 0, 0);
  if (batch.getTime() <= Date.parse(after)) batch.setUTCDate(batch.getUTCDate() + 1);
  return batch.toISOString();
}

export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));

/** Starts the run of a month, or finds the one that an earlier, interrupted story started. */
export async function startDecision(client: PerennialClient, told: Told, month: string): Promise<number> {
  const { modelId } = told;
  const answer = await client.requestRetrain({
    modelId,
    cause: 'schedule',
    by: 'story',
    reason: `holdout ${month}`,
    clock: { mode: 'replay', now: decisionInstant(month) },
    triggerId: `story/${month}`,
  });
  if (answer.runNo === null) {
    throw new PipelineError('RUN_UNKNOWN', `The run of ${modelId} for ${month} was not started: ${answer.reason}`);
  }
  return answer.runNo;
}

/** Plays batches until the run ends, or, with `untilApproval`, until it waits for a person. */
export async function followRun(
  client: PerennialClient,
  told: Told,
  run: { runNo: number; untilApproval?: boolean },
): Promise<RunDetail> {
  const key = { modelId: told.modelId, runNo: run.runNo };
  let stage = '';
  let played = '';
  for (;;) {
    const status = await client.status(key);
    if (status !== null && status.stage !== stage) {
      stage = status.stage;
      if (stage === 'train') told.say('labels are in; training');
      if (run.untilApproval === true && stage === 'approve') return client.showRun(key);
    }
    if (status?.awaits === 'labels' && status.now >= played) {
      const through = nextBatch(status.now);
      played = through;
      told.say(`waits for labels; the nightly batch of ${through.slice(0, 16)} arrives`);
      await client.labelsArrived({ modelId: told.modelId, eventId: `batch/${through}`, through });
    }
    if (status === null || stage === 'done') {
      const detail = await client.showRun(key);
      if (detail.run.closedAt !== null) return detail;
    }
    await pause();
  }
}
