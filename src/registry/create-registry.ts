/** The registry as activities see it: the query modules of this folder over one pool. */
import type { Pool } from 'pg';
import type { Registry } from '../activities/deps.js';
import { champion, moveByKey, moveChampion, pastChampions } from './aliases.js';
import { recordDecision } from './approvals.js';
import { backfillAttempt, withdrawBackfillAttempt } from './backfills.js';
import { beginEvaluation, finishEvaluation } from './evaluations.js';
import { blockedRecipe } from './incidents.js';
import { acceptArrivals } from './intake.js';
import { judgeTriggers, recordLabelCount } from './judging.js';
import { recordLabelDecision } from './label-decisions.js';
import { loadModelState } from './models.js';
import { setPause } from './pauses.js';
import { keepAliveThroughLostConnections } from './pool.js';
import { listReleases, recordQuarantine } from './quarantines.js';
import { listAssessments, recordAssessment, recordCoverage, recordSnapshot } from './run-facts.js';
import { closeRun, failOpenRun, recordStage, run } from './runs.js';
import { acceptedSchema, proposeSchema } from './source-schemas.js';
import { specByDigest } from './specs.js';
import { championTraining, claimsOfRun, versionRecords } from './triage-facts.js';
import { registerVersion, versionByNumber } from './versions.js';

/** The caller owns the pool and ends it; `createPool` makes one with time-outs. */
export function createRegistry(pool: Pool): Registry {
  keepAliveThroughLostConnections(pool);
  return {
    specByDigest: (digest) => specByDigest(pool, digest),
    loadModelState: (modelId) => loadModelState(pool, modelId),
    acceptArrivals: (arrivals) => acceptArrivals(pool, arrivals),
    judgeTriggers: (modelId, options) => judgeTriggers(pool, modelId, options),
    setPause: (modelId, request) => setPause(pool, modelId, request),
    recordLabelCount: (modelId, count) => recordLabelCount(pool, modelId, count),
    run: (key) => run(pool, key),
    recordStage: (key, stage) => recordStage(pool, key, stage),
    recordAssessment: (key, assessment) => recordAssessment(pool, key, assessment),
    claimsOfRun: (key) => claimsOfRun(pool, key),
    versionRecords: (modelId, span) => versionRecords(pool, modelId, span),
    championTraining: (modelId) => championTraining(pool, modelId),
    recordCoverage: (key, kind, coverage) => recordCoverage(pool, key, { kind, coverage }),
    recordSnapshot: (key, snapshot) => recordSnapshot(pool, key, snapshot),
    closeRun: (key, result) => closeRun(pool, key, result),
    failOpenRun: (key, failure) => failOpenRun(pool, key, failure),
    backfillAttempt: (window, attempt) => backfillAttempt(pool, window, attempt),
    withdrawBackfillAttempt: (window, attempt) => withdrawBackfillAttempt(pool, window, attempt),
    registerVersion: (version) => registerVersion(pool, version),
    versionArtifact: async (modelId, version) => (await versionByNumber(pool, modelId, version)).artifact,
    champion: (modelId) => champion(pool, modelId),
    pastChampions: (modelId) => pastChampions(pool, modelId),
    blockedRecipe: (modelId, recipeDigest) => blockedRecipe(pool, modelId, recipeDigest),
    beginEvaluation: (evaluation) => beginEvaluation(pool, evaluation),
    finishEvaluation: (evaluationId, result) => finishEvaluation(pool, evaluationId, result),
    recordDecision: (key, decision) => recordDecision(pool, key, decision),
    recordLabelDecision: (key, decision) => recordLabelDecision(pool, key, decision),
    moveChampion: (move) => moveChampion(pool, move),
    acceptedSchema: (modelId) => acceptedSchema(pool, modelId),
    proposeSchema: (proposal) => proposeSchema(pool, proposal),
    quarantineReleases: (modelId) => listReleases(pool, modelId),
    checksOfRun: async (key) => (await listAssessments(pool, key)).at(-1)?.checks ?? [],
    recordQuarantine: (key, kind, entries) => recordQuarantine(pool, key, { kind, entries }),
    moveByKey: (modelId, moveKey) => moveByKey(pool, modelId, moveKey),
  };
}
