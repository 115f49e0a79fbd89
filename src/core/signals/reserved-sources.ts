/**
 * Sources that this platform's own messages have in the ledger. A monitor must not take them: what it sent under the id of
 * a tick, an absence or a poll would make the real one a repeat, which starts nothing.
 */
const OWN: ReadonlySet<string> = new Set([
  'schedule',
  'manual',
  'labels',
  'versions',
  'version-change',
  'drift',
  'performance',
  'expectation',
  'backfill',
  'perennial-monitor',
]);

/** Of the pollers. */
const OWN_PREFIX = 'nannyml/';

export const isReservedSource = (source: string): boolean => OWN.has(source) || source.startsWith(OWN_PREFIX);
