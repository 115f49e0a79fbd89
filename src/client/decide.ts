/** What a person says to a run, on its candidate or to its questions, by Update or by Signal. */
import type { Client } from '@temporalio/client';
import type { RunKey, RunRow } from '../activities/deps.js';
import type { DeadlineExtension, QuestionAnswer } from '../core/messages.js';
import type { Decision, DecisionAnswer, DecisionChannel, LabelDecision } from '../core/types.js';
import {
  answerQuestionUpdate,
  approvalSignal,
  approvePromotionUpdate,
  extendDeadlineUpdate,
  labelDecisionSignal,
  rejectPromotionUpdate,
} from '../workflows/messages.js';
import { sendOrRecord } from './run-messages.js';

type Way = Exclude<DecisionChannel, 'client'>;
export type DecideRequest = RunKey & Decision & { readonly via: Way };
export type AnswerRequest = RunKey & QuestionAnswer & { readonly via: Way };
export type ExtendRequest = RunKey & DeadlineExtension & { readonly via: Way };

/** What it needs of the registry. */
export interface DecisionRows {
  run(key: RunKey): Promise<RunRow>;
  recordDecision(
    key: RunKey,
    decision: Decision & { channel: DecisionChannel; answer: DecisionAnswer },
  ): Promise<DecisionAnswer>;
  recordLabelDecision(
    key: RunKey,
    decision: LabelDecision & { channel: DecisionChannel; answer: DecisionAnswer },
  ): Promise<DecisionAnswer>;
}

/** Each gives the answer; for a Signal, null: its answer stands in the run's decisions later. */
export interface DecisionCalls {
  decide(request: DecideRequest): Promise<DecisionAnswer | null>;
  /** To a run that asks: about missing labels, or whether to retrain in spite of what it found. */
  answerQuestion(request: AnswerRequest): Promise<DecisionAnswer | null>;
  /** Of the wait for labels. */
  extendDeadline(request: ExtendRequest): Promise<DecisionAnswer | null>;
}

export function decisionCalls(client: Client, rows: DecisionRows): DecisionCalls {
  const handle = (workflowId: string) => client.workflow.getHandle(workflowId);
  const sayOfLabels = (
    key: RunKey,
    decision: LabelDecision,
    way: { via: Way; update: (workflowId: string) => Promise<DecisionAnswer> },
  ): Promise<DecisionAnswer | null> =>
    sendOrRecord(rows.run, key, {
      send: async (workflowId) => {
        if (way.via === 'update') return way.update(workflowId);
        await handle(workflowId).signal(labelDecisionSignal, decision);
        return null;
      },
      record: (answer) => rows.recordLabelDecision(key, { ...decision, channel: 'client', answer }),
    });
  return {
    decide: ({ modelId, runNo, via, ...decision }) =>
      sendOrRecord(
        rows.run,
        { modelId, runNo },
        {
          send: async (workflowId) => {
            if (via === 'signal') {
              await handle(workflowId).signal(approvalSignal, decision);
              return null;
            }
            const { decision: kind, ...args } = decision;
            const update = kind === 'approve' ? approvePromotionUpdate : rejectPromotionUpdate;
            return handle(workflowId).executeUpdate(update, { args: [args], updateId: decision.eventId });
          },
          record: (answer) => rows.recordDecision({ modelId, runNo }, { ...decision, channel: 'client', answer }),
        },
      ),
    answerQuestion: ({ modelId, runNo, via, ...said }) => {
      const { answer: decision, ...rest } = said;
      return sayOfLabels(
        { modelId, runNo },
        { ...rest, decision, until: null },
        {
          via,
          update: (id) => handle(id).executeUpdate(answerQuestionUpdate, { args: [said], updateId: said.eventId }),
        },
      );
    },
    extendDeadline: ({ modelId, runNo, via, ...said }) =>
      sayOfLabels(
        { modelId, runNo },
        { ...said, decision: 'extend' },
        {
          via,
          update: (id) => handle(id).executeUpdate(extendDeadlineUpdate, { args: [said], updateId: said.eventId }),
        },
      ),
  };
}
