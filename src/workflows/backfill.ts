/**
 * The runs that a schedule would have started in a range of the past, in order and one at a time, each with the knowledge of
 * its decision instant: Temporal's own backfill would send ticks that know today. It asks the coordinator like every other
 * reason does, so that it waits its turn; where it stopped stands in the ledger, so that the same name goes on from there.
 */
import {
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { SeenWindow } from '../activities/create-backfill-activities.js';
import { nextThrough } from '../core/backfill/label-clock.js';
import { type BackfillInput, type BackfillResult, type BackfillRow, backfillEventId } from '../core/backfill/types.js';
import type { Instant } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { BackfillState } from './backfill-state.js';
import { checkBackfillInput } from './check-messages.js';
import { labelsArrivedSignal } from './messages.js';

export async function backfillWorkflow(input: BackfillInput): Promise<BackfillResult> {
  const fault = checkBackfillInput(input, workflowInfo().workflowId);
  if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'SIGNAL_INVALID');
  const state = new BackfillState(input);
  try {
    return await walk(state);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(() => breakOff(state));
  }
}

async function walk(state: BackfillState): Promise<BackfillResult> {
  for (;;) {
    const instants = await state.nextPage();
    if (instants.length === 0) return state.end('completed');
    for (const at of instants) {
      const row = await runWindow(state, at);
      // A fault of ours: windows that come later may rest on this one, so that a person looks first.
      if (row.outcome === 'failed') {
        state.breakOff(row);
        return state.end('stopped');
      }
      state.finish(row);
      if (state.isDue) await continueAsNew<typeof backfillWorkflow>(state.carried());
    }
  }
}

async function runWindow(state: BackfillState, at: Instant): Promise<BackfillRow> {
  state.begin(at);
  const attempt = state.present?.at === at ? state.present.attempt : await ask(state, at);
  return follow(state, { at, attempt });
}

/** What was cancelled or failed when the backfill was last here is asked for anew; what is over stays so. */
async function ask(state: BackfillState, at: Instant): Promise<number> {
  const { modelId, name, promotion, requestedBy } = state.input;
  const known = (await look(state, { at, attempt: null })).attempt;
  const end = known?.run?.end?.outcome;
  const isAgain = known?.isWithdrawn === true || end === 'failed' || end === 'cancelled';
  const attempt = known === null ? 1 : known.attempt + (isAgain ? 1 : 0);
  state.present = { at, attempt };
  if (known !== null && !isAgain && known.state !== 'pending') return attempt;
  const request = {
    triggerId: backfillEventId({ name, at }, attempt),
    cause: 'schedule' as const,
    requestedBy,
    reason: `backfill ${name}, decision as of ${at}`,
    clock: { mode: 'replay' as const, now: at },
    promotion,
  };
  // Not to be cancelled: whether it reached the ledger would not be known.
  const summary = `ask for ${at}`;
  await CancellationScope.nonCancellable(() =>
    runActivities().requestRetrain.executeWithOptions({ summary }, [modelId, request]),
  );
  return attempt;
}

interface Place {
  readonly at: Instant;
  /** Null: the newest one. */
  readonly attempt: number | null;
}

function look(state: BackfillState, place: Place): Promise<SeenWindow> {
  const { modelId, name } = state.input;
  return runActivities().lookAtBackfill.executeWithOptions({ summary: `look at ${place.at}` }, [
    { modelId, name, ...place },
  ]);
}

const FIRST_PAUSE_MS = 1_000;
/** Looked at again at least this often: a window may wait for weeks behind another run. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Until the window is over. By short looks with timers in between, not by one long activity: twenty backfills would hold all
 * slots of the queue that their runs need, and a lost worker loses nothing.
 */
async function follow(state: BackfillState, place: Place & { attempt: number }): Promise<BackfillRow> {
  let pauseMs = FIRST_PAUSE_MS;
  let before = '';
  for (;;) {
    const seen = await look(state, place);
    const row = rowOf(place.at, seen);
    if (row !== null) return row;
    state.show(place.at, seen);
    const isTold = await moveClock(state, place.at, seen);
    const now = `${seen.attempt?.state} ${seen.attempt?.run?.stage}`;
    pauseMs = isTold || now !== before ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
    before = now;
    if (state.isDue) await continueAsNew<typeof backfillWorkflow>(state.carried());
    await sleep(pauseMs, { summary: 'look again' });
  }
}

/** Null while the window is not over. */
function rowOf(at: Instant, { attempt }: SeenWindow): BackfillRow | null {
  if (attempt === null) return null;
  const { run, state } = attempt;
  if (run?.end != null) return { at, runNo: run.runNo, ...run.end };
  const isRefused = run === null && (state === 'refused' || state === 'suppressed');
  return isRefused ? { at, runNo: null, verdict: null, outcome: 'not-run' } : null;
}

/**
 * The replayed present of a run stands still; one that has looked for its labels and waits is told of the time that a real
 * run would have waited, as far as the present and no further: a later look goes on from there.
 * Without promotion nobody is asked, so that a question about missing labels runs out.
 */
async function moveClock(state: BackfillState, at: Instant, { attempt, wait }: SeenWindow): Promise<boolean> {
  const run = attempt?.run ?? null;
  if (run === null || !run.isOwn || wait?.isForLabels !== true) return false;
  if (wait.isAsking && state.input.promotion !== 'off') return false;
  // The workflow's own time, which a replay of its history reads as it was.
  const presentMs = Date.now();
  const through = wait.isAsking ? wait.until : nextThrough({ at, ...wait, presentMs }, state.labels);
  if (through === null || Date.parse(through) > presentMs) return false;
  const event = { eventId: `${attempt?.triggerId}/${through}`.slice(-200), through };
  // A run that ended meanwhile takes no signal, and the next look sees its end.
  return getExternalWorkflowHandle(run.workflowId)
    .signal(labelsArrivedSignal, event)
    .then(
      () => true,
      () => false,
    );
}

/** Leaves nothing that runs or would run later: the trigger is taken back, or its run cancelled and its end awaited. */
async function breakOff(state: BackfillState): Promise<BackfillResult> {
  const { modelId, name } = state.input;
  const { present } = state;
  if (present === null) return state.end('cancelled');
  const { at, attempt } = present;
  const summary = `take ${at} back`;
  await runActivities().withdrawBackfill.executeWithOptions({ summary }, [{ modelId, name, at, attempt }]);
  for (;;) {
    const seen = await look(state, present);
    const run = seen.attempt?.run ?? null;
    const row = rowOf(at, seen) ?? { at, runNo: null, verdict: null, outcome: 'not-run' as const };
    // Another reason's run that this one was merged into is not ours to stop.
    if (run === null || run.end !== null || !run.isOwn) {
      state.breakOff({ ...row, outcome: run === null ? 'cancelled' : row.outcome });
      return state.end('cancelled');
    }
    state.show(at, seen);
    await getExternalWorkflowHandle(run.workflowId)
      .cancel()
      .catch(() => undefined);
    await sleep(FIRST_PAUSE_MS, { summary: 'until its run has ended' });
  }
}
