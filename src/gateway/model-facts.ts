/**
 * What taking a signal needs to know of a model: that it exists, and from its spec how far back an alert looks. Kept for a
 * few seconds, so that a storm of signals costs no query each, and one for an unknown model never reaches a transaction.
 */
import type { Pool } from 'pg';
import { PipelineError } from '../core/errors.js';
import { durationMs } from '../core/spec/duration.js';
import { modelUnknown } from '../registry/models.js';
import { currentSpec, specByDigest } from '../registry/specs.js';

const KEPT_MS = 5_000;
/** Names of models that do not exist cost memory too: the oldest are forgotten. */
const MOST_KEPT = 10_000;
const DEFAULT_ALERT_WINDOW_MS = 86_400_000;

interface ModelFact {
  readonly alertWindowMs: number;
}

export interface ModelFacts {
  /** @throws MODEL_UNKNOWN, REGISTRY_UNAVAILABLE */
  require(modelId: string): Promise<ModelFact>;
}

async function read(pool: Pool, modelId: string): Promise<ModelFact | null> {
  const current = await currentSpec(pool, modelId);
  if (current === null) return null;
  try {
    const spec = await specByDigest(pool, current.specDigest);
    return { alertWindowMs: durationMs(spec.triggers.alertWindow) };
  } catch (error) {
    // A spec of another version of perennial: its signals are kept all the same, and judged by whoever can read it.
    if (!(error instanceof PipelineError && error.code === 'SPEC_INVALID')) throw error;
    return { alertWindowMs: DEFAULT_ALERT_WINDOW_MS };
  }
}

export function createModelFacts(pool: Pool): ModelFacts {
  const kept = new Map<string, { readonly fact: Promise<ModelFact | null>; readonly atMs: number }>();
  return {
    require: async (modelId) => {
      let entry = kept.get(modelId);
      if (entry === undefined || performance.now() - entry.atMs > KEPT_MS) {
        entry = { fact: read(pool, modelId), atMs: performance.now() };
        kept.delete(modelId);
        kept.set(modelId, entry);
        const [oldest] = kept.keys();
        if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
        // A registry that is away now may answer the next one.
        entry.fact.catch(() => kept.delete(modelId));
      }
      const fact = await entry.fact;
      if (fact === null) throw modelUnknown(modelId);
      return fact;
    },
  };
}
