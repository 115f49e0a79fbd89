/** What Temporal's Web UI shows of a backfill (Markdown): each window, its run, the verdict of the gates, what became of it. */
import type { BackfillRequest, BackfillRow, BackfillStatus } from '../backfill/types.js';

/** One line for lists. */
export const backfillSummary = ({ modelId, name, from, to }: BackfillRequest): string =>
  `Backfill ${name} of ${modelId}, ${from.slice(0, 10)} to ${to.slice(0, 10)}`.slice(0, 200);

/** Stands from the start, for when no worker is up to show more. */
export const backfillStatic = ({ modelId, name, from, to, promotion, requestedBy }: BackfillRequest): string =>
  [
    `**Backfill ${name} of ${modelId}**, asked for by ${requestedBy}: the runs of [${from}, ${to}), one at a time, each with the knowledge of its time.`,
    '',
    promotion === 'off'
      ? 'Promotion is off: the champion does not move.'
      : 'Promotion is on: the champion moves as the policy says.',
    '',
    `Stop: \`temporal workflow cancel --workflow-id backfill/${modelId}/${name}\`. The same name goes on where it stopped.`,
  ].join('\n');

const cells = (modelId: string, row: BackfillRow): string =>
  `| ${row.at} | ${row.runNo === null ? '–' : `${modelId}/${row.runNo}`} | ${row.verdict ?? '–'} | ${row.outcome} |`;

export function backfillDetails(status: BackfillStatus): string {
  const { modelId, done, total, recent, present, tally } = status;
  const counts = Object.entries(tally).map(([outcome, n]) => `${n} ${outcome}`);
  const lines = [
    `## ${modelId}: backfill ${status.name}, ${done} of ${total ?? '?'} windows`,
    '',
    `${status.kind === 'running' ? 'It runs' : `It is **${status.kind}**`}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}. Promotion: ${status.promotion}.`,
    '',
    '| window (decision as of) | run | verdict | outcome |',
    '|---|---|---|---|',
    ...recent.map((row) => cells(modelId, row)),
  ];
  if (present !== null) {
    const run = present.runNo === null ? '–' : `${modelId}/${present.runNo}`;
    lines.push(`| ${present.at} | ${run} | – | ${present.text.replaceAll('|', '/')} |`);
  }
  if (done > recent.length)
    lines.push('', `The newest ${recent.length} windows are shown; \`npx perennial runs ${modelId}\` lists all.`);
  return lines.join('\n');
}
