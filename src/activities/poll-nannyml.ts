/**
 * One poll of NannyML's tables: read after the remembered place, put the claims into the ledger, then move the place. Dying
 * on any line loses nothing, since the place moves last, and doubles nothing, since the ledger knows a claim by its id and
 * the same rows give the same ids.
 */
import { Context } from '@temporalio/activity';
import { canonicalDigest } from '../core/canonical-json.js';
import type { Accepted, Arrival, Refused } from '../core/signals/arrival.js';
import type { DriftClaim, Envelope } from '../core/signals/drift-claim.js';
import type { Instant } from '../core/types.js';

export interface NannymlPoller {
  /** Of the place: one for each model and source. */
  readonly pollerId: string;
  readonly modelId: string;
  /** As claims name it, e.g. the environment variable of the URL; never the URL. */
  readonly sourceName: string;
}

export interface PollNannymlDeps {
  readonly now: () => Instant;
  readonly readCursor: (pollerId: string) => Promise<{ readonly place: unknown; readonly moves: number }>;
  /** Reads after a stored place; `place` of the answer is stored as it is. */
  readonly readNews: (
    place: unknown,
    envelope: Envelope,
  ) => Promise<{ readonly claims: readonly DriftClaim[]; readonly place: unknown; readonly hasMore: boolean }>;
  /** One answer an arrival, after the commit. */
  readonly accept: (arrivals: readonly Arrival[]) => Promise<readonly (Accepted | Refused)[]>;
  readonly moveCursor: (pollerId: string, to: { readonly from: number; readonly place: unknown }) => Promise<boolean>;
  /** Between batches; may throw to stop. */
  readonly heartbeat?: () => void;
}

export interface PollReport {
  readonly claims: number;
  /** Claims that were in the ledger already: a poll before this one died, or two overlapped. */
  readonly repeats: number;
  /** Why claims could not be kept, a sentence each; they are passed over. */
  readonly refused: readonly string[];
  /** False: batches are left for the next poll. */
  readonly isDone: boolean;
}

/** What a Schedule asks to be polled: one model of one NannyML database. */
export interface MonitorPoll {
  readonly modelId: string;
  /** The environment variable that holds the URL. */
  readonly urlEnv: string;
  readonly schema: string;
  /** The name in NannyML's table `model`; null: rows without a model. */
  readonly modelName: string | null;
  readonly since: Instant | null;
}

/** A transaction of the ledger. */
const ARRIVALS_AT_ONCE = 200;
/** Rounds of a poll, so that one with a long history to read still ends. */
const MAX_ROUNDS = 50;

function arrivalOf(claim: DriftClaim): Arrival {
  const { receivedAt: _receivedAt, notes: _notes, ...content } = claim;
  return {
    modelId: claim.modelId,
    channel: 'poller',
    source: claim.source,
    eventId: claim.eventId,
    cause: claim.cause,
    requestedBy: claim.source,
    clock: { mode: 'wall' },
    receivedAt: claim.receivedAt,
    isUrgent: claim.severity === 'critical',
    claim,
    body: {},
    bodyDigest: canonicalDigest(content),
  };
}

/** An unknown model stops the poll, so that its claims wait; what can never be stored is passed over. */
function refusalsOf(taken: readonly (Accepted | Refused)[]): string[] {
  return taken.flatMap((one) => {
    if (!('refused' in one)) return [];
    if (one.refused.code !== 'SIGNAL_INVALID') throw one.refused;
    return [one.refused.message];
  });
}

/** @throws MODEL_UNKNOWN, REGISTRY_UNAVAILABLE, SOURCE_UNAVAILABLE, DATA_SCHEMA_VIOLATION; the next poll begins at the same place */
export async function pollNannyml(deps: PollNannymlDeps, poller: NannymlPoller): Promise<PollReport> {
  const { pollerId, modelId, sourceName } = poller;
  let [claims, repeats] = [0, 0];
  const refused: string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const cursor = await deps.readCursor(pollerId);
    const envelope = { modelId, receivedAt: deps.now(), source: `nannyml/${sourceName}`, alertWindowMs: 0 };
    const news = await deps.readNews(cursor.place, envelope);
    for (let at = 0; at < news.claims.length; at += ARRIVALS_AT_ONCE) {
      const taken = await deps.accept(news.claims.slice(at, at + ARRIVALS_AT_ONCE).map(arrivalOf));
      refused.push(...refusalsOf(taken));
      repeats += taken.filter((one) => !('refused' in one) && !one.isNew).length;
      deps.heartbeat?.();
    }
    claims += news.claims.length;
    const isMoved = canonicalDigest(news.place) !== canonicalDigest(cursor.place);
    if (isMoved) await deps.moveCursor(pollerId, { from: cursor.moves, place: news.place });
    if (!news.hasMore) return { claims, repeats, refused, isDone: true };
  }
  return { claims, repeats, refused, isDone: false };
}

/** Row ids, and with them the claims' ids, are of one schema. */
const sourceNameOf = ({ urlEnv, schema }: MonitorPoll): string =>
  schema === 'public' ? urlEnv : `${urlEnv}/${schema}`;

export function createPollActivities(deps: {
  readonly depsOf: (poll: MonitorPoll, signal: AbortSignal) => PollNannymlDeps;
}) {
  return {
    pollMonitor: (poll: MonitorPoll): Promise<PollReport> => {
      const { modelId, urlEnv, schema, modelName } = poll;
      const pollerId = `nannyml/${modelId}/${urlEnv}/${schema}/${modelName ?? ''}`;
      const { cancellationSignal } = Context.current();
      return pollNannyml(deps.depsOf(poll, cancellationSignal), { pollerId, modelId, sourceName: sourceNameOf(poll) });
    },
  };
}

export type PollActivities = ReturnType<typeof createPollActivities>;
