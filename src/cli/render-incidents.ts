/** `perennial incidents`: a line an incident. */
import type { IncidentRow } from '../registry/list-incidents.js';
import { instant, NOTHING } from './format.js';
import { type Column, plain, type TableOptions, table } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'INCIDENT' },
  { title: 'KIND' },
  { title: 'CERTAINTY' },
  { title: 'COLUMNS' },
  { title: 'SINCE' },
  { title: 'CLOCK' },
  { title: 'SEEN', align: 'right' },
  { title: 'HELD', align: 'right' },
  { title: 'OPENED' },
  { title: 'STATE' },
  { title: 'WHY', isFlexible: true },
];

const MOST_COLUMNS = 3;

function columnsText({ kind, columns }: IncidentRow): string {
  if (kind === 'rollback') return NOTHING;
  if (columns.length === 0) return 'all';
  const more = columns.length > MOST_COLUMNS ? ` +${columns.length - MOST_COLUMNS}` : '';
  return `${columns.slice(0, MOST_COLUMNS).join(', ')}${more}`;
}

/** e.g. `closed 2001-03-09 10:00:00Z by reviewer (recovery): …`. */
export function closureText({ closure }: IncidentRow): string {
  if (closure === null) return 'open';
  const ways = [...(closure.how === 'person' ? [] : [closure.how]), ...(closure.isRepaired ? ['rows repaired'] : [])];
  const how = ways.length === 0 ? '' : ` (${ways.join(', ')})`;
  return plain(`closed ${instant(closure.at)} by ${closure.by}${how}: ${closure.reason}`);
}

export function renderIncidents(
  incidents: readonly IncidentRow[],
  options: TableOptions & { modelId: string | null; isOpenOnly: boolean },
): string {
  const { modelId, isOpenOnly } = options;
  const of = modelId === null ? '' : ` of ${modelId}`;
  if (incidents.length === 0)
    return isOpenOnly ? `No incident${of} is open. Closed ones: --all` : `No incident${of} was ever opened.`;
  const rows = incidents.map((incident) => [
    `${incident.modelId}/${incident.incidentId}`,
    incident.kind,
    incident.certainty ?? NOTHING,
    columnsText(incident),
    incident.onset === null ? NOTHING : instant(incident.onset),
    incident.clockMode ?? NOTHING,
    incident.kind === 'rollback' ? NOTHING : String(incident.sightings),
    incident.kind === 'rollback' ? NOTHING : String(incident.held),
    `${instant(incident.openedAt)} ${incident.openedBy}`,
    incident.closure === null ? 'open' : 'closed',
    incident.closure === null ? incident.reason : closureText(incident),
  ]);
  const open = incidents.find(({ closure }) => closure === null);
  const close =
    open === undefined
      ? []
      : [`To close one: perennial incident close ${open.modelId}/${open.incidentId} --reason TEXT`];
  return [table(COLUMNS, rows, options), ...close].join('\n');
}
