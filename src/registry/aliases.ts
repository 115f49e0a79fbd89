/**
 * The champion alias: moved by compare-and-set alone, in one transaction with its history row and its audit entry; a
 * rollback's incident and blocked recipe belong to the same transaction.
 */
import type { Pool, PoolClient } from 'pg';
import type { ChampionMove, ChampionRow } from '../activities/deps.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import { blockedRecipeText } from '../core/policy/blocked-recipe.js';
import type { ArtifactRef, Digest, Instant } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant } from './database.js';
import { blockedRecipe, openIncident } from './incidents.js';
import { lockModel } from './models.js';
import { run } from './runs.js';
import { checkIds, checkTexts } from './stored-text.js';
import { versionByNumber } from './versions.js';

export interface MoveResult {
  readonly version: number;
  readonly epoch: number;
  readonly previousVersion: number | null;
}

interface AliasState {
  version: number | null;
  epoch: number;
  now: Date;
}

function changed(move: ChampionMove, present: AliasState, problem: string): PipelineError {
  return new PipelineError('CHAMPION_CHANGED', `Champion of ${move.modelId} was not moved: ${problem}.`, {
    details: {
      modelId: move.modelId,
      expected: move.expected,
      present: { version: present.version, epoch: present.epoch },
    },
  });
}

/** `now` is never earlier than the move before, whatever the server's clock does: history stays in the order of epochs. */
async function lockAlias(client: PoolClient, move: ChampionMove): Promise<AliasState> {
  const row = await queryOne<AliasState>(
    client,
    `select version, epoch, greatest(moved_at, date_trunc('milliseconds', clock_timestamp())) as now
     from perennial.aliases where model_id = $1 and alias = 'champion' for update`,
    [move.modelId],
  );
  if (row === undefined)
    throw new PipelineError('INVARIANT_BROKEN', `Model ${move.modelId} has no champion alias row.`);
  return row;
}

function checkExpected(move: ChampionMove, present: AliasState): void {
  const { expected } = move;
  if (present.version !== expected.version || present.epoch !== expected.epoch) {
    const is =
      present.version === null ? 'there is none' : `it is version ${present.version} at epoch ${present.epoch}`;
    throw changed(move, present, `expected version ${expected.version} at epoch ${expected.epoch}, but ${is}`);
  }
  if (present.version === move.toVersion) throw changed(move, present, `version ${move.toVersion} is champion already`);
  if (move.kind === 'rollback' && present.version === null)
    throw changed(move, present, 'there is none to roll back from');
}

