/**
 * What Temporal's Web UI shows of a coordinator (Markdown): what waits, until when and why, the open run, the last one.
 * Pure text from plain values.
 */
import type { CoordinatorStatus } from '../messages.js';
import type { Instant } from '../types.js';

interface CoordinatorView {
  readonly modelId: string;
  readonly judged:
    | (Pick<CoordinatorStatus, 'championVersion' | 'waiting' | 'pause' | 'wakeAt' | 'lastRun'> & {
        readonly openRun: { readonly runNo: number } | null;
        readonly isSettling: boolean;
        readonly reasons: readonly { readonly state: string; readonly reason: string; readonly triggers: number }[];
      })
    | null;
  /** Why the last message could not be worked on. */
  readonly fault: string | null;
}

const time = (instant: Instant): string => `${instant.slice(0, 19).replace('T', ' ')} UTC`;

function waitingLines({ waiting, reasons }: NonNullable<CoordinatorView['judged']>): string[] {
  const { pending, held, escalated } = waiting;
  if (pending + held + escalated === 0) return ['Nothing waits.'];
  return [
    `Waiting: ${pending} pending, ${held} held, ${escalated} for a person.`,
    '',
    ...reasons.map(({ state, reason, triggers }) => `- ${triggers} × ${state}: ${reason}`),
  ];
}

export function coordinatorDetails({ modelId, judged, fault }: CoordinatorView): string {
  const lines = [`**${modelId}**`];
  if (fault !== null) lines.push('', `**A message could not be worked on:** ${fault}`);
  if (judged === null) return lines.join('\n');
  const { pause, openRun, lastRun, wakeAt, isSettling, championVersion } = judged;
  if (pause !== null) lines.push('', `**Paused** by ${pause.by} since ${time(pause.since)}: ${pause.reason}`);
  lines.push(
    '',
    openRun === null ? 'No run is open.' : `Run ${openRun.runNo} is open: \`retrain/${modelId}/${openRun.runNo}\`.`,
  );
  lines.push(...waitingLines(judged));
  if (wakeAt !== null)
    lines.push('', `Judges again at ${time(wakeAt)}${isSettling ? ', when it has been quiet' : ''}.`);
  lines.push('', championVersion === null ? 'No champion yet.' : `Champion: version ${championVersion}.`);
  if (lastRun !== null) lines.push(`Last run: ${lastRun.runNo}, ${lastRun.outcome}, ${time(lastRun.endedAt)}.`);
  lines.push('', `All of it: \`npx perennial triggers ${modelId}\``);
  return lines.join('\n');
}
