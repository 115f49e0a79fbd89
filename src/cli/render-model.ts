/** What the commands about models print: apply, champion, verify. */
import type { ChampionView } from '../client/read-calls.js';
import type { ApplyResult } from '../client.js';
import type { SpecChange } from '../core/spec/diff.js';
import type { ModelVerification } from '../registry/audit-verify.js';
import type { ModelRow } from '../registry/reads.js';
import { instant, NOTHING, shortDigest } from './format.js';
import { type Column, fields, plain, type TableOptions, table } from './table.js';

/** A whole first spec is not worth listing change by change. */
const MAX_CHANGES = 40;

function changeLine({ path, before, after }: SpecChange): string {
  const text = (value: unknown): string => (value === null ? '(not set)' : JSON.stringify(value));
  return plain(`  ${path}: ${text(before)} -> ${text(after)}`);
}

/** What is left to do about the model's Schedule; null when nothing is. */
function scheduleText({ modelId, schedule }: ApplyResult): string | null {
  switch (schedule) {
    case 'differs':
      return `The schedule that is set differs from this spec: run \`perennial schedule set ${modelId}\`.`;
    case 'not-set':
      return `The schedule of this spec is not set yet: run \`perennial schedule set ${modelId}\`.`;
    case 'not-in-spec':
      return `A schedule is set and this spec has none: run \`perennial schedule delete ${modelId}\`, or write one.`;
    default:
      return null;
  }
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
  const schedule = scheduleText(result);
  if (schedule !== null) lines.push(schedule);
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

function championText({ modelId, at, champion }: ChampionView): string {
  const then = at === null ? '' : ` at ${instant(at)}`;
  if (champion === null) return `${modelId} has no champion${at === null ? ' yet' : then}.`;
  return fields([
    ['champion', `${modelId} version ${champion.version}${then}`],
    ['since', instant(champion.since)],
    ['epoch', String(champion.epoch)],
    ['trained through', instant(champion.trainedThrough)],
    ['artifact', champion.artifact.digest],
  ]);
}

function blockedText({ modelId, blocked }: ChampionView): string[] {
  if (blocked.length === 0) return [];
  const lines = blocked.map(
    ({ recipeDigest, version, since, by, reason }) =>
      `blocked: recipe ${shortDigest(recipeDigest)} since ${instant(since)}, when ${plain(by)} rolled version ${version} back (${plain(reason)})`,
  );
  return [[...lines, `To train by it again: perennial unblock ${modelId} --reason TEXT`].join('\n')];
}

function movesTable({ history }: ChampionView, options: TableOptions): string {
  const rows = history.map((move) => [
    String(move.epoch),
    instant(move.at),
    move.kind,
    move.fromVersion === null ? NOTHING : String(move.fromVersion),
    String(move.toVersion),
    move.runNo === null ? NOTHING : String(move.runNo),
    move.by,
    move.reason,
  ]);
  return table(MOVES, rows, options);
}

export function renderChampion(view: ChampionView, options: TableOptions & { hasHistory: boolean }): string {
  const moves = options.hasHistory && view.history.length > 0 ? [movesTable(view, options)] : [];
  return [championText(view), ...blockedText(view), ...moves].join('\n\n');
}

const MODELS: readonly Column[] = [
  { title: 'MODEL' },
  { title: 'CHAMPION', align: 'right' },
  { title: 'SINCE' },
  { title: 'OPEN RUN', align: 'right' },
  { title: 'RUNS', align: 'right' },
];

export function renderModels(models: readonly ModelRow[], options: TableOptions): string {
  if (models.length === 0) return 'No models yet. Apply a pipeline with `perennial apply FILE`.';
  const rows = models.map(({ modelId, champion, openRunNo, runs }) => [
    modelId,
    champion === null ? NOTHING : String(champion.version),
    champion === null ? NOTHING : instant(champion.since),
    openRunNo === null ? NOTHING : String(openRunNo),
    String(runs),
  ]);
  return table(MODELS, rows, options);
}

/** What a chain was compared with: a tail that is cut off shows only against a checkpoint. */
function comparison({ checkpointAt }: ModelVerification): string {
  return checkpointAt === null
    ? 'no checkpoint was there to compare with, so an earlier cut could not show'
    : `as the checkpoint of ${instant(checkpointAt)} saw it`;
}

/** A chain that is broken names where; a whole one says what was checked. */
export function renderVerify(results: readonly ModelVerification[], checkpointPath: string): string {
  if (results.length === 0) return 'No models yet: there is no audit chain to verify.';
  const lines = results.map((result) =>
    result.brokenSeq === null
      ? `${result.modelId}: whole, ${result.entries} entries, head ${shortDigest(result.headHash)}; ${comparison(result)}`
      : `${result.modelId}: BROKEN at sequence number ${result.brokenSeq} of ${result.entries}: ${plain(result.reason ?? '')}`,
  );
  const isWhole = results.every(({ brokenSeq }) => brokenSeq === null);
  const hasCheckpoint = results.some(({ checkpointAt }) => checkpointAt !== null);
  if (isWhole) lines.push(`signed checkpoint: ${checkpointPath}`);
  else if (hasCheckpoint) {
    lines.push(
      `${checkpointPath} stays as it is; if it was taken of another registry, set another PERENNIAL_STATE_DIR`,
    );
  }
  return lines.join('\n');
}
