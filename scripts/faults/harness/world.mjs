// Servers, one worker process and the parent's own connections: what every fault is done to.
import { createFollower } from './follow.mjs';
import { openProbe } from './probe.mjs';
import { startStack } from './stack.mjs';
import { createMutex } from './wait.mjs';
import { createWorker } from './worker.mjs';

/**
 * @param context {signal, say, cleanUps}: what must be undone is added to `cleanUps`, to be called in reverse
 */
export async function openWorld({ signal, say, cleanUps }, workerOptions = {}) {
  const stack = await startStack();
  cleanUps.push(() => stack.stop());
  const worker = createWorker(stack, workerOptions);
  cleanUps.push(() => worker.kill());
  await worker.start();
  const probe = await openProbe(stack);
  cleanUps.push(() => probe.close());
  const follow = createFollower(probe, { signal });
  return { stack, worker, probe, follow, mutex: createMutex(), signal, orphans: [], say };
}
