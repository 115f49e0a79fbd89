/** The story's table and its JSON form: pure, from what was decided. Verdicts stand as the gates gave them. */
import type { Interval } from '../../core/types.js';
import { type Column, table } from '../table.js';
import type { Recipe } from './lanes.js';
import type { Realised } from './realised.js';
import type { AnsweredAlarm } from './tell-alarms.js';
import type { ToldLane } from './tell-lane.js';

export interface Told {
  readonly lane: ToldLane;
  readonly realised: Realised;
}

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(4));
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
const bounds = (interval: Interval | null): string =>
  interval === null ? '–' : `[${signed(interval.lower)}, ${signed(interval.upper)}]`;

const DECISION_COLUMNS: readonly Column[] = [
  { title: 'recipe' },
  { title: 'mode' },
  { title: 'holdout' },
  { title: 'candidate', align: 'right' },
  { title: 'champion', align: 'right' },
  { title: 'difference', align: 'right' },
  { title: 'gating day interval' },
  { title: 'at', align: 'right' },
  { title: '95 % day interval' },
  { title: '95 % row interval*' },
  { title: 'reads' },
  { title: 'verdict' },
];

export function decisionTable(told: readonly Told[]): string {
  const rows = told.flatMap(({ lane: { lane, decisions } }) =>
    decisions.map(({ month, evaluation }) => [
      lane.recipe,
      lane.mode,
      month,
      number(evaluation.candidateValue),
      number(evaluation.championValue),
      evaluation.difference === null ? '–' : signed(evaluation.difference),
      bounds(evaluation.interval),
      evaluation.interval === null ? '–' : `${(evaluation.interval.confidence * 100).toFixed(1)} %`,
      bounds(evaluation.interval95),
      bounds(evaluation.rowInterval95),
      evaluation.comparison,
      evaluation.verdict,
    ]),
  );
  const note = '* assumes independent rows, which flights of one day are not; printed to be compared, never gates.';
  return `${table(DECISION_COLUMNS, rows, { width: null, hasColour: false })}\n${note}`;
}

export function realisedTable(told: readonly Told[]): string {
  const columns: Column[] = [
    { title: 'recipe' },
    { title: 'never retrain', align: 'right' },
    { title: 'always replace', align: 'right' },
    { title: 'superior', align: 'right' },
    { title: 'refresh', align: 'right' },
  ];
  const rows = Object.entries(realisedByRecipe(told)).map(([recipe, realised]) => [
    recipe,
    number(realised.never),
    number(realised.always),
    number(realised.superior ?? null),
    number(realised.refresh ?? null),
  ]);
  return table(columns, rows, { width: null, hasColour: false });
}

interface RecipeRealised {
  never: number;
  always: number;
  superior?: number;
  refresh?: number;
}

function realisedByRecipe(told: readonly Told[]): Partial<Record<Recipe, RecipeRealised>> {
  const recipes: Partial<Record<Recipe, RecipeRealised>> = {};
  for (const { lane, realised } of told) {
    const { recipe, mode } = lane.lane;
    // Never and always do not depend on the mode: the first lane of a recipe gives them.
    const entry = recipes[recipe] ?? { never: realised.never, always: realised.always };
    recipes[recipe] = { ...entry, [mode]: realised.gated };
  }
  return recipes;
}

/** What the figures say of the gates, recipe by recipe. */
export function lessons(told: readonly Told[]): string {
  const sentences = Object.entries(realisedByRecipe(told)).flatMap(([recipe, realised]) =>
    (['superior', 'refresh'] as const).flatMap((mode) => {
      const gated = realised[mode];
      if (gated === undefined) return [];
      const gain = gated - realised.always;
      const verb = gain > 0 ? 'saved' : gain < 0 ? 'cost' : 'neither saved nor cost';
      return [
        `- ${recipe}: against always replacing, the gates in mode ${mode} ${verb} ${Math.abs(gain).toFixed(4)} AUC; against never retraining they gained ${signed(gated - realised.never)}.`,
      ];
    }),
  );
  return sentences.join('\n');
}

