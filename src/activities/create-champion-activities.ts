/** The two ways in which the champion moves: a run's promotion, and a rollback by a person. */
import { PipelineError } from '../core/errors.js';
import type { RollbackAnswer, RollbackRequest } from '../core/messages.js';
import type { ActivityDeps, ChampionMove } from './deps.js';

export function createChampionActivities({ registry }: Pick<ActivityDeps, 'registry'>) {
  return {
    moveChampion: (move: ChampionMove) => registry.moveChampion(move),

    /** To the named version, or to the champion before the present one; repeated, it returns what the first call did. */
    rollBackChampion: async (modelId: string, request: RollbackRequest): Promise<RollbackAnswer> => {
      const champion = await registry.champion(modelId);
      const toVersion = request.toVersion ?? (await registry.pastChampions(modelId))[0]?.version;
      // Asked after the reads: while the key is unknown, they cannot have seen what this very rollback left.
      const done = await registry.moveByKey(modelId, request.moveKey);
      if (done !== null) return done;
      if (champion === null) {
        throw new PipelineError('APPROVAL_NOT_ALLOWED', `Model ${modelId} has no champion to roll back from.`);
      }
      if (toVersion === undefined) {
        throw new PipelineError(
          'APPROVAL_NOT_ALLOWED',
          `Version ${champion.version} is the first champion of ${modelId}; there is none before it. Name a version with --to.`,
        );
      }
      return registry.moveChampion({
        modelId,
        moveKey: request.moveKey,
        kind: 'rollback',
        toVersion,
        expected: { version: champion.version, epoch: champion.epoch },
        by: request.by,
        reason: request.reason,
        evidenceDigest: null,
        runNo: null,
      });
    },
  };
}
