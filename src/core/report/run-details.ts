/**
 * What Temporal's Web UI shows of a run (Markdown): stage, what is awaited and until when, candidate against champion,
 * and the complete command line to decide with. Pure text from plain values.
 */
import type { RetrainInput } from '../messages.js';
import type { RunPlan } from '../spec/run-plan.js';
import type { EvaluationSummary, Instant, Interval, Stage } from '../types.js';

export interface RunView {
  readonly input: RetrainInput;
  readonly plan: RunPlan | null;
  readonly stage: Stage;
  readonly awaits: string | null;
  readonly awaitsSince: Instant | null;
  readonly awaitsUntil: Instant | null;
  /** Sentences on the state of the stage: labels missing, failed checks. */
  readonly notes: readonly string[];
  readonly evaluation: EvaluationSummary | null;
  readonly isDecisionAwaited: boolean;
}

const day = (instant: Instant): string => instant.slice(0, 10);
const number = (value: number | null): string => (value === null ? '–' : value.toFixed(4));
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
const percent = (confidence: number): string => `${(confidence * 100).toFixed(confidence === 0.95 ? 0 : 2)} %`;

const interval = (value: Interval | null): string =>
  value === null ? 'not to be had' : `[${signed(value.lower)}, ${signed(value.upper)}] at ${percent(value.confidence)}`;

/** One line for lists. */
export const staticSummary = (input: RetrainInput): string =>
  `Retrain ${input.modelId} #${input.runNo} (${input.cause}, asked by ${input.requestedBy})`.slice(0, 200);

/** Stands from the start, for when no worker is up to show more. */
export function staticDetails(input: RetrainInput): string {
  const run = `${input.modelId}/${input.runNo}`;
  return [
    `**Retrain ${run}**, caused by ${input.cause}.`,
    '',
    `State and evidence: \`npx perennial show ${run}\``,
    '',
    `Decide, when a decision is awaited (\`show\` prints the evidence digest): \`npx perennial approve ${run} --evidence DIGEST --reason "why"\` or \`npx perennial reject ${run} --evidence DIGEST --reason "why"\``,
    '',
    'Without perennial at hand:',
    '',
    `\`${decisionSignal(input, 'DIGEST')}\``,
  ].join('\n');
}

function decisionSignal(input: RetrainInput, evidence: string): string {
  const payload = `{"decision":"approve","by":"your name","reason":"why","evidence":"${evidence}"}`;
  return `temporal workflow signal --workflow-id retrain/${input.modelId}/${input.runNo} --name approvalSignal --input '${payload}'`;
}

function comparisonTable(evaluation: EvaluationSummary): string[] {
  const { championVersion } = evaluation;
  const reasons = ['', ...evaluation.reasons.map((reason) => `- ${reason}`)];
  const where = `mode ${evaluation.mode}, look ${evaluation.look} at this range, ${evaluation.blocks} days`;
  if (championVersion === null) {
    return [
      `Candidate v${evaluation.candidateVersion}: ${evaluation.metric} ${number(evaluation.candidateValue)}. No champion yet to compare with.`,
      '',
      `Verdict **${evaluation.verdict}** (${where}).`,
      ...reasons,
    ];
  }
  const difference = evaluation.difference === null ? '–' : signed(evaluation.difference);
  return [
    `| ${evaluation.metric} | candidate v${evaluation.candidateVersion} | champion v${championVersion} | difference | gating interval |`,
    '|---|---|---|---|---|',
    `| all rows | ${number(evaluation.candidateValue)} | ${number(evaluation.championValue)} | ${difference} | ${interval(evaluation.interval)} |`,
    '',
    `Verdict **${evaluation.verdict}** (${evaluation.comparison}, ${where}). 95 % interval ${interval(evaluation.interval95)}; assuming independent rows ${interval(evaluation.rowInterval95)}.`,
    ...reasons,
  ];
}

function howToDecide(view: RunView, evaluation: EvaluationSummary): string[] {
  const run = `${view.input.modelId}/${view.input.runNo}`;
  const evidence = evaluation.evidenceDigest.slice(0, 16);
  return [
    '',
    '### Decide',
    `\`npx perennial approve ${run} --evidence ${evidence} --reason "why"\``,
    '',
    `\`npx perennial reject ${run} --evidence ${evidence} --reason "why"\``,
    '',
    'or, without perennial at hand:',
    '',
    `\`${decisionSignal(view.input, evidence)}\``,
  ];
}

export function currentDetails(view: RunView): string {
  const { plan, evaluation } = view;
  const lines = [`## ${view.input.modelId} #${view.input.runNo}: ${view.stage}`];
  if (view.awaits !== null) {
    const since = view.awaitsSince === null ? '' : ` since ${view.awaitsSince}`;
    const until = view.awaitsUntil === null ? '' : `, until ${view.awaitsUntil}`;
    lines.push('', `**Awaits** ${view.awaits}${since}${until}.`);
  }
  if (view.notes.length > 0) lines.push('', ...view.notes.map((note) => `- ${note}`));
  if (plan?.promotion === 'off') {
    lines.push('', '**Promotion is off**: the champion does not move, whatever the gates say.');
  }
  if (plan !== null) {
    lines.push(
      '',
      `Training [${day(plan.training.start)}, ${day(plan.training.end)}), holdout [${day(plan.holdout.start)}, ${day(plan.holdout.end)}), inputs as of ${plan.inputsAsOf}, spec ${plan.specDigest.slice(0, 12)}.`,
    );
  }
  if (evaluation !== null) lines.push('', ...comparisonTable(evaluation));
  if (evaluation !== null && view.isDecisionAwaited) lines.push(...howToDecide(view, evaluation));
  return lines.join('\n');
}
