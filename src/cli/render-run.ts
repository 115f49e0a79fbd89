/** `perennial show RUN`: one run from cause to outcome, as a page of text. */
import { askedBy, type RunDetail } from '../client/show-run.js';
import { answerLines, QUESTIONS } from '../core/report/answer-lines.js';
import type { Coverage } from '../core/types.js';
import { instant, NOTHING, share, shortDigest, windowText } from './format.js';
import { renderDecisions, renderEvaluation, renderGates } from './render-evidence.js';
import { stateText, troubleOf } from './render-runs.js';
import { renderTriage } from './render-triage.js';
import { renderRunTriggers } from './render-triggers.js';
import { runName } from './run-ref.js';
import { bold, fields, plain, type TableOptions, table } from './table.js';

const list = (sentences: readonly string[]): string => sentences.map((text) => `- ${plain(text)}`).join('\n');

function head({ run, status, specDigest, stages, asOfNotes, isReplay }: RunDetail): string {
  const openStage = status?.stage ?? run.stage;
  return fields([
    ['run', `${runName(run)}  (${run.workflowId})`],
    ['cause', `${run.cause}, asked for by ${run.requestedBy}`],
    ['promotion', run.promotion === 'off' ? 'off: the champion does not move, whatever the gates say' : null],
    ['spec', shortDigest(specDigest)],
    ['opened', instant(run.openedAt)],
    ['closed', run.closedAt === null ? null : instant(run.closedAt)],
    ['state', stateText(run)],
    ['stage', run.closedAt === null ? openStage : null],
    ['clock', status === null ? null : `${instant(status.now)}${isReplay ? ' (replayed)' : ''}`],
    ['awaits', status?.awaits ?? null],
    ['until', status === null || status.awaitsUntil === null ? null : instant(status.awaitsUntil)],
    ['as of', asOfNotes.length === 0 ? null : asOfNotes.join(' ')],
    ['stages', stages.length === 0 ? null : stages.map((step) => `${step.stage} ${instant(step.at)}`).join(' > ')],
  ]);
}

function windows({ snapshots }: RunDetail, options: TableOptions): string {
  const columns = ['SNAPSHOT', 'WINDOW', 'AS OF', 'IN', 'USED', 'UNLABELLED', 'EXCLUDED', 'QUARANTINED', 'CONTENT'];
  const rows = snapshots.map(({ kind, window, asOf, rows: count, contentDigest }) => [
    kind,
    windowText(window),
    instant(asOf),
    ...[count.in, count.used, count.unlabelled, count.excluded, count.quarantined].map(String),
    shortDigest(contentDigest),
  ]);
  return table(
    columns.map((title, i) => ({ title, align: i >= 3 && i <= 7 ? 'right' : 'left' })),
    rows,
    options,
  );
}

function classes(coverage: Coverage): string {
  if (coverage.perClass === null) return 'not known yet';
  const entries = Object.entries(coverage.perClass).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, value]) => `${name}: ${share(value)}`).join(', ');
}

function labels({ coverage }: RunDetail, options: TableOptions): string {
  const columns = ['LABELS', 'WINDOW', 'AS OF', 'ROWS', 'LABELLED', 'OVERALL', 'PER CLASS'];
  const rows = (['training', 'holdout'] as const).flatMap((kind) => {
    const found = coverage[kind];
    if (found === null) return [];
    const { window, asOf, rows: count, labelled, overall } = found;
    return [[kind, windowText(window), instant(asOf), String(count), String(labelled), share(overall), classes(found)]];
  });
  return table(
    columns.map((title, i) => ({ title, align: i >= 3 && i <= 5 ? 'right' : 'left', isFlexible: i === 6 })),
    rows,
    options,
  );
}

/** A replayed present stands still until it is told of labels: without this line its wait looks like any other. */
function replayed({ run, status, isReplay }: RunDetail): string | null {
  if (!isReplay || status === null || status.awaits === null) return null;
  return [
    `This run replays a past instant and its clock moves only when it is told of labels:`,
    `  perennial labels ${run.modelId} --through INSTANT   labels are in, and its present is, through INSTANT`,
  ].join('\n');
}

/** What a person can say; null unless the run asks. */
function question({ run, status }: RunDetail): string | null {
  const asked = status === null ? null : askedBy(status);
  if (asked === null) return null;
  const lines = answerLines(run, asked, 'TEXT').map(({ command, means }) => `  ${command}   ${means}`);
  const extend = `  perennial extend ${runName(run)} --until INSTANT --reason TEXT   wait longer`;
  return [
    `The run asks ${QUESTIONS[asked]}. Answer it with one of these:`,
    ...lines,
    ...(asked === 'labels' ? [extend] : []),
  ].join('\n');
}

function outcome({ run }: RunDetail): string | null {
  if (run.failure !== null) return `failed\n${list([run.failure])}`;
  if (run.outcome === null) return null;
  const versions = `candidate ${run.outcome.candidateVersion ?? NOTHING}, champion ${run.outcome.championVersion ?? NOTHING}`;
  return `${run.outcome.kind}  (${versions})\n${list(run.outcome.reasons)}`;
}

/** Is what the assessment said comes next still to come? What stopped the run is to be mended after its end too. */
function isNext({ run, status, assessment: found }: RunDetail): boolean {
  const stage = status?.stage ?? run.stage;
  switch (found?.triage?.action) {
    case 'stop':
      return true;
    case 'ask':
      return run.closedAt === null && (status === null ? stage === 'assess' : askedBy(status) === 'assessment');
    case 'await-labels':
      return run.closedAt === null && (stage === 'assess' || stage === 'labels');
    default:
      return run.closedAt === null && stage === 'assess';
  }
}

const assessment = (detail: RunDetail): string | null =>
  detail.assessment === null
    ? null
    : renderTriage(detail.assessment, { incidentId: detail.incidentId, isNext: isNext(detail) });

/** Sections that have nothing to say yet are left out. */
export function renderRun(detail: RunDetail, options: TableOptions): string {
  const { evaluation, gates, decisions, labelDecisions, coverage, snapshots } = detail;
  const sections: readonly (readonly [string, string | null])[] = [
    ['Trouble', troubleOf(detail.run)],
    ['Replay', replayed(detail)],
    ['Question', question(detail)],
    ['Triggers', detail.triggers.length === 0 ? null : renderRunTriggers(detail.triggers, detail.run.modelId)],
    ['Assessment', assessment(detail)],
    ['Labels', coverage.training === null && coverage.holdout === null ? null : labels(detail, options)],
    ['Said to its questions', labelDecisions.length === 0 ? null : renderDecisions(labelDecisions, options)],
    ['Windows', snapshots.length === 0 ? null : windows(detail, options)],
    ['Candidate against champion', evaluation === null ? null : renderEvaluation(evaluation)],
    ['Gates', gates.length === 0 ? null : renderGates(gates, options)],
    ['Why', evaluation === null || evaluation.reasons.length === 0 ? null : list(evaluation.reasons)],
    ['Decisions', decisions.length === 0 ? null : renderDecisions(decisions, options)],
    ['Outcome', outcome(detail)],
  ];
  const shown = sections
    .filter((section): section is readonly [string, string] => section[1] !== null)
    .map(([title, text]) => `${bold(title, options.hasColour)}\n${text}`);
  return [head(detail), ...shown].join('\n\n');
}
