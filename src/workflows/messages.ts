/**
 * Every message a workflow takes, by name: what clients, other workflows and people with `temporal` send.
 * Signals where it must be accepted with no worker up (at-least-once, so each carries an event id);
 * Updates where the caller must learn at once what became of it; Queries only read.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BackfillStatus } from '../core/backfill/types.js';
import type {
  ChampionMoved,
  ClaimsPending,
  CoordinatorStatus,
  DeadlineExtension,
  DirectClaim,
  LabelsArrived,
  PauseAnswer,
  PauseOrder,
  QuestionAnswer,
  RetrainAnswer,
  RetrainRequest,
  RollbackAnswer,
  RollbackRequest,
  RunFinished,
  RunStatus,
  VersionChanged,
} from '../core/messages.js';
import type { Decision, DecisionAnswer, LabelDecision } from '../core/types.js';

// the run
export const approvePromotionUpdate = defineUpdate<DecisionAnswer, [Omit<Decision, 'decision'>]>(
  'approvePromotionUpdate',
);
export const rejectPromotionUpdate = defineUpdate<DecisionAnswer, [Omit<Decision, 'decision'>]>(
  'rejectPromotionUpdate',
);
export const answerQuestionUpdate = defineUpdate<DecisionAnswer, [QuestionAnswer]>('answerQuestionUpdate');
export const extendDeadlineUpdate = defineUpdate<DecisionAnswer, [DeadlineExtension]>('extendDeadlineUpdate');
export const approvalSignal = defineSignal<[Decision]>('approvalSignal');
/** As `answerQuestionUpdate`, for who has no use for the answer. */
export const answerQuestionSignal = defineSignal<[QuestionAnswer]>('answerQuestionSignal');
export const labelDecisionSignal = defineSignal<[LabelDecision]>('labelDecisionSignal');
export const championMovedSignal = defineSignal<[ChampionMoved]>('championMovedSignal');
export const runStatusQuery = defineQuery<RunStatus>('runStatusQuery');

// both
export const labelsArrivedSignal = defineSignal<[LabelsArrived]>('labelsArrivedSignal');

// a backfill
export const backfillStatusQuery = defineQuery<BackfillStatus>('backfillStatusQuery');

// the coordinator
export const claimsPendingSignal = defineSignal<[ClaimsPending]>('claimsPendingSignal');
export const driftSignal = defineSignal<[DirectClaim]>('driftSignal');
export const versionChangedSignal = defineSignal<[VersionChanged]>('versionChangedSignal');
export const runFinishedSignal = defineSignal<[RunFinished]>('runFinishedSignal');
export const requestRetrainUpdate = defineUpdate<RetrainAnswer, [RetrainRequest]>('requestRetrainUpdate');
export const rollbackUpdate = defineUpdate<RollbackAnswer, [RollbackRequest]>('rollbackUpdate');
export const pauseUpdate = defineUpdate<PauseAnswer, [PauseOrder]>('pauseUpdate');
export const resumeUpdate = defineUpdate<PauseAnswer, [PauseOrder]>('resumeUpdate');
export const coordinatorStatusQuery = defineQuery<CoordinatorStatus>('coordinatorStatusQuery');