async function writeMove(client: PoolClient, move: ChampionMove, from: AliasState): Promise<MoveResult> {
  const { modelId, moveKey, kind, toVersion, by, reason, evidenceDigest, runNo } = move;
  const epoch = from.epoch + 1;
  await query(
    client,
    `insert into perennial.alias_moves (model_id, alias, epoch, move_key, kind, from_version, to_version, moved_by, reason,
       evidence_digest, run_no, moved_at)
     values ($1, 'champion', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [modelId, epoch, moveKey, kind, from.version, toVersion, by, reason, evidenceDigest, runNo, from.now],
  );
  await query(
    client,
    `update perennial.aliases set version = $2, epoch = $3, moved_at = $4 where model_id = $1 and alias = 'champion'`,
    [modelId, toVersion, epoch, from.now],
  );
  if (kind === 'rollback' && from.version !== null) {
    const { recipeDigest } = await versionByNumber(client, modelId, from.version);
    await openIncident(client, { modelId, epoch, reason, by, at: from.now, version: from.version, recipeDigest });
  }
  await appendAudit(client, {
    modelId,
    kind: 'alias-moved',
    body: {
      alias: 'champion',
      by,
      epoch,
      evidenceDigest,
      fromVersion: from.version,
      kind,
      moveKey,
      movedAt: toInstant(from.now),
      reason,
      runNo,
      toVersion,
    },
  });
  return { version: toVersion, epoch, previousVersion: from.version };
}

/** What the move with this key did, wherever the alias is now; null while there is none. */
export async function moveByKey(db: Db, modelId: string, moveKey: string): Promise<MoveResult | null> {
  checkIds({ moveKey });
  const known = await queryOne<{ to_version: number; epoch: number; from_version: number | null }>(
    db,
    'select to_version, epoch, from_version from perennial.alias_moves where model_id = $1 and move_key = $2',
    [modelId, moveKey],
  );
  if (known === undefined) return null;
  return { version: known.to_version, epoch: known.epoch, previousVersion: known.from_version };
}

/**
 * A closed run moves nothing: its workflow is over, and what still speaks for it is an attempt left behind. Nor does one
 * that was told to move nothing.
 */
async function checkRunMayMove(client: PoolClient, { modelId, runNo }: ChampionMove): Promise<void> {
  if (runNo === null) return;
  const { closedAt, promotion } = await run(client, { modelId, runNo });
  assertInvariant(promotion === 'by-policy', `Promotion is off for run ${runNo} of ${modelId}: it moves no champion.`);
  assertInvariant(closedAt === null, `Run ${runNo} of ${modelId} is closed: too late to move the champion.`);
}

/** A rollback may have blocked the recipe while the run was on its way; a rollback itself goes to whatever it names. */
async function checkRecipe(client: PoolClient, { modelId, kind, toVersion }: ChampionMove): Promise<void> {
  if (kind === 'rollback') return;
  const made = await queryOne<{ recipe_digest: Digest }>(
    client,
    'select recipe_digest from perennial.versions where model_id = $1 and version = $2',
    [modelId, toVersion],
  );
  const recipeDigest = made?.recipe_digest;
  const block = recipeDigest === undefined ? null : await blockedRecipe(client, modelId, recipeDigest);
  if (block === null) return;
  throw new PipelineError('RECIPE_BLOCKED', blockedRecipeText(modelId, block), {
    details: { modelId, toVersion, recipeDigest, rolledBack: block.version },
  });
}

/**
 * Idempotent on the move key: a known one returns what that move did, wherever the alias is now, also after its run closed.
 * @throws CHAMPION_CHANGED when the alias is not where it was expected; ARTIFACT_MISSING for a version that does not exist;
 *   RECIPE_BLOCKED for a promotion of what a blocked recipe made; INVARIANT_BROKEN for a run that is closed or whose promotion is off
 */
export async function moveChampion(pool: Pool, move: ChampionMove): Promise<MoveResult> {
  const { modelId, moveKey } = move;
  checkIds({ moveKey });
  checkTexts({ by: move.by, reason: move.reason });
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const known = await moveByKey(client, modelId, moveKey);
    if (known !== null) return known;
    await checkRunMayMove(client, move);
    const present = await lockAlias(client, move);
    // Before the expectation: measuring again against a new champion is for nothing when the recipe is blocked.
    await checkRecipe(client, move);
    checkExpected(move, present);
    await versionByNumber(client, modelId, move.toVersion);
    return writeMove(client, move, present);
  });
}

interface DbChampion {
  version: number;
  epoch: number;
  moved_at: Date;
  artifact_digest: string;
  artifact_bytes: string;
  training_window_end: Date;
  spec_digest: string;
}

function toChampionRow(row: DbChampion): ChampionRow {
  return {
    version: row.version,
    epoch: row.epoch,
    artifact: { digest: row.artifact_digest, bytes: Number(row.artifact_bytes) },
    specDigest: row.spec_digest,
    since: toInstant(row.moved_at),
    trainedThrough: toInstant(row.training_window_end),
  };
}

/** Null before the first promotion. */
export async function champion(db: Db, modelId: string): Promise<ChampionRow | null> {
  const row = await queryOne<DbChampion>(
    db,
    `select a.version, a.epoch, a.moved_at, v.artifact_digest, v.artifact_bytes, v.training_window_end,
       r.spec_digest
     from perennial.aliases a
     join perennial.versions v on v.model_id = a.model_id and v.version = a.version
     join perennial.runs r on r.model_id = v.model_id and r.run_no = v.run_no
     where a.model_id = $1 and a.alias = 'champion'`,
    [modelId],
  );
  return row === undefined ? null : toChampionRow(row);
}

/** The champion in force at an instant; null before the first promotion. */
export async function championAt(db: Db, modelId: string, at: Instant): Promise<ChampionRow | null> {
  const row = await queryOne<DbChampion>(
    db,
    `select m.to_version as version, m.epoch, m.moved_at, v.artifact_digest, v.artifact_bytes, v.training_window_end,
       r.spec_digest
     from perennial.alias_moves m
     join perennial.versions v on v.model_id = m.model_id and v.version = m.to_version
     join perennial.runs r on r.model_id = v.model_id and r.run_no = v.run_no
     where m.model_id = $1 and m.alias = 'champion' and m.moved_at <= $2
     order by m.moved_at desc, m.epoch desc limit 1`,
    [modelId, at],
  );
  return row === undefined ? null : toChampionRow(row);
}

/**
 * Distinct versions that were champion before, by when they last became it, newest first. Without the present one, and
 * without those last left by a rollback: a second rollback must not return to what the first one left.
 */
export async function pastChampions(
  db: Db,
  modelId: string,
): Promise<readonly { version: number; artifact: ArtifactRef; specDigest: Digest }[]> {
  const rows = await query<{ version: number; artifact_digest: string; artifact_bytes: string; spec_digest: string }>(
    db,
    `select v.version, v.artifact_digest, v.artifact_bytes, r.spec_digest
     from (
       select distinct on (from_version) from_version as version, kind as left_by
       from perennial.alias_moves
       where model_id = $1 and alias = 'champion' and from_version is not null
       order by from_version, epoch desc) past
     join perennial.aliases a on a.model_id = $1 and a.alias = 'champion' and a.version <> past.version
     join perennial.versions v on v.model_id = $1 and v.version = past.version
     join perennial.runs r on r.model_id = $1 and r.run_no = v.run_no
     where past.left_by <> 'rollback'
     order by (
       select max(epoch) from perennial.alias_moves m
       where m.model_id = $1 and m.alias = 'champion' and m.to_version = past.version) desc`,
    [modelId],
  );
  return rows.map((row) => ({
    version: row.version,
    artifact: { digest: row.artifact_digest, bytes: Number(row.artifact_bytes) },
    specDigest: row.spec_digest,
  }));
}
