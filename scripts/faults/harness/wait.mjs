// Waiting for a thing, bounded, through outages: a question that cannot be asked now is asked again.

/** Thrown when the whole thing was stopped (Ctrl-C) while somebody waited. */
export class Stopped extends Error {}

/** @returns a promise of `ms` that a stop ends early */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const onStop = () => {
      clearTimeout(timer);
      reject(new Stopped('stopped'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onStop);
      resolve();
    }, ms);
    if (signal?.aborted) onStop();
    else signal?.addEventListener('abort', onStop, { once: true });
  });
}

/**
 * Asks until the answer is neither undefined, null nor false; what a question throws counts as "not yet".
 * @returns the answer
 * @throws Error naming what was awaited, with the last error, after `timeoutMs`
 */
export async function until(what, ask, { timeoutMs = 120_000, everyMs = 100, signal } = {}) {
  const giveUpAtMs = Date.now() + timeoutMs;
  let lastError;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      if (error instanceof Stopped || error?.isFinal) throw error;
      lastError = error;
    }
    if (Date.now() > giveUpAtMs) {
      const why = lastError === undefined ? '' : `; last error: ${lastError.message}`;
      throw new Error(`waited ${Math.round(timeoutMs / 1000)} s for ${what}${why}`);
    }
    await pause(everyMs, signal);
  }
}

/** Repeats an idempotent call through an outage. */
export async function persist(what, call, options = {}) {
  const answered = await until(what, async () => ({ value: await call() }), { everyMs: 500, ...options });
  return answered.value;
}

/** One holder at a time, in the order of asking. */
export function createMutex() {
  let tail = Promise.resolve();
  return (work) => {
    const done = tail.then(work);
    tail = done.catch(() => undefined);
    return done;
  };
}
