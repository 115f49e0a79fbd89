/** Who calls, and whether they may: the roles of a token, for the models that it names. */
import { PipelineError } from '../core/errors.js';
import type { TokenRole } from '../registry/tokens.js';

export interface Identity {
  /** Stands in the ledger and beside decisions as who asked. */
  readonly name: string;
  readonly roles: readonly TokenRole[];
  /** Null: every model. */
  readonly models: readonly string[] | null;
  /** A signature vouches for the body alone: what stands beside it may be anybody's. */
  readonly isSigner?: boolean;
}

const hasRole = ({ roles }: Identity, role: TokenRole): boolean => roles.includes(role) || roles.includes('admin');

export const mayTouch = ({ models }: Identity, modelId: string): boolean => models === null || models.includes(modelId);

/** @throws FORBIDDEN naming what is missing */
export function requireRole(identity: Identity, role: TokenRole): void {
  if (hasRole(identity, role)) return;
  throw new PipelineError('FORBIDDEN', `${identity.name} lacks the role ${role}.`, { details: { role } });
}

/** @throws FORBIDDEN */
export function requireModel(identity: Identity, modelId: string): void {
  if (mayTouch(identity, modelId)) return;
  throw new PipelineError('FORBIDDEN', `${identity.name} has no rights for this model.`);
}
