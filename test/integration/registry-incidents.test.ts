/** Incidents on real rows: opened once, seen again, closed by whom, and what becomes of the claims meanwhile. */
import { describe, expect, it } from 'vitest';
import type { RunKey } from '#dist/activities/deps.js';
import type { DriftClaim } from '#dist/core/signals/drift-claim.js';
import type { Assessment } from '#dist/core/triage/assessment.js';
import { CAUSES, type Certainty, type FaultVerdict, type TriageResult } from '#dist/core/triage/verdict.js';
import type { Outcome, OutcomeKind, Window } from '#dist/core/types.js';
import { verifyAudit } from '#dist/registry/audit-verify.js';
import { closeIncident } from '#dist/registry/close-incident.js';
import { closeIncidents } from '#dist/registry/incidents.js';
import { judgeTriggers } from '#dist/registry/judging.js';
import { incidentById, listIncidents } from '#dist/registry/list-incidents.js';
import { takeDueNotices } from '#dist/registry/notices.js';
import { recordedIncidentsOf } from '#dist/registry/policy-history.js';
import { applySpec } from '#dist/registry/specs.js';
import {
  arrivalOf,
  claimArrival,
  commit,
  FEBRUARY,
  JANUARY,
  MARCH,
  makeVersion,
  move,
  newVersion,
  openRunFor,
  snapshotOf,
  specApplication,
  TURNED_DOWN,
  triggerLedger,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-incidents');
const AT_ONCE = { debounce: { quiet: 'PT0S', maxWait: 'PT0S' }, coolDown: 'PT0S' };
const APRIL = { start: '2001-04-01T00:00:00.000Z', end: '2001-05-01T00:00:00.000Z' };
const MAY = { start: '2001-05-01T00:00:00.000Z', end: '2001-06-01T00:00:00.000Z' };
const MID_MARCH = '2001-03-14T00:00:00.000Z';

const apply = (modelId: string) => applySpec(t.pool, specApplication(modelId, { triggers: AT_ONCE }));
const judge = (modelId: string) => t.registry.judgeTriggers(modelId);
const ledger = async (modelId: string) =>
  Object.fromEntries((await triggerLedger(t.pool, modelId)).map(({ triggerId, ...row }) => [triggerId, row]));
const open = (modelId: string) => listIncidents(t.pool, { modelId, isOpenOnly: true, limit: 100 });
const all = (modelId: string) => listIncidents(t.pool, { modelId, isOpenOnly: false, limit: 100 });
const close = (modelId: string, incidentId: number, more: { isRepaired?: boolean } = {}) =>
  closeIncident(t.pool, { modelId, incidentId, by: 'reviewer', reason: 'the feed is mended', ...more });
const ended = (kind: OutcomeKind): { outcome: Outcome } => ({
  outcome: { ...TURNED_DOWN, kind, verdict: null, candidateVersion: null },
});

interface Found {
  readonly window?: Window;
  readonly columns?: readonly string[];
  readonly onset?: string | null;
  readonly certainty?: Certainty;
  readonly text?: string;
}

/** With every other fault excluded. */
function faulty(cause: FaultVerdict, found: Found = {}): Assessment {
  const {
    window = MARCH,
    columns = ['distance'],
    onset = MID_MARCH,
    certainty = 'confirmed',
    text = 'half is null',
  } = found;
  const triage: TriageResult = {
    verdict: cause,
    certainty,
    action: certainty === 'confirmed' ? 'stop' : 'ask',
    causes: CAUSES.map((one) => ({
      cause: one,
      state: one === cause ? certainty : 'excluded',
      columns: one === cause ? columns : [],
      onset: one === cause ? onset : null,
      supports: one === cause ? [text] : [],
      against: [],
      unchecked: [],
    })),
    columns,
    onset,
    reasons: [text],
    next: 'Repair the feed.',
  };
  return { verdict: cause, inputsAsOf: window.end, window, checks: [], reasons: [text], triage };
}

/** Every fault excluded, apart from those that are named as not checked. */
function sound(window: Window, unchecked: readonly FaultVerdict[] = []): Assessment {
  const base = faulty('broken-feed', { window });
  const causes = base.triage!.causes.map((finding) => ({
    ...finding,
    state: unchecked.some((one) => one === finding.cause) ? ('not-checked' as const) : ('excluded' as const),
    columns: [],
    onset: null,
    supports: [],
  }));
  const triage: TriageResult = { ...base.triage!, verdict: 'no-shift', certainty: null, action: 'stop', causes };
  return { ...base, verdict: 'no-shift', triage };
}

/** A run that a claim of a monitor starts. */
async function claimRun(modelId: string, eventId: string, change: Partial<DriftClaim> = {}): Promise<RunKey> {
  await commit(t.registry, claimArrival(modelId, eventId, change));
  const { openRun } = await judge(modelId);
  if (openRun === null)
    throw new Error(`${eventId} started nothing: ${(await ledger(modelId))[`nightly/${eventId}`]?.reason}`);
  return { modelId, runNo: openRun.runNo };
}

/** Twice, as after a crash: the second time says the same. @returns NaN when no open incident has the fault */
async function stoppedBy(key: RunKey, assessment: Assessment): Promise<number> {
  const { incidentId } = await t.registry.recordAssessment(key, assessment);
  expect(await t.registry.recordAssessment(key, assessment)).toEqual({ incidentId });
  await t.registry.closeRun(key, ended('blocked-by-data'));
  return incidentId ?? Number.NaN;
}

describe('a fault that an assessment finds', () => {
  it('opens one incident with one sighting, however often the assessment is recorded', async () => {
    await apply('repeated');
    const key = await openRunFor(t.registry, 'repeated', 'x');
    const once = faulty('broken-feed');
    const answers = await Promise.all(Array.from({ length: 20 }, () => t.registry.recordAssessment(key, once)));
    expect(new Set(answers.map(({ incidentId }) => incidentId)).size).toBe(1);
    const [incident, ...more] = await all('repeated');
    expect(more).toEqual([]);
    expect(incident).toMatchObject({
      incidentId: answers[0]!.incidentId,
      kind: 'feed',
      cause: 'broken-feed',
      certainty: 'confirmed',
      columns: ['distance'],
      onset: MID_MARCH,
      seen: MARCH,
      openedBy: 'run 1',
      runNo: 1,
      sightings: 1,
      closure: null,
      evidence: [{ runNo: 1, window: MARCH, reasons: ['half is null'] }],
    });
    const { rows } = await t.pool.query(
      `select canonical_text::jsonb->'body' as body from perennial.audit where model_id = 'repeated' and kind = 'incident-opened'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].body).toMatchObject({ kind: 'feed', columns: ['distance'], runNo: 1 });
  });

  it('is a further sighting of the open incident of its kind and columns, and else one of its own', async () => {
    await apply('deduped');
    const first = await openRunFor(t.registry, 'deduped', 'x');
    const id = await stoppedBy(first, faulty('broken-feed', { certainty: 'suspected' }));
    const again = await openRunFor(t.registry, 'deduped', 'y');
    const record = async (assessment: Assessment) => (await t.registry.recordAssessment(again, assessment)).incidentId;
    expect(await record(faulty('broken-feed', { window: APRIL, columns: ['distance', 'hour'] }))).toBe(id);
    const [seen] = await open('deduped');
    expect(seen).toMatchObject({ columns: ['distance', 'hour'], certainty: 'confirmed', sightings: 2 });
    const elsewhere = await record(faulty('broken-feed', { window: APRIL, columns: ['origin'] }));
    expect(elsewhere).not.toBe(id);
    const other = await record(faulty('logging-change', { window: APRIL }));
    expect([id, elsewhere]).not.toContain(other);
    // Missing rows are no matter of single columns: the oldest incident of the kind takes them.
    expect(await record(faulty('broken-feed', { window: APRIL, columns: [], text: 'rows are gone' }))).toBe(id);
    expect((await open('deduped')).map(({ kind }) => kind)).toEqual(['logging', 'feed', 'feed']);
    expect((await incidentById(t.pool, 'deduped', id))?.columns).toEqual([]);
  });

  it('of a run that moves nothing, or of a closed run, opens none', async () => {
    await apply('backfilled');
    const body = { reason: 'the past', promotion: 'off' };
    await commit(t.registry, arrivalOf('backfilled', 'old', { body, clock: { mode: 'replay', now: MARCH.end } }));
    const { openRun } = await judge('backfilled');
    const key = { modelId: 'backfilled', runNo: openRun!.runNo };
    expect(await t.registry.recordAssessment(key, faulty('broken-feed'))).toEqual({ incidentId: null });
    await t.registry.closeRun(key, ended('blocked-by-data'));
    expect(await t.registry.recordAssessment(key, faulty('label-fault'))).toEqual({ incidentId: null });
    expect(await all('backfilled')).toEqual([]);
  });
});

describe('closing', () => {
  it('is done once, by a person with a reason, and audited', async () => {
    await apply('closed');
    const id = await stoppedBy(await openRunFor(t.registry, 'closed', 'x'), faulty('label-fault'));
    await expect(close('closed', id + 1_000)).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' });
    await expect(close('unheard-of', id)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    const nothing = { modelId: 'closed', incidentId: id, by: 'reviewer', reason: '  ' };
    await expect(closeIncident(t.pool, nothing)).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    const both = await Promise.all([close('closed', id), close('closed', id)]);
    expect(both.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
    expect(await close('closed', id)).toEqual({ isNew: false, held: 0 });
    expect(await open('closed')).toEqual([]);
    expect((await incidentById(t.pool, 'closed', id))?.closure).toMatchObject({
      how: 'person',
      by: 'reviewer',
      reason: 'the feed is mended',
      isRepaired: false,
      evidenceDigest: null,
    });
    const { rows } = await t.pool.query(
      `select count(*)::integer as n from perennial.audit where model_id = 'closed' and kind = 'incident-closed'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
    const [verified] = await verifyAudit(t.pool, { modelId: 'closed' });
    expect(verified).toMatchObject({ brokenSeq: null, reason: null });
  });

  it('of a rollback clears its recipe; clearing recipes closes no fault', async () => {
    await apply('rolled');
    await makeVersion(t.registry, 'rolled', 'one');
    await makeVersion(t.registry, 'rolled', 'two');
    await t.registry.moveChampion(move('rolled', { toVersion: 1 }));
    await t.registry.moveChampion(move('rolled', { toVersion: 2, expected: { version: 1, epoch: 1 } }));
    const back = { kind: 'rollback', moveKey: 'back', expected: { version: 2, epoch: 2 } } as const;
    await t.registry.moveChampion(move('rolled', { toVersion: 1, ...back }));
    const fault = await stoppedBy(await openRunFor(t.registry, 'rolled', 'x'), faulty('broken-feed'));
    const [, rollback] = await open('rolled');
    expect(rollback).toMatchObject({ kind: 'rollback', cause: null, certainty: null, sightings: 0, held: 0 });
    await expect(close('rolled', rollback!.incidentId, { isRepaired: true })).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
    });
    const { recipeDigest } = newVersion({ modelId: 'rolled', runNo: 2 });
    expect(await t.registry.blockedRecipe('rolled', recipeDigest)).not.toBeNull();
    expect(await closeIncidents(t.pool, { modelId: 'rolled', by: 'reviewer', reason: 'it was the feed' })).toHaveLength(
      1,
    );
    expect(await t.registry.blockedRecipe('rolled', recipeDigest)).toBeNull();
    expect((await open('rolled')).map(({ incidentId }) => incidentId)).toEqual([fault]);
  });

  it('is done by recovery: a newer window in which the fault was looked at and excluded', async () => {
    await apply('recovered');
    const id = await stoppedBy(await openRunFor(t.registry, 'recovered', 'x'), faulty('broken-feed'));
    const key = await openRunFor(t.registry, 'recovered', 'y');
    await t.registry.recordAssessment(key, sound(MARCH));
    await t.registry.recordAssessment(key, sound(APRIL, ['broken-feed']));
    await t.registry.recordAssessment(key, faulty('broken-feed', { window: APRIL, columns: ['hour'], text: 'other' }));
    expect((await open('recovered')).map(({ columns }) => columns)).toEqual([['hour'], ['distance']]);
    await t.registry.recordAssessment(key, faulty('label-fault', { window: MAY, onset: MAY.start }));
    expect((await open('recovered')).map(({ kind }) => kind)).toEqual(['label']);
    const closure = (await incidentById(t.pool, 'recovered', id))?.closure;
    expect(closure).toMatchObject({
      how: 'recovery',
      by: 'run 2',
      evidenceDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(closure?.reason).toContain(MAY.start);
    const june = { start: MAY.end, end: '2001-07-01T00:00:00.000Z' };
    await t.registry.recordAssessment(key, sound(june));
    expect(await open('recovered')).toEqual([]);
  });

  it('happens by itself when the one run that suspected the fault went on', async () => {
    await apply('overruled');
    const key = await openRunFor(t.registry, 'overruled', 'x');
    const { incidentId } = await t.registry.recordAssessment(key, faulty('label-fault', { certainty: 'suspected' }));
    await t.registry.recordStage(key, 'freeze');
    await t.registry.closeRun(key, ended('turned-down'));
    const closure = (await incidentById(t.pool, 'overruled', incidentId!))?.closure;
    expect(closure).toMatchObject({ how: 'overruled', by: 'run 1' });
  });

  it('happens so to every suspicion of that run, also when its last look found nothing', async () => {
    await apply('looked-twice');
    const key = await openRunFor(t.registry, 'looked-twice', 'x');
    for (const verdict of ['label-fault', 'logging-change'] as const)
      await t.registry.recordAssessment(key, faulty(verdict, { certainty: 'suspected' }));
    await t.registry.recordAssessment(key, sound(MARCH));
    expect(await open('looked-twice')).toHaveLength(2);
    await t.registry.recordStage(key, 'freeze');
    await t.registry.closeRun(key, ended('promoted'));
    expect((await all('looked-twice')).map(({ closure }) => closure?.how)).toEqual(['overruled', 'overruled']);
  });
});

describe('claims', () => {
  it.each([
    ['cancelled', (key: RunKey) => t.registry.closeRun(key, ended('cancelled'))],
    ['without its labels', (key: RunKey) => t.registry.closeRun(key, ended('labels-missing'))],
    ['failed', (key: RunKey) => t.registry.closeRun(key, { failure: 'the disk is full' })],
    ['terminated', (key: RunKey) => t.registry.failOpenRun(key, 'gone')],
  ])('of a run that ended %s after it had found a fault wait under the incident', async (how, close) => {
    const modelId = `ended-${how.replaceAll(' ', '-')}`;
    await apply(modelId);
    const key = await claimRun(modelId, 'c1');
    const { incidentId } = await t.registry.recordAssessment(key, faulty('label-fault', { certainty: 'suspected' }));
    await close(key);
    expect((await ledger(modelId))['nightly/c1']).toMatchObject({ state: 'held', runNo: key.runNo });
    expect(await open(modelId)).toMatchObject([{ incidentId, held: 1 }]);
  });

  it('of a run that a fault stopped wait under the incident, those of a person do not', async () => {
    await apply('held');
    await commit(t.registry, claimArrival('held', 'c1'));
    const key = await claimRun('held', 'c2');
    const id = await stoppedBy(key, faulty('broken-feed'));
    await t.registry.closeRun(key, ended('blocked-by-data'));
    const rows = await ledger('held');
    for (const one of ['nightly/c1', 'nightly/c2'])
      expect(rows[one]).toMatchObject({ state: 'held', runNo: key.runNo });
    expect(rows['nightly/c1']?.reason).toContain(
      `Incident ${id} (broken feed, distance, since ${MID_MARCH.slice(0, 10)})`,
    );
    expect((await open('held'))[0]).toMatchObject({ held: 2 });
    const judged = await judge('held');
    expect(judged).toMatchObject({ openRun: null, wakeAt: null, waiting: { held: 2 } });
    const manual = await openRunFor(t.registry, 'held', 'by-hand');
    await stoppedBy(manual, faulty('broken-feed', { window: APRIL }));
    expect((await ledger('held'))['manual/by-hand']).toMatchObject({ state: 'started', runNo: manual.runNo });
  });

  it('that come while it is open wait too, unless their window ends before the onset; closing lets them be judged at once', async () => {
    await apply('waiting');
    const key = await claimRun('waiting', 'first');
    const id = await stoppedBy(key, faulty('broken-feed'));
    await commit(t.registry, claimArrival('waiting', 'later', { window: APRIL }));
    expect((await judge('waiting')).openRun).toBeNull();
    expect((await ledger('waiting'))['nightly/later']).toMatchObject({ state: 'held', runNo: null });
    expect((await open('waiting'))[0]).toMatchObject({ held: 2 });
    const early = await claimRun('waiting', 'early', { window: FEBRUARY });
    await t.registry.closeRun(early, ended('not-a-shift'));
    await judge('waiting');
    const due = async () => (await takeDueNotices(t.pool, 1_000)).filter(({ modelId }) => modelId === 'waiting');
    expect(await due()).toEqual([]);
    expect(await close('waiting', id, { isRepaired: true })).toEqual({ isNew: true, held: 2 });
    expect(await due()).toHaveLength(1);
    expect(await due()).toEqual([]);
    const { openRun } = await judge('waiting');
    const rows = await ledger('waiting');
    expect(rows['nightly/first']).toMatchObject({ state: 'started', runNo: openRun?.runNo });
    expect(rows['nightly/later']).toMatchObject({ state: 'merged', runNo: openRun?.runNo });
    expect(await due()).toEqual([]);
  });

  it('leave their turn to what waits for less, however many they are', async () => {
    await apply('crowded');
    const key = await openRunFor(t.registry, 'crowded', 'x');
    await stoppedBy(key, faulty('broken-feed'));
    for (const eventId of ['c1', 'c2', 'c3']) await commit(t.registry, claimArrival('crowded', eventId));
    await judge('crowded');
    expect((await open('crowded'))[0]).toMatchObject({ held: 3 });
    const busy = await openRunFor(t.registry, 'crowded', 'y');
    await commit(t.registry, arrivalOf('crowded', 'tick', { source: 'schedule', cause: 'schedule' }));
    await t.registry.recordStage(busy, 'train');
    await judge('crowded');
    await t.registry.closeRun(busy, ended('turned-down'));
    await judgeTriggers(t.pool, 'crowded', { mostWaiting: 2 });
    expect((await ledger('crowded'))['schedule/tick']).toMatchObject({ state: 'started' });
  });

  it('that are judged late, on data that a closed incident has seen, are answered by it and open nothing', async () => {
    await apply('answered');
    const id = await stoppedBy(await claimRun('answered', 'c1'), faulty('broken-feed'));
    await close('answered', id);
    const again = await judge('answered');
    const key = { modelId: 'answered', runNo: again.openRun!.runNo };
    // Measured again with what is known now: not the same assessment, and the same fault.
    expect(await stoppedBy(key, faulty('broken-feed', { text: 'half is null still' }))).toBeNaN();
    expect((await ledger('answered'))['nightly/c1']).toMatchObject({ state: 'suppressed', runNo: key.runNo });
    expect((await ledger('answered'))['nightly/c1']?.reason).toContain(`Incident ${id}`);
    expect(await open('answered')).toEqual([]);
    expect((await judge('answered')).openRun).toBeNull();
    expect(await all('answered')).toMatchObject([{ incidentId: id, sightings: 2 }]);
    const newer = await claimRun('answered', 'c2', { window: APRIL });
    const next = await stoppedBy(newer, faulty('broken-feed', { window: APRIL, onset: APRIL.start }));
    expect(next).not.toBe(id);
    expect(await open('answered')).toMatchObject([{ incidentId: next }]);
  });

  it('find a fault that was said to be repaired: that is a new incident', async () => {
    await apply('unrepaired');
    const id = await stoppedBy(await claimRun('unrepaired', 'c1'), faulty('broken-feed'));
    await close('unrepaired', id, { isRepaired: true });
    const { openRun } = await judge('unrepaired');
    const key = { modelId: 'unrepaired', runNo: openRun!.runNo };
    const next = await stoppedBy(key, faulty('broken-feed', { text: 'half is null still' }));
    expect(next).not.toBe(id);
    expect((await ledger('unrepaired'))['nightly/c1']).toMatchObject({ state: 'held' });
  });

  it('on data from before a recovery go round no more than once each', async () => {
    await apply('no-circle');
    await stoppedBy(await claimRun('no-circle', 'c1'), faulty('broken-feed'));
    await commit(t.registry, claimArrival('no-circle', 'c2', { window: APRIL }));
    await judge('no-circle');
    const scheduled = await openRunFor(t.registry, 'no-circle', 'scheduled');
    await t.registry.recordAssessment(scheduled, sound(MAY));
    expect(await open('no-circle')).toEqual([]);
    await t.registry.closeRun(scheduled, ended('turned-down'));
    for (let round = 0; round < 10; round += 1) {
      const { openRun } = await judge('no-circle');
      if (openRun === null) break;
      const key = { modelId: 'no-circle', runNo: openRun.runNo };
      await stoppedBy(key, faulty('broken-feed', { window: APRIL, text: `looked at for the ${round}. time` }));
    }
    expect((await judge('no-circle')).waiting).toEqual({ pending: 0, held: 0, escalated: 0 });
    expect(await all('no-circle')).toHaveLength(1);
    const rows = await ledger('no-circle');
    expect([rows['nightly/c1']?.state, rows['nightly/c2']?.state]).toEqual(['suppressed', 'suppressed']);
  });
});

it('is part of the past that policies are replayed on', async () => {
  await apply('replayed');
  const id = await stoppedBy(await openRunFor(t.registry, 'replayed', 'x'), faulty('broken-feed'));
  const [recorded] = await recordedIncidentsOf(t.pool, 'replayed');
  expect(recorded).toMatchObject({ incident: { incidentId: id, mode: 'wall', since: MID_MARCH }, closedMs: null });
  await close('replayed', id);
  const [{ openedMs, closedMs } = { openedMs: 0, closedMs: 0 }] = await recordedIncidentsOf(t.pool, 'replayed');
  expect(closedMs).toBeGreaterThanOrEqual(openedMs);
});

describe('what triage reads', () => {
  it('are the claims that the run has to answer, with what alerts', async () => {
    await apply('alleged');
    await commit(t.registry, claimArrival('alleged', 'c1'));
    const quiet = { ...claimArrival('alleged', 'c2').claim!.findings[0]!, column: 'hour', alert: false };
    const absent = [{ what: 'column' as const, name: 'origin', why: 'all null' }];
    await commit(
      t.registry,
      claimArrival('alleged', 'c2', { absent, findings: [...claimArrival('alleged', 'c2').claim!.findings, quiet] }),
    );
    const { openRun } = await judge('alleged');
    const claims = await t.registry.claimsOfRun({ modelId: 'alleged', runNo: openRun!.runNo });
    expect(claims.map(({ triggerId }) => triggerId)).toEqual(['nightly/c1', 'nightly/c2']);
    expect(claims[1]).toMatchObject({
      monitor: 'evidently',
      window: MARCH,
      nReference: 1_000,
      nCurrent: null,
      alerts: [{ scope: 'column', column: 'distance', score: 0.01, threshold: 0.05, lowerIsDrift: true }],
      absent: ['No column origin: all null'],
    });
    await stoppedBy({ modelId: 'alleged', runNo: openRun!.runNo }, faulty('broken-feed'));
    expect(await t.registry.claimsOfRun({ modelId: 'alleged', runNo: openRun!.runNo })).toHaveLength(2);
  });

  it('are the versions that were announced, by when they took effect', async () => {
    await apply('versions');
    const announce = (eventId: string, body: object, refusal?: string) =>
      t.registry.acceptArrivals([
        arrivalOf('versions', eventId, {
          source: 'versions',
          cause: 'version-change',
          body,
          ...(refusal === undefined ? {} : { refusal }),
        }),
      ]);
    await announce('late', { kind: 'code', to: '2', at: APRIL.start, columns: ['hour'] });
    await announce('early', { kind: 'feature', name: 'hour', from: '1', to: '2', commit: 'abc', at: FEBRUARY.start });
    await announce('outside', { kind: 'code', to: '1', at: JANUARY.start });
    await announce('malformed', { kind: 'code', to: '3', at: FEBRUARY.start }, 'kind is missing');
    await announce('reason-alone', { reason: 'new code' });
    const records = await t.registry.versionRecords('versions', { from: FEBRUARY.start, to: MAY.start });
    expect(records).toEqual([
      {
        eventId: 'early',
        kind: 'feature',
        name: 'hour',
        from: '1',
        to: '2',
        commit: 'abc',
        columns: [],
        at: FEBRUARY.start,
      },
      {
        eventId: 'late',
        kind: 'code',
        name: null,
        from: null,
        to: '2',
        commit: null,
        columns: ['hour'],
        at: APRIL.start,
      },
    ]);
  });

  it('is what the champion was trained on', async () => {
    await apply('trained');
    const key = await openRunFor(t.registry, 'trained', 'x');
    const training = snapshotOf('training', 'trained');
    await t.registry.recordSnapshot(key, training);
    await t.registry.registerVersion(newVersion(key));
    expect(await t.registry.championTraining('trained')).toBeNull();
    await t.registry.moveChampion(move('trained', { toVersion: 1 }));
    expect(await t.registry.championTraining('trained')).toEqual(training);
  });
});
