/** A wait that Ctrl-C ends in order: what was started is cancelled and named, instead of going on behind the person's back. */

import { type Awaiting, GivenUp } from '../client/awaited-workflow.js';
import type { PerennialClient } from '../client.js';
import { type CliContext, withClient } from './context.js';

/** As a shell reports a process that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

/** @returns null when the person gave up: it is said and the exit code is set */
export async function interruptible<T>(
  context: CliContext,
  use: (client: PerennialClient, awaiting: Awaiting) => Promise<T>,
): Promise<T | null> {
  const { io } = context;
  const asked = new AbortController();
  // Once: a second Ctrl-C ends the process at once.
  const onSignal = (): void => asked.abort();
  process.once('SIGINT', onSignal);
  const onRetry = (text: string): void =>
    io.err(`${text}\nIt is tried again for about half a minute; Ctrl-C gives up.`);
  try {
    return await withClient(context, (client) => use(client, { signal: asked.signal, onRetry }));
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error;
    io.err(`Interrupted. ${error.message}`);
    io.setExitCode(EXIT_INTERRUPTED);
    return null;
  } finally {
    process.off('SIGINT', onSignal);
  }
}
