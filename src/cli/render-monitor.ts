/** `perennial monitor MODEL`: a line a series with its newest figure and its trend, or a line a period of one series. */
import type { MonitorView } from '../client/monitors.js';
import type { MonitorLook } from '../core/monitor/look.js';
import type { KeptPoint } from '../registry/monitor-points.js';
import { instant, NOTHING, number, windowText } from './format.js';
import { type Column, type TableOptions, table } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'SERIES' },
  { title: 'PERIOD TO' },
  { title: 'VALUE', align: 'right' },
  { title: '95 % INTERVAL' },
  { title: 'LIMIT', align: 'right' },
  { title: 'P', align: 'right' },
  { title: 'ALERT' },
  { title: 'CHAMPION', align: 'right' },
  { title: 'TREND' },
];

const PERIOD_COLUMNS: readonly Column[] = [
  ...COLUMNS.slice(1, -1),
  { title: 'WINDOW' },
  { title: 'ROWS', align: 'right' },
  { title: 'WHAT', isFlexible: true },
];

const BARS = '▁▂▃▄▅▆▇█';
const MOST_BARS = 30;
/** Where a new champion begins the series anew. */
const REBASED = '|';

/** Counts as they are, all else to four digits. */
const figure = (value: number | null): string =>
  value !== null && Number.isInteger(value) && Math.abs(value) >= 2 ? String(value) : number(value);

function intervalText({ interval }: KeptPoint): string {
  return interval === null ? NOTHING : `[${number(interval.lower)}, ${number(interval.upper)}]`;
}

const alertText = ({ alert }: KeptPoint): string => (alert === null ? NOTHING : alert ? 'ALERT' : 'no');

/** From the least to the most of what is shown; a figure that is missing is a blank. */
export function sparkline(points: readonly Pick<KeptPoint, 'value' | 'championVersion'>[]): string {
  const shown = points.slice(-MOST_BARS);
  const values = shown.flatMap(({ value }) => (value === null ? [] : [value]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return shown
    .map(({ value, championVersion }, at) => {
      const level = value === null ? -1 : most === least ? 0 : Math.round(((value - least) / (most - least)) * 7);
      const before = shown[at - 1];
      const isRebased = before !== undefined && before.championVersion !== championVersion;
      return `${isRebased ? REBASED : ''}${BARS[level] ?? ' '}`;
    })
    .join('');
}

const cells = (point: KeptPoint): string[] => [
  instant(point.periodEnd),
  figure(point.value),
  intervalText(point),
  figure(point.threshold),
  number(point.adjustedPValue),
  alertText(point),
  String(point.championVersion),
];

export function lookText(look: MonitorLook | null, modelId: string): string {
  if (look === null) {
    return `The monitor has not looked at ${modelId} yet: \`perennial monitor ${modelId} --now\`, or \`perennial schedule set ${modelId}\` with a section \`monitor\` in its pipeline.`;
  }
  const claim = look.triggerId === null ? '' : ` The claim is in the ledger: perennial triggers ${modelId}.`;
  return `Look before ${instant(look.periodEnd)}: ${look.reason}${claim}`;
}

export function renderMonitor(view: MonitorView, options: TableOptions & { readonly series: string | null }): string {
  const { points, look, modelId } = view;
  const last = lookText(look, modelId);
  if (points.length === 0) {
    return look === null || options.series === null ? last : `No figure of series ${options.series}.\n${last}`;
  }
  if (options.series !== null) {
    const rows = points.map((point) => [...cells(point), windowText(point.window), String(point.rows), point.note]);
    return [table(PERIOD_COLUMNS, rows, options), last].join('\n');
  }
  const bySeries = new Map<string, KeptPoint[]>();
  for (const point of points) bySeries.set(point.series, [...(bySeries.get(point.series) ?? []), point]);
  const rows = [...bySeries.values()].map((series) => {
    const newest = series.at(-1)!;
    return [newest.series, ...cells(newest), sparkline(series)];
  });
  const estimates = [...bySeries.keys()].some((series) => series.startsWith('estimated:'));
  const note = estimates ? ['estimated:… is computed without labels, from calibrated scores alone.'] : [];
  return [table(COLUMNS, rows, options), ...note, last].join('\n');
}
