/**
 * Tells coordinators of what waits in their ledgers: after a commit at once, and every few seconds by whoever runs (each
 * worker process, the gateway), so that an arrival is delivered however often Temporal was away meanwhile. At most one notice
 * a model is under way until its judgement, or ten seconds; a coordinator that is gone is started by it.
 */
import type { Pool } from 'pg';
import type { ClaimsPending } from '../core/messages.js';
import { type DueNotice, releaseNotices, takeDueNotices } from '../registry/notices.js';

export interface NotifierSettings {
  readonly pool: Pool;
  /** Signal-with-start of the model's coordinator. */
  readonly send: (modelId: string, notice: ClaimsPending) => Promise<void>;
  readonly everyMs?: number;
  readonly log?: (line: string) => void;
}

export interface Notifier {
  /** There is news: looks soon. However often it is said while a look is under way, one more look follows. */
  poke(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 3_000;
/** Sent side by side. */
const AT_ONCE = 16;
const MOST_A_LOOK = 200;

/** @returns how many models were told */
async function notifyPending({ pool, send }: Pick<NotifierSettings, 'pool' | 'send'>): Promise<number> {
  const due = await takeDueNotices(pool, MOST_A_LOOK);
  const unsent = new Set(due.map(({ modelId }) => modelId));
  let failure: unknown = null;
  const tell = async ({ modelId, throughSeq, isUrgent }: DueNotice): Promise<void> => {
    try {
      await send(modelId, { throughSeq, isUrgent });
      unsent.delete(modelId);
    } catch (error) {
      failure = error;
    }
  };
  for (let from = 0; from < due.length && failure === null; from += AT_ONCE) {
    await Promise.all(due.slice(from, from + AT_ONCE).map(tell));
  }
  if (failure === null) return due.length;
  await releaseNotices(pool, [...unsent]);
  throw failure;
}

export function startNotifier(settings: NotifierSettings): Notifier {
  const { everyMs = EVERY_MS, log = () => undefined } = settings;
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  let isWanted = false;
  let isQuiet = false;
  let running: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    do {
      isWanted = false;
      try {
        await notifyPending(settings);
        isQuiet = false;
      } catch (error) {
        // Tried again at the next look, for ever: said once until it works again.
        if (!isQuiet)
          log(
            `Coordinators could not be told of new triggers: ${error instanceof Error ? error.message : String(error)}`,
          );
        isQuiet = true;
        isWanted = false;
      }
    } while (isWanted && !isStopped);
  };
  const wake = (): void => {
    if (isStopped) return;
    isWanted = true;
    if (running !== null) return;
    if (timer !== null) clearTimeout(timer);
    running = look().finally(() => {
      running = null;
      if (!isStopped) timer = setTimeout(wake, everyMs);
    });
  };
  wake();
  return {
    poke: wake,
    stop: async () => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
