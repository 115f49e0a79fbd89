/** What the commands about a model print: apply, champion, verify. */
import type { SpecChange } from '../core/spec/diff.js';
import type { ApplyResult, ChampionView, VerifyResult } from './client-port.js';
import { instant, NOTHING, shortDigest } from './format.js';
import { type Column, fields, plain, type TableOptions, table } from './table.js';

/** A whole first spec is not worth listing change by change. */
const MAX_CHANGES = 40;

function changeLine({ path, before, after }: SpecChange): string {
  const text = (value: unknown): string => (value === null ? '(not set)' : JSON.stringify(value));
  return plain(`  ${path}: ${text(before)} -> ${text(after)}`);
}

export function renderApply(result: ApplyResult, warnings: readonly string[]): string {
  const isFirst = result.changes.some((change) => change.path === 'model' && change.before === null);
  const lines = [
    result.isNew
      ? `${result.modelId}: applied spec ${shortDigest(result.digest)}${isFirst ? ' (first of this model)' : ''}`
      : `${result.modelId}: spec ${shortDigest(result.digest)} is already the current one; nothing changed`,
  ];
  if (!isFirst) lines.push(...result.changes.slice(0, MAX_CHANGES).map(changeLine));
  if (!isFirst && result.changes.length > MAX_CHANGES) lines.push(`  and ${result.changes.length - MAX_CHANGES} more`);
  lines.push(...warnings.map((text) => `warning: ${plain(text)}`));
  return lines.join('\n');
}

const MOVES: readonly Column[] = [
  { title: 'EPOCH', align: 'right' },
  { title: 'AT' },
  { title: 'KIND' },
  { title: 'FROM', align: 'right' },
  { title: 'TO', align: 'right' },
  { title: 'RUN', align: 'right' },
  { title: 'BY' },
  { title: 'WHY', isFlexible: true },
];

export function renderChampion(view: ChampionView, options: TableOptions & { hasHistory: boolean }): string {
  const at = view.at === null ? '' : ` at ${instant(view.at)}`;
  const { champion } = view;
  const head =
    champion === null
      ? `${view.modelId} has no champion${at === '' ? ' yet' : at}.`
      : fields([
          ['champion', `${view.modelId} version ${champion.version}${at}`],
          ['since', instant(champion.since)],
          ['epoch', String(champion.epoch)],
          ['trained through', instant(champion.trainedThrough)],
          ['artifact', champion.artifact.digest],
        ]);
  if (!options.hasHistory || view.history.length === 0) return head;
  const rows = view.history.map((move) => [
    String(move.epoch),
    instant(move.at),
    move.kind,
    move.fromVersion === null ? NOTHING : String(move.fromVersion),
    String(move.toVersion),
    move.runNo === null ? NOTHING : String(move.runNo),
    move.by,
    move.reason,
  ]);
  return `${head}\n\n${table(MOVES, rows, options)}`;
}

/** A chain that is broken names where; a whole one says what was checked. */
export function renderVerify(results: readonly VerifyResult[]): string {
  if (results.length === 0) return 'No models yet: there is no audit chain to verify.';
  return results
    .map(({ modelId, entries, headHash, brokenSeq, reason }) =>
      brokenSeq === null
        ? `${modelId}: whole, ${entries} entries, head ${shortDigest(headHash)}`
        : `${modelId}: BROKEN at sequence number ${brokenSeq} of ${entries}: ${plain(reason ?? 'the hash does not follow')}`,
    )
    .join('\n');
}
