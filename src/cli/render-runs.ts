/** `perennial runs`: one line a run; a run whose workflow is stuck or gone says so in the first place one looks. */
import type { RetryingActivity, RunItem } from '../client/show-run.js';
import { QUESTIONS } from '../core/report/answer-lines.js';
import { instant, NOTHING } from './format.js';
import { runName } from './run-ref.js';
import { type Column, plain, type TableOptions, table } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'RUN' },
  { title: 'STATE' },
  { title: 'STAGE' },
  { title: 'CAUSE' },
  { title: 'OPENED' },
  { title: 'CLOSED' },
  { title: 'WHY', isFlexible: true },
];

/** What became of the run, or what is wrong with it while it is open. */
export function stateText(run: RunItem): string {
  if (run.failure !== null) return 'failed';
  if (run.outcome !== null) return run.outcome.kind;
  switch (run.workflow) {
    case 'stuck':
      return 'STUCK';
    case 'closed':
    case 'missing':
      return 'NO WORKFLOW';
    case 'unknown':
      return 'open (Temporal not asked)';
    default:
      return run.retrying.length > 0 ? 'RETRYING' : 'open';
  }
}

/** What to do about a run that does not go on by itself; null for a healthy one. */
export function troubleOf(run: RunItem): string | null {
  if (run.closedAt !== null) return null;
  if (run.workflow === 'stuck') {
    return `${runName(run)} is stuck: its workflow task fails again and again. See \`temporal workflow show -w ${run.workflowId}\`.`;
  }
  if (run.workflow === 'missing' || run.workflow === 'closed') {
    return `${runName(run)} is open in the registry and no workflow ${run.workflowId} runs; the coordinator closes it when it next judges the model (send it a signal, or run \`perennial up\`).`;
  }
  return run.retrying.length === 0 ? null : run.retrying.map((one) => retryText(run, one)).join('\n');
}

function retryText(run: RunItem, { activity, attempt, failure, nextTryAt }: RetryingActivity): string {
  const when = nextTryAt === null ? `try ${attempt} runs now` : `try ${attempt} is at ${instant(nextTryAt)}`;
  return plain(
    `${runName(run)} is retrying ${activity}: ${when}; the last one failed: ${failure ?? 'Temporal does not say why'}`,
  );
}

function why(run: RunItem): string {
  if (run.asks != null) return `asks ${QUESTIONS[run.asks]}: perennial show ${runName(run)}`;
  return run.failure ?? run.outcome?.reasons[0] ?? NOTHING;
}

export function renderRuns(runs: readonly RunItem[], options: TableOptions): string {
  if (runs.length === 0) return 'No runs yet. Start one with `perennial retrain MODEL --reason TEXT`.';
  const rows = runs.map((run) => [
    runName(run),
    stateText(run),
    run.closedAt === null ? run.stage : '',
    run.cause,
    instant(run.openedAt),
    run.closedAt === null ? NOTHING : instant(run.closedAt),
    why(run),
  ]);
  const troubles = runs.map(troubleOf).filter((text) => text !== null);
  return [table(COLUMNS, rows, options), ...troubles].join('\n');
}
