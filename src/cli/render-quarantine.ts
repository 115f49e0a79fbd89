/** `perennial quarantine list`: what snapshots left out, and who has vouched for such rows since. */
import type { QuarantineView } from '../client/quarantine-calls.js';
import { instant, windowText } from './format.js';
import { type Column, plain, type TableOptions, table } from './table.js';

const ROWS: readonly Column[] = [
  { title: 'RUN', align: 'right' },
  { title: 'SNAPSHOT' },
  { title: 'WINDOW' },
  { title: 'REASON' },
  { title: 'ROWS', align: 'right' },
  { title: 'IDS', isFlexible: true },
];
const RELEASES: readonly Column[] = [
  { title: 'RELEASED' },
  { title: 'WINDOW' },
  { title: 'BY' },
  { title: 'AT' },
  { title: 'WHY', isFlexible: true },
];

export function renderQuarantine({ modelId, quarantined, releases }: QuarantineView, options: TableOptions): string {
  const rows = quarantined.map(({ runNo, kind, window, reason, rows: count, examples }) => [
    String(runNo),
    kind,
    windowText(window),
    plain(reason),
    String(count),
    plain(examples.join(', ')) + (count > examples.length ? ' …' : ''),
  ]);
  const released = releases.map(({ reason, window, by, at, why }) => [
    plain(reason),
    windowText(window),
    plain(by),
    instant(at),
    plain(why),
  ]);
  return [
    rows.length === 0 ? `No row of ${modelId} was quarantined.` : table(ROWS, rows, options),
    ...(released.length === 0 ? [] : ['', table(RELEASES, released, options)]),
  ].join('\n');
}
