/**
 * Who a request is from: a token in `Authorization`, checked before a byte of the body is read, or a signature over the
 * body, checked as soon as it is there. Then whether they may.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { PipelineError } from '../core/errors.js';
import { type Identity, requireModel, requireRole } from './identity.js';
import type { Access } from './route.js';
import type { TokenCache } from './token-cache.js';
import { isSigned, type WebhookSecrets } from './webhook-secrets.js';

type Closed = Exclude<Access, { of: 'open' }>;

interface Caller {
  readonly headers: IncomingHttpHeaders;
  readonly params: unknown;
}

export interface Guard {
  /** Null: open to all, or signed and still to be verified with the body. @throws UNAUTHENTICATED, FORBIDDEN, REGISTRY_UNAVAILABLE */
  early(access: Access, caller: Caller): Promise<Identity | null>;
  /** @throws UNAUTHENTICATED, FORBIDDEN */
  late(access: Access, caller: Caller & { readonly body: Buffer }): Identity | null;
}

const BEARER = /^bearer +(\S+) *$/i;

const modelOf = ({ params }: Caller): string => String((params as { model?: unknown }).model ?? '');

const unknown = (message: string): PipelineError => new PipelineError('UNAUTHENTICATED', message);

function require(identity: Identity, { of, role }: Closed, caller: Caller): Identity {
  requireRole(identity, role);
  if (of === 'model') requireModel(identity, modelOf(caller));
  return identity;
}

const textHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );

export function createGuard(tokens: TokenCache, secrets: WebhookSecrets): Guard {
  const mayVerify = (access: Closed, caller: Caller): boolean =>
    access.takesWebhooks === true && isSigned(caller.headers) && secrets.has(modelOf(caller));
  return {
    early: async (access, caller) => {
      if (access.of === 'open') return null;
      const { authorization } = caller.headers;
      if (authorization === undefined) {
        if (mayVerify(access, caller)) return null;
        throw unknown('The request has no token: send `Authorization: Bearer pnl_...`.');
      }
      const token = BEARER.exec(authorization)?.[1];
      const identity = token === undefined ? null : await tokens.find(token);
      if (identity === null) throw unknown('The token is not known, has expired or was revoked.');
      return require(identity, access, caller);
    },
    late: (access, caller) => {
      if (access.of === 'open') return null;
      const message = { headers: textHeaders(caller.headers), body: caller.body };
      const identity = mayVerify(access, caller) ? secrets.verify(modelOf(caller), message) : null;
      if (identity === null) throw unknown('The signature is not valid, or older than five minutes.');
      return require(identity, access, caller);
    },
  };
}
