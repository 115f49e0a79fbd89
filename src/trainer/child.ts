/**
 * The forked trainer's entry. One request a process. No signal handlers: a handler that runs on the thread inside a matrix
 * product corrupts the heap. It ends with its answer, or at once when the parent's end of the channel is gone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PipelineError } from '../core/errors.js';
import type { Channel } from './channel.js';
import { runPredictJob } from './predict-job.js';
import { type FinalReply, requestSchema, type TrainerReply, type TrainerRequest } from './protocol.js';
import { runTrainJob } from './train-job.js';

let isStopRequested = false;
let isStarted = false;

const leave = (): never => process.exit(0);

function send(reply: TrainerReply): Promise<void> {
  return new Promise((resolve) => {
    // A failed send means that the parent is gone.
    process.send?.(reply, undefined, undefined, (error) => (error === null ? resolve() : leave()));
  });
}

const channel: Channel = {
  send,
  isStopRequested: () => isStopRequested,
  yieldToLoop: async () => {
    await nextTurn();
    if (!process.connected) leave();
  },
};

function failure(error: unknown): FinalReply {
  if (error instanceof PipelineError) {
    const { code, message, details } = error;
    return { type: 'failed', code, message, details: { ...details } };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const isMemory =
    error instanceof RangeError && /allocation failed|Invalid (typed )?array (buffer )?length/i.test(text);
  return {
    type: 'failed',
    code: isMemory ? 'TRAINER_OUT_OF_MEMORY' : 'TRAINER_CRASHED',
    message: isMemory ? `Memory could not be allocated: ${error.message}.` : `The trainer failed: ${text}`,
    details: {},
  };
}

async function answer(request: Exclude<TrainerRequest, { type: 'stop' }>): Promise<void> {
  let reply: FinalReply;
  try {
    reply = await (request.type === 'train' ? runTrainJob(request, channel) : runPredictJob(request, channel));
  } catch (error) {
    reply = failure(error);
  }
  await send(reply);
  leave();
}

process.on('disconnect', leave);
if (!process.connected) leave();
process.on('message', (message) => {
  const request = requestSchema.safeParse(message);
  if (!request.success) {
    const reason = `The trainer got a malformed request: ${request.error.message}`;
    void send(failure(new PipelineError('INVARIANT_BROKEN', reason))).then(leave);
  } else if (request.data.type === 'stop') {
    isStopRequested = true;
  } else if (!isStarted) {
    isStarted = true;
    void answer(request.data);
  }
});
