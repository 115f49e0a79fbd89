// In the worker under test: tells the parent of every activity that starts and ends, and holds those that the parent has
// armed, once before their work and once after it (done, but not yet reported to the server), until it says "go".
import { ApplicationFailure } from '@temporalio/common';

/** An activity without a heartbeat would time out while it is held: it gives up before, and is held again. */
const LONGEST_HOLD_MS = 20_000;
const BEAT_MS = 2_000;

const matches = (arm, facts) => arm.activity === facts.activity && arm.workflowId === facts.workflowId;

export function createGates(send) {
  let arms = [];
  const holds = new Map();
  let holdsSoFar = 0;

  const hold = async (context, facts, phase) => {
    if (!arms.some((arm) => matches(arm, facts))) return;
    holdsSoFar += 1;
    const holdId = `${process.pid}/${holdsSoFar}`;
    const { heartbeatTimeoutMs, heartbeatDetails } = context.info;
    // The last attempt's details are sent again, or a checkpoint would be forgotten.
    const beat =
      heartbeatTimeoutMs === undefined ? null : setInterval(() => context.heartbeat(heartbeatDetails), BEAT_MS);
    let timer;
    try {
      await new Promise((resolve, reject) => {
        holds.set(holdId, resolve);
        if (beat === null && phase === 'before') {
          const failure = ApplicationFailure.retryable('Held for too long; to be tried again.', 'HELD');
          timer = setTimeout(() => reject(failure), LONGEST_HOLD_MS);
        }
        send({ type: 'held', holdId, phase, ...facts });
      });
    } finally {
      holds.delete(holdId);
      clearTimeout(timer);
      clearInterval(beat);
      send({ type: 'unheld', holdId, phase, ...facts });
    }
  };

  const execute = async (context, input, next) => {
    const { activityType, activityId, attempt, workflowExecution } = context.info;
    const facts = { activity: activityType, activityId, attempt, workflowId: workflowExecution?.workflowId ?? '' };
    if (activityType === 'trainCandidate') {
      const beat = context.heartbeat;
      context.heartbeat = (details) => {
        beat(details);
        send({ type: 'beat', details, ...facts });
      };
    }
    send({ type: 'started', ...facts });
    try {
      await hold(context, facts, 'before');
      const result = await next(input);
      await hold(context, facts, 'after');
      send({ type: 'finished', error: null, ...facts });
      return result;
    } catch (error) {
      send({ type: 'finished', error: `${error.type ?? error.name}: ${error.message}`.slice(0, 300), ...facts });
      throw error;
    }
  };

  return {
    /** The whole list each time. What is no longer armed and held goes on. */
    setArms: (list) => {
      arms = list;
    },
    go: (holdId) => holds.get(holdId)?.(),
    interceptors: {
      activity: [(context) => ({ inbound: { execute: (input, next) => execute(context, input, next) } })],
    },
  };
}
