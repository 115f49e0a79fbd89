/**
 * What Temporal's Web UI shows of a run (Markdown): stage, what is awaited and until when, candidate against champion,
 * and the complete command line to decide with. Pure text from plain values.
 */
import type { RetrainInput } from '../messages.js';
import type { RunPlan } from '../spec/run-plan.js';
import type { AssessReply } from '../triage/assessment.js';
import type { EvaluationSummary, Instant, Interval, Question, Stage } from '../types.js';
import { answerLines, answerSignal, QUESTIONS } from './answer-lines.js';
import { plainText } from './plain-text.js';

export interface RunView {
  readonly input: RetrainInput;
  readonly plan: RunPlan | null;
  readonly stage: Stage;
  readonly awaits: string | null;
  readonly awaitsSince: Instant | null;
  readonly awaitsUntil: Instant | null;
  /** Sentences on the state of the stage: labels missing, failed checks. */
  readonly notes: readonly string[];
  /** What stage assess concluded; null before, and of builds that say a verdict alone. */
  readonly assessed: AssessReply | null;
  /** What a person is asked now. */
  readonly asks: Question | null;
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
    `Answer, when the run asks: ${inCode(answerLines(input, 'assessment', '"why"')).join(' or ')}`,
    '',
    'Without perennial at hand:',
    '',
    `\`${decisionSignal(input, 'DIGEST')}\``,
    '',
    `\`${answerSignal(input, 'assessment')}\``,
  ].join('\n');
}

function decisionSignal(input: RetrainInput, evidence: string): string {
  const payload = `{"decision":"approve","by":"your name","reason":"why","evidence":"${evidence}"}`;
  return `temporal workflow signal --workflow-id retrain/${input.modelId}/${input.runNo} --name approvalSignal --input '${payload}'`;
}

const inCode = (lines: readonly { readonly command: string }[]): string[] =>
  lines.map(({ command }) => `\`npx ${command}\``);

function howToAnswer(input: RetrainInput, question: Question): string[] {
  const lines = answerLines(input, question, '"why"');
  return [
    '',
    '### Answer',
    `The run asks ${QUESTIONS[question]}.`,
    ...inCode(lines).flatMap((line, at) => ['', `${line} (${lines[at]!.means})`]),
    '',
    'or, without perennial at hand:',
    '',
    `\`${answerSignal(input, question)}\``,
  ];
}

/** An assessment without a text of its own is told in a line. */
function assessmentLines({ details, verdict, certainty, reasons, next }: AssessReply): string[] {
  if (details !== undefined) return ['', details];
  if (verdict === 'clear') return [];
  const sentences = [...reasons, ...(next === undefined ? [] : [next])];
  const headline = `### Assessed as ${verdict}${certainty == null ? '' : ` (${certainty})`}`;
  return ['', headline, '', ...sentences.map((text) => `- ${plainText(text)}`)];
}

function comparisonTable(evaluation: EvaluationSummary): string[] {
  const { championVersion } = evaluation;
  const reasons = ['', ...evaluation.reasons.map((reason) => `- ${plainText(reason)}`)];
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
  if (view.notes.length > 0) lines.push('', ...view.notes.map((note) => `- ${plainText(note)}`));
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
  if (view.asks !== null) lines.push(...howToAnswer(view.input, view.asks));
  if (view.assessed !== null) lines.push(...assessmentLines(view.assessed));
  return lines.join('\n');
}
