/** What a run is told whose recipe a rollback blocked: when it is planned, and when its candidate would be promoted. */
import type { Digest, Instant } from '../types.js';

export function blockedRecipeText(
  modelId: string,
  block: {
    readonly recipeDigest: Digest;
    readonly version: number;
    readonly since: Instant;
    readonly by: string;
    readonly reason: string;
  },
): string {
  const { recipeDigest, version, since, by, reason } = block;
  return (
    `The recipe ${recipeDigest.slice(0, 16)} of ${modelId} is blocked: version ${version}, made by it, was rolled back at ${since} by ${by} (${reason}). ` +
    `Change the pipeline, or clear the recipe with \`perennial unblock ${modelId} --reason TEXT\`.`
  );
}
