/** The real files of monitors with their rows in FILES.md, and an envelope as a gateway would make it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DriftClaim, Envelope, ParsedSignal, SignalFormat } from '#dist/core/signals/drift-claim.js';
import { parseSignal } from '#dist/core/signals/parse-signal.js';

const FOLDER = fileURLToPath(new URL('../fixtures/monitors/', import.meta.url));

export const readMonitorFile = (path: string): Buffer => readFileSync(join(FOLDER, path));

export const ENVELOPE: Envelope = {
  modelId: 'delay-clf',
  receivedAt: '2026-11-22T08:00:00.000Z',
  start: '2001-02-05',
  end: '2001-02-12',
  alertWindowMs: 86_400_000,
};

const FORMATS: readonly (readonly [string, SignalFormat])[] = [
  ['evidently', 'evidently'],
  ['nannyml', 'nannyml'],
  ['alibi-detect', 'alibi-detect'],
  ['prometheus', 'alertmanager'],
  ['whylogs', 'whylogs'],
  ['deepchecks', 'deepchecks'],
];

export const formatOf = (path: string): SignalFormat => {
  const found = FORMATS.find(([prefix]) => path.startsWith(prefix));
  if (found === undefined) throw new Error(`No format is known for ${path}.`);
  return found[1];
};

export interface FileRow {
  readonly path: string;
  readonly library: string;
  /** As FILES.md has it, cut there at 330 characters. */
  readonly verdict: string;
}

/** The rows of the first table; the second one lists runs that left no file. */
export const FILE_ROWS: readonly FileRow[] = readMonitorFile('FILES.md')
  .toString()
  .split('\n')
  .filter((line) => /^\| [^|]+\/[^|]+\.(json|jsonl|csv|sql) \|/.test(line))
  .map((line) => {
    const [path, library, , verdict] = line
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    return { path: path!, library: library!, verdict: verdict! };
  });

/** Every file of the folder that a monitor wrote. */
export const MONITOR_FILES: readonly string[] = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^[^/]+\/[^/]+\.(json|jsonl|csv|sql)$/.test(path) && !path.startsWith('scripts/'))
  .sort();

export function parseFile(path: string, envelope: Partial<Envelope> = {}): ParsedSignal {
  return parseSignal(formatOf(path), readMonitorFile(path), { ...ENVELOPE, ...envelope });
}

export function onlyClaim(parsed: ParsedSignal): DriftClaim {
  const [claim, ...others] = parsed.claims;
  if (claim === undefined || others.length > 0) throw new Error(`One claim was expected, not ${parsed.claims.length}.`);
  return claim;
}
