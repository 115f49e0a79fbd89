/** A monitor's claim as text for a person: what it is about, what it found, what is missing, and what was odd. */
import type { DriftClaim, Finding } from '../core/signals/drift-claim.js';
import { NOTHING, number, windowText } from './format.js';
import type { Io } from './io.js';
import { fields, table } from './table.js';

const VERDICTS = new Map<boolean | null, string>([
  [true, 'alert'],
  [false, 'no alert'],
  [null, NOTHING],
]);

function direction({ family, lowerIsDrift }: Finding): string {
  if (family === null) return 'not known';
  return lowerIsDrift === null ? `${family}, either side` : `${family}, ${lowerIsDrift ? 'lower' : 'higher'} is drift`;
}

function findingsTable(findings: readonly Finding[], io: Io): string {
  const columns = [
    { title: 'scope' },
    { title: 'column', isFlexible: true },
    { title: 'method', isFlexible: true },
    { title: 'score', align: 'right' as const },
    { title: 'threshold', align: 'right' as const },
    { title: 'verdict' },
    { title: 'direction' },
  ];
  const rows = findings.map((finding) => [
    finding.scope,
    finding.column ?? NOTHING,
    finding.method,
    number(finding.score),
    number(finding.threshold),
    VERDICTS.get(finding.alert) ?? NOTHING,
    direction(finding),
  ]);
  return table(columns, rows, { width: io.width, hasColour: io.hasColour });
}

export function renderClaim(claim: DriftClaim, io: Io): string {
  const rows = [claim.nReference, claim.nCurrent].map((count) => count?.toString() ?? NOTHING).join(' / ');
  const head = fields([
    ['claim', claim.eventId],
    ['source', claim.source],
    ['monitor', `${claim.monitor}${claim.monitorVersion === null ? '' : ` ${claim.monitorVersion}`}`],
    ['model', claim.modelId],
    ['window', windowText(claim.window)],
    ['rows', `${rows} (reference / current)`],
    ['severity', `${claim.severity}, about ${claim.cause}`],
    ...claim.absent.map(({ what, name, why }): [string, string] => ['absent', `${what} ${name}: ${why}`]),
    ...claim.notes.map((note): [string, string] => ['note', note]),
  ]);
  return claim.findings.length === 0 ? head : `${head}\n\n${findingsTable(claim.findings, io)}`;
}
