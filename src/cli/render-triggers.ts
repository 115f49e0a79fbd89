/** `perennial triggers`: a line a trigger; and the triggers that a run answers, as its page shows them. */
import type { TriggerItem } from '../client/read-calls.js';
import type { TriggerView } from '../registry/reads.js';
import { instant, NOTHING, number, windowText } from './format.js';
import { type Column, plain, type TableOptions, table } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'SEQ', align: 'right' },
  { title: 'AT' },
  { title: 'CAUSE' },
  { title: 'FROM' },
  { title: 'WINDOW' },
  { title: 'STATE' },
  { title: 'RUN', align: 'right' },
  { title: 'OUTCOME' },
  { title: 'WHY', isFlexible: true },
];

const MOST_NAME = 40;
const cut = (text: string): string => (text.length > MOST_NAME ? `${text.slice(0, MOST_NAME - 1)}…` : text);

/** Who says so: for a claim its monitor too, when the source is another name. */
function from({ source, requestedBy, claim }: TriggerItem): string {
  const name = source ?? requestedBy;
  return cut(claim === null || claim.monitor === name ? name : `${claim.monitor} ${name}`);
}

export function renderTriggers(
  items: readonly TriggerItem[],
  options: TableOptions & { modelId: string; limit: number },
): string {
  if (items.length === 0) return `No such triggers of ${options.modelId}.`;
  const rows = items.map((item) => [
    String(item.seq),
    instant(item.createdAt),
    item.cause,
    from(item),
    windowText(item.claim?.window ?? null),
    item.state,
    item.runNo === null ? NOTHING : String(item.runNo),
    item.outcome ?? (item.runNo === null ? NOTHING : 'open'),
    item.reason,
  ]);
  const last = items.at(-1);
  const more =
    items.length < options.limit || last === undefined
      ? []
      : [`Older ones: perennial triggers ${options.modelId} --before ${last.seq}`];
  return [table(COLUMNS, rows, options), ...more].join('\n');
}

/** Of one run. */
const SHOWN = 20;

function claimText({ claim }: TriggerView): string {
  if (claim === null) return '';
  const { monitor, severity, window, alerts, alertCount, absent } = claim;
  const findings = alerts.map(({ column, method, score, threshold }) => {
    const value = score === null ? '' : ` ${number(score)}${threshold === null ? '' : ` against ${number(threshold)}`}`;
    return `${column === null ? '' : `${column}: `}${method}${value}`;
  });
  if (alertCount > alerts.length) findings.push(`and ${alertCount - alerts.length} more`);
  const missing = absent.map(({ what, name }) => `no ${what} ${name}`);
  return `; ${monitor} (${severity}) on ${windowText(window)}: ${[...findings, ...missing].join(', ') || 'nothing alerts'}`;
}

/** Newest first, as the registry lists them; the one that started the run always. */
export function renderRunTriggers(triggers: readonly TriggerView[], modelId: string): string {
  const started = triggers.find(({ state }) => state === 'started');
  const others = triggers.filter((trigger) => trigger !== started);
  const shown = [...(started === undefined ? [] : [started]), ...others].slice(0, SHOWN);
  const lines = shown.map((trigger) => {
    const { state, cause, requestedBy, createdAt, reason } = trigger;
    return `- ${plain(`${state} ${instant(createdAt)} ${cause} by ${requestedBy}${claimText(trigger)}. ${reason}`)}`;
  });
  if (triggers.length > shown.length) {
    lines.push(`and ${triggers.length - shown.length} more: perennial triggers ${modelId}`);
  }
  return lines.join('\n');
}
