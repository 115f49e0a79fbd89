/**
 * Tokens for the gateway: 256 random bits behind a prefix that scanners for leaked secrets can find. Only the sha256 goes
 * to the registry, so a token is shown once, when it is made.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { Digest, Instant } from '../core/types.js';
import { addToken, replaceToken, TOKEN_ROLES, type TokenRole } from '../registry/tokens.js';

const PREFIX = 'pnl_';
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** The token that `npm start` makes and prints; the one before it ends. */
const START_NAME = 'start';

export interface TokenRequest {
  readonly name: string;
  readonly roles: readonly string[];
  /** Null: every model. */
  readonly models: readonly string[] | null;
  readonly expiresAt: Instant | null;
  readonly by: string;
}

export const tokenHash = (token: string): Digest => createHash('sha256').update(token, 'utf8').digest('hex');

const newSecret = (): string => `${PREFIX}${randomBytes(32).toString('base64url')}`;

function checkRoles(roles: readonly string[]): TokenRole[] {
  const known = TOKEN_ROLES.filter((role) => roles.includes(role));
  const unknown = roles.filter((role) => !known.some((one) => one === role));
  if (unknown.length === 0 && known.length > 0) return known;
  const wrong = unknown.length === 0 ? 'A token needs a role' : `There is no role ${unknown.join(', ')}`;
  throw new PipelineError('SIGNAL_INVALID', `${wrong}; roles: ${TOKEN_ROLES.join(', ')}.`);
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new PipelineError(
    'SIGNAL_INVALID',
    `${JSON.stringify(name)} is no name of a token: 1 to 63 lower-case letters, digits, dots, hyphens or underscores, a letter or digit first.`,
  );
}

/** @returns the token, which nobody can read again. @throws SIGNAL_INVALID for a name that is taken or malformed, or an unknown role */
export async function createToken(pool: Pool, request: TokenRequest): Promise<string> {
  checkName(request.name);
  const secret = newSecret();
  await addToken(pool, { ...request, roles: checkRoles(request.roles), secretHash: tokenHash(secret) });
  return secret;
}

/** For `npm start`: a fresh token for everything, in the place of the one that the last start made. */
export async function ensureStartToken(pool: Pool, by: string): Promise<string> {
  const secret = newSecret();
  await replaceToken(pool, {
    name: START_NAME,
    secretHash: tokenHash(secret),
    roles: ['admin'],
    models: null,
    expiresAt: null,
    by,
  });
  return secret;
}
