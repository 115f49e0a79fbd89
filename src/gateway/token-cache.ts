/**
 * The live tokens, read every few seconds instead of at each request: the table is small, a flood of wrong tokens costs no
 * query, and a revoked one stops working within FRESH + STALE milliseconds at most.
 */
import { timingSafeEqual } from 'node:crypto';
import { tokenHash } from '../client/tokens.js';
import type { LiveToken } from '../registry/tokens.js';
import type { Identity } from './identity.js';

const FRESH_MS = 1_000;
/** One that is not in the list may have been made a moment ago: then a list of this age is read again, never more often. */
const RETRY_MS = 200;
/** Up to this age the old list still serves while the new one is being read. */
const STALE_MS = 4_000;

export interface TokenCache {
  /** Null for a token that is not live. @throws REGISTRY_UNAVAILABLE when the list cannot be read */
  find(token: string): Promise<Identity | null>;
}

interface Loaded {
  readonly byHash: ReadonlyMap<string, LiveToken>;
  readonly atMs: number;
}

export function createTokenCache(load: () => Promise<readonly LiveToken[]>): TokenCache {
  let loaded: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;

  const reload = (): Promise<Loaded> => {
    // The age counts from before the read: what was revoked during it must not look fresh.
    const atMs = performance.now();
    loading ??= load()
      .then((tokens) => {
        loaded = { byHash: new Map(tokens.map((token) => [token.secretHash, token])), atMs };
        return loaded;
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };

  const current = async (): Promise<Loaded> => {
    const ageMs = loaded === undefined ? Number.POSITIVE_INFINITY : performance.now() - loaded.atMs;
    if (loaded === undefined || ageMs > STALE_MS) return reload();
    // A failure shows at the next request that finds the list too old.
    if (ageMs > FRESH_MS) reload().catch(() => undefined);
    return loaded;
  };

  return {
    find: async (token) => {
      const hash = tokenHash(token);
      const list = await current();
      const isOld = performance.now() - list.atMs > RETRY_MS;
      const found = list.byHash.get(hash) ?? (isOld ? (await reload()).byHash.get(hash) : undefined);
      if (found === undefined) return null;
      if (!timingSafeEqual(Buffer.from(found.secretHash, 'hex'), Buffer.from(hash, 'hex'))) return null;
      if (found.expiresAt !== null && Date.parse(found.expiresAt) <= Date.now()) return null;
      return { name: found.name, roles: found.roles, models: found.models };
    },
  };
}
