/** One lane: January's champion, then four decisions, each against the champion that the one before left. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunDetail } from '../../client/show-run.js';
import type { PerennialClient } from '../../client.js';
import { PipelineError } from '../../core/errors.js';
import { overrideModel } from '../../core/spec/override-model.js';
import type { EvaluationSummary } from '../../core/types.js';
import { decisionInstant, FIRST_HOLDOUT, HOLDOUTS, type Lane } from './lanes.js';
import { followRun, startByMessage, startBySchedule, type Told } from './run-decision.js';
import { askForRetrain, type Gateway, sendMonthlyReport } from './send-report.js';

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
  readonly gateway: Gateway;
  readonly examplesDir: string;
  readonly say: (line: string) => void;
}

export async function applyExample(stage: Stage, example: { file: string; modelId: string }): Promise<void> {
  const file = join(stage.examplesDir, example.file);
  const text = overrideModel(await readFile(file, 'utf8'), example.modelId);
  await stage.client.applySpec({ text, file, by: 'story' });
}

/** The calendar asks; where reports are kept, Evidently's on the month comes in the same minute, and one run answers both. */
async function startMonth(
  { client, gateway, examplesDir }: Stage,
  told: Told,
  { month, hasReports }: { month: string; hasReports: boolean },
): Promise<number> {
  const { modelId } = told;
  const asOf = decisionInstant(month);
  if (!hasReports) {
    told.say('the Schedule fires');
    return startBySchedule(client, told, asOf);
  }
  told.say("Evidently's report on the month is posted, and the Schedule fires");
  await sendMonthlyReport(gateway, { modelId, month, asOf, examplesDir });
  return startBySchedule(client, told, asOf);
}

/** Somebody asks, since there is no champion yet. */
function startFirst({ client, gateway }: Stage, told: Told, month: string): Promise<number> {
  const { modelId } = told;
  const asked = {
    modelId,
    asOf: decisionInstant(month),
    eventId: `story/${month}`,
    reason: `a first champion, held out ${month}`,
  };
  return startByMessage(client, told, askForRetrain(gateway, asked));
}

interface Month {
  readonly modelId: string;
  readonly month: string;
  /** Null: somebody asks, for the first champion. */
  readonly hasReports: boolean | null;
}

async function decideMonth(stage: Stage, { modelId, month, hasReports }: Month): Promise<Decided> {
  const told = { modelId, say: (line: string) => stage.say(`${modelId} ${month}: ${line}`) };
  const runNo =
    hasReports === null ? await startFirst(stage, told, month) : await startMonth(stage, told, { month, hasReports });
  const { run, assessment, evaluation } = await followRun(stage.client, told, { runNo, whenAsked: 'proceed' });
  if (run.outcome === null || evaluation === null) {
    const why = run.failure ?? run.outcome?.reasons.join(' ') ?? 'it has no evaluation';
    throw new PipelineError(
      'INVARIANT_BROKEN',
      `The run ${modelId}/${runNo} for ${month} gave no evaluation: ${why} See \`npx perennial show ${modelId}/${runNo}\`.`,
    );
  }
  if (hasReports === true && assessment !== null)
    told.say(
      `the alarm reads as ${assessment.triage?.verdict ?? assessment.verdict}; the calendar's run goes on to its gates`,
    );
  const gain = evaluation.difference === null ? 'no champion yet' : `gain ${evaluation.difference.toFixed(4)}`;
  told.say(`${run.outcome.kind} (${evaluation.verdict}, ${gain})`);
  return { month, runNo, evaluation, outcome: run.outcome };
}

export async function makeFirstChampion(stage: Stage, modelId: string): Promise<number> {
  await applyExample(stage, { file: 'january.yaml', modelId });
  const first = await decideMonth(stage, { modelId, month: FIRST_HOLDOUT, hasReports: null });
  if (first.outcome.kind !== 'promoted') {
    throw new PipelineError('INVARIANT_BROKEN', `${modelId} got no first champion: ${first.outcome.reasons.join(' ')}`);
  }
  return first.evaluation.candidateVersion;
}

export async function tellLane(stage: Stage, lane: Lane): Promise<ToldLane> {
  const firstChampion = await makeFirstChampion(stage, lane.modelId);
  await applyExample(stage, lane);
  const decisions: Decided[] = [];
  const { modelId, hasReports } = lane;
  for (const month of HOLDOUTS) decisions.push(await decideMonth(stage, { modelId, month, hasReports }));
  return { lane, firstChampion, decisions };
}
