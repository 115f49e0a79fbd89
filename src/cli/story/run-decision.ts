/**
 * One decision of the story: its trigger, with the replayed clock, and the nightly label batches while the run waits for them. Everything else happens in the real workflows.
 */

import type { TriggerItem } from '../../client/read-calls.js';
import type { RunDetail } from '../../client/show-run.js';
import type { PerennialClient } from '../../client.js';
import { PipelineError } from '../../core/errors.js';

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

/** The run that a trigger of the ledger started, or started earlier in a story that was interrupted. */
async function runOf(
  client: PerennialClient,
  modelId: string,
  isMeant: (trigger: TriggerItem) => boolean,
): Promise<number> {
  for (;;) {
    const trigger = (await client.listTriggers({ modelId, limit: 100 })).find(isMeant);
    if (trigger?.runNo !== undefined && trigger.runNo !== null) return trigger.runNo;
    if (trigger !== undefined && ['suppressed', 'escalated', 'refused'].includes(trigger.state)) {
      const why = `The trigger ${trigger.triggerId} of ${modelId} started nothing: ${trigger.state}, ${trigger.reason}`;
      throw new PipelineError('RUN_UNKNOWN', why);
    }
    await pause();
  }
}

/** Over HTTP, as a monitor job sends its report; or as somebody asks. */
export async function startByMessage(client: PerennialClient, told: Told, sent: Promise<string>): Promise<number> {
  const triggerId = await sent;
  return runOf(client, told.modelId, (trigger) => trigger.triggerId === triggerId);
}

/** The model's Schedule fires, by the calendar of the replayed past. */
export async function startBySchedule(client: PerennialClient, told: Told, asOf: string): Promise<number> {
  const { modelId } = told;
  const isMeant = ({ cause, clock }: TriggerItem): boolean =>
    cause === 'schedule' && clock.mode === 'replay' && clock.now === asOf;
  if (!(await client.listTriggers({ modelId, limit: 100 })).some(isMeant)) {
    await client.setSchedule({ modelId, clock: { mode: 'replay', now: asOf } });
    await client.triggerSchedule(modelId);
  }
  return runOf(client, modelId, isMeant);
}

interface Followed {
  readonly runNo: number;
  readonly untilApproval?: boolean;
  /** What the story says to a run that asks whether to train although something is suspected or unclear. */
  readonly whenAsked?: 'proceed' | 'abort';
}

/** Plays batches until the run ends, or, with `untilApproval`, until it waits for a person. */
export async function followRun(client: PerennialClient, told: Told, run: Followed): Promise<RunDetail> {
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
    if (status?.isAsking === true && run.whenAsked !== undefined) await answerQuestion(client, told, run);
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

const WHY = {
  proceed: 'the story compares recipes; its gates decide',
  abort: 'nothing shows that a retrain would help',
} as const;

/** Said once a run: said again, it is the same event. */
async function answerQuestion(client: PerennialClient, { modelId, say }: Told, run: Followed): Promise<void> {
  const { runNo, whenAsked = 'abort' } = run;
  const eventId = `story/${modelId}/${runNo}`;
  const said = { modelId, runNo, eventId, answer: whenAsked, by: 'story', reason: WHY[whenAsked] };
  const answer = await client.answerQuestion(said);
  if (answer?.accepted === true) say(`asks whether to train; answered ${whenAsked}: ${WHY[whenAsked]}`);
}