const ALARM_COLUMNS: readonly Column[] = [
  { title: 'alarm of Evidently on' },
  { title: 'done to the data' },
  { title: 'verdict' },
  { title: 'columns' },
  { title: 'since' },
  { title: 'outcome' },
];

/** What the alarms between the months were answered with. */
export function alarmTable(alarms: readonly AnsweredAlarm[]): string {
  const rows = alarms.map(({ alarm, assessment, outcome }) => [
    `week of ${alarm.week}`,
    alarm.fault,
    [assessment.verdict, assessment.triage?.certainty ?? ''].join(' ').trim(),
    assessment.triage?.columns.join(', ') || '–',
    assessment.triage?.onset?.slice(0, 10) ?? '–',
    outcome.kind,
  ]);
  return table(ALARM_COLUMNS, rows, { width: null, hasColour: false });
}

/** What each damage has to read as: the one who did it knows. */
const TRUE_CAUSE = { 'broken-feed': 'broken-feed', 'unit-change': 'logging-change' } as const;

export const alarmChecks = (alarms: readonly AnsweredAlarm[]): readonly Check[] =>
  alarms.map(({ alarm, assessment, outcome }) => ({
    text: `the alarm of the ${alarm.fault} is answered as ${TRUE_CAUSE[alarm.fault]}, and trains nothing`,
    holds:
      assessment.verdict === TRUE_CAUSE[alarm.fault] &&
      outcome.kind === 'blocked-by-data' &&
      outcome.candidateVersion === null,
  }));

export interface Check {
  readonly text: string;
  readonly holds: boolean;
}

/** The few cells that must come out this way on any seed; everything else is reported as it falls. */
export function checks(told: readonly Told[]): readonly Check[] {
  const outcome = (recipe: Recipe, month: string): string | undefined =>
    told
      .find(({ lane: { lane } }) => lane.recipe === recipe && lane.mode === 'superior')
      ?.lane.decisions.find((decision) => decision.month === month)?.outcome.kind;
  return [
    { text: 'last week is turned down for March', holds: outcome('last-week', '2001-03') === 'turned-down' },
    { text: 'last week is turned down for April', holds: outcome('last-week', '2001-04') === 'turned-down' },
    { text: 'last month is not promoted for March', holds: outcome('last-month', '2001-03') === 'turned-down' },
    { text: 'all past is promoted for April', holds: outcome('all-past', '2001-04') === 'promoted' },
  ];
}

const pair = (interval: Interval | null): [number, number] | null =>
  interval === null ? null : [interval.lower, interval.upper];

export function storyJson(told: readonly Told[], alarms: readonly AnsweredAlarm[] = []): object {
  const decisions = told.flatMap(({ lane: { lane, decisions: made } }) =>
    made.map(({ month, runNo, evaluation, outcome }) => ({
      recipe: lane.recipe,
      mode: lane.mode,
      holdout: month,
      modelId: lane.modelId,
      runNo,
      candidateVersion: evaluation.candidateVersion,
      championVersion: evaluation.championVersion,
      candidateAuc: evaluation.candidateValue,
      championAuc: evaluation.championValue,
      difference: evaluation.difference,
      interval: pair(evaluation.interval),
      confidence: evaluation.interval?.confidence ?? null,
      interval95: pair(evaluation.interval95),
      rowInterval95: pair(evaluation.rowInterval95),
      comparison: evaluation.comparison,
      verdict: evaluation.verdict,
      outcome: outcome.kind,
      evidenceDigest: evaluation.evidenceDigest,
    })),
  );
  const answered = alarms.map(({ alarm, runNo, assessment, outcome }) => ({
    fault: alarm.fault,
    week: alarm.week,
    runNo,
    verdict: assessment.verdict,
    certainty: assessment.triage?.certainty ?? null,
    columns: assessment.triage?.columns ?? [],
    outcome: outcome.kind,
  }));
  return { decisions, realised: realisedByRecipe(told), alarms: answered };
}
