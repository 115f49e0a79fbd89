/**
 * Tokens of the gateway: made once, revoked once, never shown again. The secret itself is made and forgotten elsewhere
 * (client/tokens.ts); here are its hash and what it may do.
 */
import type { Pool } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { Digest, Instant } from '../core/types.js';
import { type Db, inTransaction, query, queryOne, toInstant, toInstantOrNull } from './database.js';
import { checkTexts } from './stored-text.js';

export const TOKEN_ROLES = ['signal', 'read', 'retrain', 'approve', 'admin'] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

export interface NewToken {
  /** Lower-case letters, digits, `.`, `_`, `-`; unique among those that are not revoked. */
  readonly name: string;
  readonly secretHash: Digest;
  readonly roles: readonly TokenRole[];
  /** Null: every model. */
  readonly models: readonly string[] | null;
  readonly expiresAt: Instant | null;
  readonly by: string;
}

export interface TokenRow extends Omit<NewToken, 'secretHash'> {
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
  readonly revokedBy: string | null;
}

export interface LiveToken extends Pick<NewToken, 'name' | 'secretHash' | 'roles' | 'models' | 'expiresAt'> {}

interface DbToken {
  name: string;
  secret_hash: string;
  roles: TokenRole[];
  models: string[] | null;
  created_by: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  revoked_by: string | null;
}

const UNIQUE_VIOLATION = '23505';

const isTaken = (error: unknown): boolean =>
  error instanceof PipelineError && error.details.sqlState === UNIQUE_VIOLATION;

async function insert(db: Db, token: NewToken): Promise<void> {
  checkTexts({ by: token.by });
  await query(
    db,
    `insert into perennial.tokens (name, secret_hash, roles, models, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [token.name, token.secretHash, token.roles, token.models, token.by, token.expiresAt],
  );
}

/** @throws SIGNAL_INVALID when a live token has that name */
export async function addToken(db: Db, token: NewToken): Promise<void> {
  try {
    await insert(db, token);
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new PipelineError(
      'SIGNAL_INVALID',
      `A token named ${token.name} exists already. Choose another name, or revoke it first with \`perennial token revoke ${token.name}\`.`,
      { cause: error, details: { name: token.name } },
    );
  }
}

const REVOKE = `update perennial.tokens set revoked_at = date_trunc('milliseconds', clock_timestamp()), revoked_by = $2
  where name = $1 and revoked_at is null returning name`;

/** In one transaction the token of that name ends, if there is one, and the new one begins. */
export function replaceToken(pool: Pool, token: NewToken): Promise<void> {
  return inTransaction(pool, async (client) => {
    await query(client, REVOKE, [token.name, token.by]);
    await insert(client, token);
  });
}

/** @returns false when no live token has that name */
export async function revokeToken(db: Db, request: { name: string; by: string }): Promise<boolean> {
  checkTexts(request);
  return (await queryOne(db, REVOKE, [request.name, request.by])) !== undefined;
}

/** By name, newest first; revoked and expired ones too. */
export async function listTokens(db: Db): Promise<TokenRow[]> {
  const rows = await query<DbToken>(
    db,
    'select * from perennial.tokens order by name collate "C", created_at desc, token_id desc',
  );
  return rows.map((row) => ({
    name: row.name,
    roles: row.roles,
    models: row.models,
    expiresAt: toInstantOrNull(row.expires_at),
    by: row.created_by,
    createdAt: toInstant(row.created_at),
    revokedAt: toInstantOrNull(row.revoked_at),
    revokedBy: row.revoked_by,
  }));
}

/** Those that let somebody in now; the database's clock says what has expired. */
export async function liveTokens(db: Db): Promise<LiveToken[]> {
  const rows = await query<DbToken>(
    db,
    `select name, secret_hash, roles, models, expires_at from perennial.tokens
     where revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`,
  );
  return rows.map((row) => ({
    name: row.name,
    secretHash: row.secret_hash,
    roles: row.roles,
    models: row.models,
    expiresAt: toInstantOrNull(row.expires_at),
  }));
}
