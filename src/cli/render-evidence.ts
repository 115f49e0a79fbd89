/** Candidate against champion, gates with their intervals, decisions: what a person looks at before deciding. */
import type { RunDetail } from '../client/show-run.js';
import type { EvaluationSummary, GateResult } from '../core/types.js';
import { instant, interval, NOTHING, number, shortDigest } from './format.js';
import { type Column, fields, type TableOptions, table } from './table.js';

const COMPARISON_WORDS: Readonly<Record<EvaluationSummary['comparison'], string>> = {
  win: 'win',
  loss: 'loss',
  tie: 'tie',
  'not-enough-data': 'not enough data',
};

function championText(evaluation: EvaluationSummary): string {
  if (evaluation.championVersion === null) return 'none yet: only absolute gates can judge the first version';
  return `version ${evaluation.championVersion} (epoch ${evaluation.championEpoch})  ${evaluation.metric} ${number(evaluation.championValue)}`;
}

export function renderEvaluation(evaluation: EvaluationSummary): string {
  const { metric } = evaluation;
  const hasChampion = evaluation.championVersion !== null;
  return fields([
    ['candidate', `version ${evaluation.candidateVersion}  ${metric} ${number(evaluation.candidateValue)}`],
    ['champion', championText(evaluation)],
    [
      'difference',
      hasChampion
        ? `${number(evaluation.difference, { isSigned: true })}  ${interval(evaluation.interval)}  ${COMPARISON_WORDS[evaluation.comparison]}`
        : null,
    ],
    ['95 % by days', hasChampion ? interval(evaluation.interval95) : null],
    [
      '95 % by rows',
      hasChampion ? `${interval(evaluation.rowInterval95)}  (assumes independent rows; never gates)` : null,
    ],
    ['holdout', `look ${evaluation.look} at this range, ${evaluation.blocks} days`],
    ['verdict', `${evaluation.verdict} (mode ${evaluation.mode})`],
    ['evidence', shortDigest(evaluation.evidenceDigest)],
  ]);
}

const GATES: readonly Column[] = [
  { title: 'GATE' },
  { title: 'PASSED' },
  { title: 'REQUIRED' },
  { title: 'VALUE', align: 'right' },
  { title: 'THRESHOLD', align: 'right' },
  { title: 'INTERVAL' },
  { title: 'WHY', isFlexible: true },
];

/** Not assessable is never a pass, and must not look like a no either. */
const passedText = (passed: boolean | null): string => (passed === null ? 'not assessable' : passed ? 'yes' : 'NO');

export function renderGates(gates: readonly GateResult[], options: TableOptions): string {
  const rows = gates.map((gate) => [
    gate.gate,
    passedText(gate.passed),
    gate.required ? 'yes' : 'no',
    number(gate.value),
    number(gate.threshold),
    interval(gate.interval),
    gate.reason,
  ]);
  return table(GATES, rows, options);
}

const DECISIONS: readonly Column[] = [
  { title: 'AT' },
  { title: 'BY' },
  { title: 'DECISION' },
  { title: 'BY WAY OF' },
  { title: 'COUNTED' },
  { title: 'REASON', isFlexible: true },
];

function decisionText(row: RunDetail['decisions'][number] | RunDetail['labelDecisions'][number]): string {
  if (!('until' in row)) return row.decision;
  if (row.until !== null) return `${row.decision} to ${instant(row.until)}`;
  return row.question === undefined ? row.decision : `${row.decision} (${row.question})`;
}

/** On the candidate or to the run's questions. */
export function renderDecisions(
  decisions: RunDetail['decisions'] | RunDetail['labelDecisions'],
  options: TableOptions,
): string {
  const rows = decisions.map((row) => [
    instant(row.at),
    row.by,
    decisionText(row),
    row.channel,
    row.answer.accepted ? 'yes' : row.answer.code,
    row.answer.accepted ? row.reason : `${row.reason || NOTHING} (${row.answer.reason})`,
  ]);
  return table(DECISIONS, rows, options);
}
