/** One lane: January's champion, then four decisions, each against the champion that the one before left. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunDetail } from '../../client/show-run.js';
import type { PerennialClient } from '../../client.js';
import { PipelineError } from '../../core/errors.js';
import { overrideModel } from '../../core/spec/override-model.js';
import type { EvaluationSummary } from '../../core/types.js';
import { FIRST_HOLDOUT, HOLDOUTS, type Lane } from './lanes.js';
import { followRun, startDecision } from './run-decision.js';

interface Decided {
  readonly month: string;
  readonly runNo: number;
  readonly evaluation: EvaluationSummary;
  readonly outcome: NonNullable<RunDetail['run']['outcome']>;
}

export interface ToldLane {
  readonly lane: Lane;
  readonly firstChampion: number;
  readonly decisions: readonly Decided[];
}

export interface Stage {
  readonly client: PerennialClient;
  readonly examplesDir: string;
  readonly say: (line: string) => void;
}

export async function applyExample(stage: Stage, example: { file: string; modelId: string }): Promise<void> {
  const file = join(stage.examplesDir, example.file);
  const text = overrideModel(await readFile(file, 'utf8'), example.modelId);
  await stage.client.applySpec({ text, file, by: 'story' });
}

async function decideMonth(stage: Stage, modelId: string, month: string): Promise<Decided> {
  const told = { modelId, say: (line: string) => stage.say(`${modelId} ${month}: ${line}`) };
  const runNo = await startDecision(stage.client, told, month);
  const { run, evaluation } = await followRun(stage.client, told, { runNo });
  if (run.outcome === null || evaluation === null) {
    const why = run.failure ?? run.outcome?.reasons.join(' ') ?? 'it has no evaluation';
    throw new PipelineError(
      'INVARIANT_BROKEN',
      `The run ${modelId}/${runNo} for ${month} gave no evaluation: ${why} See \`npx perennial show ${modelId}/${runNo}\`.`,
    );
  }
  const gain = evaluation.difference === null ? 'no champion yet' : `gain ${evaluation.difference.toFixed(4)}`;
  told.say(`${run.outcome.kind} (${evaluation.verdict}, ${gain})`);
  return { month, runNo, evaluation, outcome: run.outcome };
}

export async function makeFirstChampion(stage: Stage, modelId: string): Promise<number> {
  await applyExample(stage, { file: 'january.yaml', modelId });
  const first = await decideMonth(stage, modelId, FIRST_HOLDOUT);
  if (first.outcome.kind !== 'promoted') {
    throw new PipelineError('INVARIANT_BROKEN', `${modelId} got no first champion: ${first.outcome.reasons.join(' ')}`);
  }
  return first.evaluation.candidateVersion;
}

export async function tellLane(stage: Stage, lane: Lane): Promise<ToldLane> {
  const firstChampion = await makeFirstChampion(stage, lane.modelId);
  await applyExample(stage, lane);
  const decisions: Decided[] = [];
  for (const month of HOLDOUTS) decisions.push(await decideMonth(stage, lane.modelId, month));
  return { lane, firstChampion, decisions };
}
