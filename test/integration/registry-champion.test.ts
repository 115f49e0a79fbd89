/** Versions, evaluations, decisions and the champion alias: each idempotency, and who wins when many move at once. */
import { describe, expect, it } from 'vitest';
import { createRunActivities } from '#dist/activities/create-run-activities.js';
import type { ActivityDeps, ChampionMove } from '#dist/activities/deps.js';
import { canonicalDigest, canonicalJson } from '#dist/core/canonical-json.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { championAt } from '#dist/registry/aliases.js';
import { verifyAudit } from '#dist/registry/audit-verify.js';
import { closeIncidents } from '#dist/registry/incidents.js';
import { championHistory, listModels, showRun } from '#dist/registry/reads.js';
import { applySpec, currentSpec } from '#dist/registry/specs.js';
import {
  applyModel,
  digestOf,
  evaluationOf,
  FEBRUARY,
  GATES,
  JANUARY,
  MARCH,
  makeVersion,
  move,
  newVersion,
  openRunFor,
  specApplication,
  summaryOf,
  TURNED_DOWN,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-champion');

async function modelWithVersions(modelId: string, count: number): Promise<string> {
  const specDigest = await applyModel(t.pool, modelId);
  for (let i = 1; i <= count; i++) await makeVersion(t.registry, modelId, `trigger-${i}`);
  return specDigest;
}

const settled = async <T>(promises: Promise<T>[]) => {
  const results = await Promise.allSettled(promises);
  return {
    won: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    lost: results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason.code)] : [])),
  };
};

describe('versions', () => {
  it('registers one version a run: later attempts get the first one', async () => {
    await applyModel(t.pool, 'ver-a');
    const key = await openRunFor(t.registry, 'ver-a', 'x');
    const first = newVersion(key, 'first');
    const second = { ...newVersion(key, 'second'), attempt: 2 };
    const answers = await Promise.all([first, second, second].map((version) => t.registry.registerVersion(version)));
    expect(new Set(answers.map((answer) => answer.artifact.digest)).size).toBe(1);
    expect(answers.map((answer) => answer.version)).toEqual([1, 1, 1]);
    await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    expect(await t.registry.registerVersion(second)).toEqual(answers[0]);
    expect(await t.registry.versionArtifact('ver-a', 1)).toEqual(answers[0]?.artifact);
    await expect(t.registry.versionArtifact('ver-a', 2)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it('numbers versions of each model from 1', async () => {
    await modelWithVersions('ver-b', 2);
    await applyModel(t.pool, 'ver-c');
    expect(await makeVersion(t.registry, 'ver-b', 'third')).toBe(3);
    expect(await makeVersion(t.registry, 'ver-c', 'first')).toBe(1);
  });
});

describe('evaluations', () => {
  it('counts a look once, and only looks of other evaluations that overlap and came before', async () => {
    await applyModel(t.pool, 'eval-a');
    const key = await openRunFor(t.registry, 'eval-a', 'x');
    await t.registry.registerVersion(newVersion(key));
    const first = await t.registry.beginEvaluation(evaluationOf(key));
    expect(first.earlierLooks).toEqual([]);
    expect(await t.registry.beginEvaluation(evaluationOf(key))).toEqual(first);
    const apart = await t.registry.beginEvaluation(evaluationOf(key, { championEpoch: 1, holdoutWindow: MARCH }));
    expect(apart.earlierLooks).toEqual([]);
    const both = { start: '2001-02-20T00:00:00.000Z', end: '2001-03-10T00:00:00.000Z' };
    const third = await t.registry.beginEvaluation(evaluationOf(key, { championEpoch: 2, holdoutWindow: both }));
    expect(third.earlierLooks).toEqual([FEBRUARY, MARCH]);
    const before = await t.registry.beginEvaluation(evaluationOf(key, { championEpoch: 3, holdoutWindow: JANUARY }));
    expect(before.earlierLooks).toEqual([]);
    expect(await t.registry.beginEvaluation(evaluationOf(key))).toEqual(first);
  });

  it('begins one evaluation of ten equal ones at once', async () => {
    await applyModel(t.pool, 'eval-b');
    const key = await openRunFor(t.registry, 'eval-b', 'x');
    await t.registry.registerVersion(newVersion(key));
    const begun = await Promise.all(Array.from({ length: 10 }, () => t.registry.beginEvaluation(evaluationOf(key))));
    expect(new Set(begun.map((one) => one.evaluationId)).size).toBe(1);
    expect(begun.flatMap((one) => one.earlierLooks)).toEqual([]);
  });

  it('keeps both results of a scoring that was repeated and shows the newer one', async () => {
    await applyModel(t.pool, 'eval-c');
    const key = await openRunFor(t.registry, 'eval-c', 'x');
    await t.registry.registerVersion(newVersion(key));
    const { evaluationId } = await t.registry.beginEvaluation(evaluationOf(key));
    expect((await showRun(t.pool, key)).evaluations).toMatchObject([{ finishedAt: null, summary: null, gates: [] }]);
    const finish = (evidence: string) =>
      t.registry.finishEvaluation(evaluationId, { summary: summaryOf(evaluationId, evidence), gates: GATES });
    await Promise.all([finish('first'), finish('first')]);
    await finish('second');
    await finish('first');
    const [shown] = (await showRun(t.pool, key)).evaluations;
    expect(shown?.summary?.evidenceDigest).toBe(digestOf('second'));
    expect(shown?.gates).toEqual(GATES);
    const { rows } = await t.pool.query('select 1 from perennial.evaluation_results where evaluation_id = $1', [
      evaluationId,
    ]);
    expect(rows).toHaveLength(2);
  });

  it('takes no new result once the run is closed, and repeats one that was written before', async () => {
    await applyModel(t.pool, 'eval-d');
    const key = await openRunFor(t.registry, 'eval-d', 'x');
    await t.registry.registerVersion(newVersion(key));
    const { evaluationId } = await t.registry.beginEvaluation(evaluationOf(key));
    const finish = (evidence: string) =>
      t.registry.finishEvaluation(evaluationId, { summary: summaryOf(evaluationId, evidence), gates: GATES });
    await finish('in time');
    await t.registry.closeRun(key, { failure: 'gone' });
    await finish('in time');
    await expect(finish('late')).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
      message: expect.stringContaining('Run 1 of eval-d is closed'),
    });
    const { rows } = await t.pool.query(
      `select (select count(*)::int from perennial.evaluation_results where evaluation_id = $1) as results,
         (select count(*)::int from perennial.gate_results where evaluation_id = $1) as gates,
         (select count(*)::int from perennial.audit where model_id = 'eval-d' and kind = 'evaluation-finished') as entries`,
      [evaluationId],
    );
    expect(rows).toEqual([{ results: 1, gates: GATES.length, entries: 1 }]);
  });

  it('refuses to finish what was never begun', async () => {
    await expect(
      t.registry.finishEvaluation(987_654, { summary: summaryOf(987_654, 'e'), gates: [] }),
    ).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
  });
});

describe('decisions', () => {
  const decision = (eventId: string, accepted: boolean) =>
    ({
      eventId,
      decision: 'approve',
      by: 'reviewer',
      reason: 'better on every slice',
      evidence: digestOf('e').slice(0, 12),
      channel: 'update',
      answer: { accepted, code: accepted ? 'accepted' : 'stale-evidence', reason: accepted ? 'noted' : 'old' },
    }) as const;

  it('answers a repeated decision as the first time, on closed runs too', async () => {
    await applyModel(t.pool, 'dec-a');
    const key = await openRunFor(t.registry, 'dec-a', 'x');
    const first = decision('one', false);
    expect(await t.registry.recordDecision(key, first)).toEqual(first.answer);
    expect(await t.registry.recordDecision(key, decision('one', true))).toEqual(first.answer);
    await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    const late = { ...decision('two', false), channel: 'client' } as const;
    await Promise.all([1, 2, 3].map(() => t.registry.recordDecision(key, late)));
    const { approvals } = await showRun(t.pool, key);
    expect(approvals.map(({ decidedAt: _at, ...row }) => row)).toEqual([first, late]);
  });

  it('keeps what people say about missing labels in rows and audit of its own, once', async () => {
    await applyModel(t.pool, 'dec-l');
    const key = await openRunFor(t.registry, 'dec-l', 'x');
    const said = (eventId: string, change = {}) =>
      ({
        eventId,
        decision: 'extend',
        until: '2001-04-20T00:00:00.000Z',
        by: 'reviewer',
        reason: 'the feed was down',
        channel: 'signal',
        answer: { accepted: false, code: 'not-allowed', reason: 'not you' },
        ...change,
      }) as const;
    const first = said('one');
    await Promise.all([1, 2, 3].map(() => t.registry.recordLabelDecision(key, first)));
    const other = { accepted: true, code: 'accepted', reason: 'yes' } as const;
    expect(await t.registry.recordLabelDecision(key, said('one', { answer: other }))).toEqual(first.answer);
    await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    const late = { ...said('two', { decision: 'abort', until: null, channel: 'client', question: 'assessment' }) };
    await t.registry.recordLabelDecision(key, late);
    const { labelDecisions } = await showRun(t.pool, key);
    expect(labelDecisions.map(({ decidedAt: _at, ...row }) => row)).toEqual([first, late]);
    const { rows } = await t.pool.query(
      `select canonical_text::jsonb -> 'body' as body from perennial.audit
       where model_id = 'dec-l' and kind = 'label-decision' order by seq`,
    );
    const { answer, by, channel, decision: what, eventId, reason, until } = first;
    expect(rows.map(({ body }) => body)).toMatchObject([
      { answer, by, channel, decision: what, eventId, reason, runNo: 1, until },
      { eventId: 'two', until: null, question: 'assessment' },
    ]);
    const wrong = said('three', { decision: 'shrink', until: null, question: 'assessment', answer: other });
    await expect(t.registry.recordLabelDecision(key, wrong)).rejects.toThrow(/label_decisions_labels_alone/);
    await expect(t.registry.recordLabelDecision(key, said('x', { until: 'soon' }))).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
      details: { field: 'until' },
    });
  });

  it('refuses a decision on a run that does not exist', async () => {
    await expect(t.registry.recordDecision({ modelId: 'dec-a', runNo: 9 }, decision('x', true))).rejects.toMatchObject({
      code: 'RUN_UNKNOWN',
    });
  });
});

describe('the champion', () => {
  it('has none before the first promotion, then who, since when and from which spec', async () => {
    const specDigest = await modelWithVersions('champ-a', 1);
    expect(await t.registry.champion('champ-a')).toBeNull();
    expect(await t.registry.moveChampion(move('champ-a', { toVersion: 1 }))).toEqual({
      version: 1,
      epoch: 1,
      previousVersion: null,
    });
    const champion = await t.registry.champion('champ-a');
    const artifact = await t.registry.versionArtifact('champ-a', 1);
    expect(champion).toMatchObject({ version: 1, epoch: 1, specDigest, trainedThrough: JANUARY.end, artifact });
    expect(await championAt(t.pool, 'champ-a', champion?.since ?? '')).toEqual(champion);
    const before = new Date(Date.parse(champion?.since ?? '') - 1).toISOString();
    expect(await championAt(t.pool, 'champ-a', before)).toBeNull();
    const listed = (await listModels(t.pool)).find((row) => row.modelId === 'champ-a');
    expect(listed?.champion).toEqual({ version: 1, epoch: 1, since: champion?.since });
  });

  it('lets exactly one of twenty promotions at once win', async () => {
    await modelWithVersions('champ-b', 3);
    await t.registry.moveChampion(move('champ-b', { toVersion: 1 }));
    const rivals = Array.from({ length: 20 }, (_, i) =>
      move('champ-b', { toVersion: 2 + (i % 2), moveKey: `rival-${i}`, expected: { version: 1, epoch: 1 } }),
    );
    const { won, lost } = await settled(rivals.map((rival) => t.registry.moveChampion(rival)));
    expect(won).toHaveLength(1);
    expect(lost).toEqual(Array.from({ length: 19 }, () => 'CHAMPION_CHANGED'));
    expect(await t.registry.champion('champ-b')).toMatchObject({ version: won[0]?.version, epoch: 2 });
    expect(await championHistory(t.pool, 'champ-b')).toHaveLength(2);
  });

  it('lets exactly one of twenty first promotions at once win', async () => {
    await modelWithVersions('champ-c', 1);
    const rivals = Array.from({ length: 20 }, (_, i) => move('champ-c', { toVersion: 1, moveKey: `rival-${i}` }));
    const { won, lost } = await settled(rivals.map((rival) => t.registry.moveChampion(rival)));
    expect([won.length, lost.length]).toEqual([1, 19]);
    expect(new Set(lost)).toEqual(new Set(['CHAMPION_CHANGED']));
  });

  it('answers a known move key with what that move did, wherever the champion is now', async () => {
    await modelWithVersions('champ-d', 2);
    const first = move('champ-d', { toVersion: 1 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => t.registry.moveChampion(first)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await t.registry.moveChampion(move('champ-d', { toVersion: 2, expected: { version: 1, epoch: 1 } }));
    expect(await t.registry.moveChampion(first)).toEqual({ version: 1, epoch: 1, previousVersion: null });
    expect(await t.registry.champion('champ-d')).toMatchObject({ version: 2, epoch: 2 });
  });

  it('refuses a move whose expectation is off by version or by epoch, and says where the champion is', async () => {
    await modelWithVersions('champ-e', 2);
    await t.registry.moveChampion(move('champ-e', { toVersion: 1 }));
    for (const expected of [
      { version: null, epoch: 0 },
      { version: 1, epoch: 0 },
      { version: 2, epoch: 1 },
    ]) {
      await expect(t.registry.moveChampion(move('champ-e', { toVersion: 2, expected }))).rejects.toMatchObject({
        code: 'CHAMPION_CHANGED',
        details: { present: { version: 1, epoch: 1 } },
      });
    }
  });
});

describe('a move that cannot be', () => {
  it('refuses a version that does not exist, another model, and a move to where it is', async () => {
    await modelWithVersions('champ-f', 1);
    await expect(t.registry.moveChampion(move('champ-f', { toVersion: 9 }))).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
    });
    await expect(t.registry.moveChampion(move('nobody', { toVersion: 1 }))).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
    await t.registry.moveChampion(move('champ-f', { toVersion: 1 }));
    await expect(
      t.registry.moveChampion(move('champ-f', { toVersion: 1, moveKey: 'again', expected: { version: 1, epoch: 1 } })),
    ).rejects.toMatchObject({ code: 'CHAMPION_CHANGED' });
    expect(await championHistory(t.pool, 'champ-f')).toHaveLength(1);
  });
});

describe('a move for a run', () => {
  it('is refused once the run is closed, and repeated when it was made before', async () => {
    await modelWithVersions('fence-a', 1);
    const key = await openRunFor(t.registry, 'fence-a', 'y');
    await t.registry.registerVersion(newVersion(key));
    const first = move('fence-a', { toVersion: 1, runNo: key.runNo });
    const answer = await t.registry.moveChampion(first);
    await t.registry.failOpenRun(key, 'terminated');
    expect(await t.registry.moveChampion(first)).toEqual(answer);
    const late = move('fence-a', { toVersion: 2, expected: { version: 1, epoch: 1 }, runNo: key.runNo });
    await expect(t.registry.moveChampion(late)).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
      retryable: false,
      message: expect.stringContaining('Run 2 of fence-a is closed'),
    });
    await expect(t.registry.moveChampion({ ...late, runNo: 9 })).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    expect(await t.registry.champion('fence-a')).toMatchObject({ version: 1, epoch: 1 });
    expect(await t.registry.moveByKey('fence-a', late.moveKey)).toBeNull();
  });
});

describe('a rollback', () => {
  const back = (modelId: string, from: number, to: number, epoch: number): ChampionMove =>
    move(modelId, {
      kind: 'rollback',
      toVersion: to,
      moveKey: `${modelId}/back-${epoch}`,
      expected: { version: from, epoch },
      reason: 'worse on mature labels',
      evidenceDigest: null,
    });

  async function promoted(modelId: string, count: number): Promise<void> {
    await modelWithVersions(modelId, count);
    for (let version = 1; version <= count; version++) {
      const expected = { version: version === 1 ? null : version - 1, epoch: version - 1 };
      await t.registry.moveChampion(move(modelId, { toVersion: version, expected }));
    }
  }

  it('opens an incident and blocks the recipe of the version it leaves, once', async () => {
    await promoted('back-a', 2);
    const request = back('back-a', 2, 1, 2);
    const answers = await Promise.all([1, 2, 3].map(() => t.registry.moveChampion(request)));
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ version: 1, epoch: 3, previousVersion: 2 })));
    const { rows } = await t.pool.query(
      `select i.kind, i.epoch, i.reason, i.opened_by, b.version, b.recipe_digest
       from perennial.incidents i join perennial.blocked_recipes b using (incident_id) where i.model_id = 'back-a'`,
    );
    const recipe = digestOf('recipe back-a/2');
    const reason = 'worse on mature labels';
    expect(rows).toEqual([
      { kind: 'rollback', epoch: 3, reason, opened_by: 'operator', version: 2, recipe_digest: recipe },
    ]);
    const [newest, promotion] = await championHistory(t.pool, 'back-a');
    expect(newest).toMatchObject({ kind: 'rollback', fromVersion: 2, toVersion: 1, blockedRecipe: recipe, epoch: 3 });
    expect(promotion).toMatchObject({ kind: 'promotion', toVersion: 2, blockedRecipe: null, epoch: 2 });
  });

  it('lets nothing be promoted by the recipe that it blocked until a person clears it', async () => {
    await promoted('back-p', 2);
    await t.registry.moveChampion(back('back-p', 2, 1, 2));
    const key = await openRunFor(t.registry, 'back-p', 'on-its-way');
    const { version } = await t.registry.registerVersion({
      ...newVersion(key),
      recipeDigest: digestOf('recipe back-p/2'),
    });
    const late = move('back-p', { toVersion: version, expected: { version: 2, epoch: 2 }, runNo: key.runNo });
    await expect(t.registry.moveChampion(late)).rejects.toMatchObject({
      code: 'RECIPE_BLOCKED',
      retryable: false,
      message: expect.stringContaining('was rolled back at'),
      details: { toVersion: version, rolledBack: 2 },
    });
    expect(await t.registry.champion('back-p')).toMatchObject({ version: 1, epoch: 3 });
    expect(await t.registry.moveByKey('back-p', late.moveKey)).toBeNull();
    await closeIncidents(t.pool, { modelId: 'back-p', by: 'reviewer', reason: 'it was the feed' });
    const again = { ...late, expected: { version: 1, epoch: 3 } };
    expect(await t.registry.moveChampion(again)).toMatchObject({ version, epoch: 4 });
  });

  it('leaves nothing behind when it is refused', async () => {
    await promoted('back-b', 1);
    await expect(t.registry.moveChampion(back('back-b', 1, 7, 1))).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    await applyModel(t.pool, 'back-c');
    await makeVersion(t.registry, 'back-c', 'x');
    const none = { ...back('back-c', 1, 1, 0), expected: { version: null, epoch: 0 } };
    await expect(t.registry.moveChampion(none)).rejects.toMatchObject({ code: 'CHAMPION_CHANGED' });
    const { rows } = await t.pool.query(`select 1 from perennial.incidents where model_id in ('back-b', 'back-c')`);
    expect(rows).toEqual([]);
  });

  it.each([
    ['the champion before', null],
    ['a named version', 1],
  ])('asked for again after its commit answers what it did: to %s', async (what, toVersion) => {
    const modelId = `again-${what.replaceAll(' ', '-')}`;
    await promoted(modelId, 2);
    const { rollBackChampion } = createRunActivities({ registry: t.registry } as unknown as ActivityDeps);
    const request = { toVersion, moveKey: 'one rollback', by: 'operator', reason: 'worse' };
    const answers = await Promise.all([1, 2, 3].map(() => rollBackChampion(modelId, request)));
    answers.push(await rollBackChampion(modelId, request));
    expect(answers).toEqual(Array.from({ length: 4 }, () => ({ version: 1, epoch: 3, previousVersion: 2 })));
    await expect(rollBackChampion(modelId, { ...request, moveKey: 'another' })).rejects.toMatchObject({
      code: what === 'a named version' ? 'CHAMPION_CHANGED' : 'APPROVAL_NOT_ALLOWED',
    });
    expect(await championHistory(t.pool, modelId)).toHaveLength(3);
  });

  it('is not offered the version that an earlier rollback left', async () => {
    await promoted('back-d', 3);
    const past = async () => (await t.registry.pastChampions('back-d')).map((row) => row.version);
    expect(await past()).toEqual([2, 1]);
    await t.registry.moveChampion(back('back-d', 3, 2, 3));
    expect(await past()).toEqual([1]);
    await t.registry.moveChampion(back('back-d', 2, 1, 4));
    expect(await past()).toEqual([]);
    await closeIncidents(t.pool, { modelId: 'back-d', by: 'reviewer', reason: 'it was the feed' });
    await t.registry.moveChampion(
      move('back-d', { toVersion: 3, moveKey: 'again', expected: { version: 1, epoch: 5 } }),
    );
    expect(await past()).toEqual([1]);
  });
});

describe('a blocked recipe', () => {
  const recipe = (modelId: string, version: number) => digestOf(`recipe ${modelId}/${version}`);

  async function rolledBack(modelId: string): Promise<void> {
    await modelWithVersions(modelId, 2);
    await t.registry.moveChampion(move(modelId, { toVersion: 1 }));
    await t.registry.moveChampion(move(modelId, { toVersion: 2, expected: { version: 1, epoch: 1 } }));
    const back = { kind: 'rollback', moveKey: 'back', expected: { version: 2, epoch: 2 }, by: 'operator' } as const;
    await t.registry.moveChampion(move(modelId, { toVersion: 1, reason: 'complaints', ...back }));
  }

  it('is that of the version rolled back from, until a person clears it with a reason', async () => {
    await rolledBack('block-a');
    const blocked = await t.registry.blockedRecipe('block-a', recipe('block-a', 2));
    expect(blocked).toMatchObject({ version: 2, reason: 'complaints', by: 'operator', since: expect.any(String) });
    expect(await t.registry.blockedRecipe('block-a', recipe('block-a', 1))).toBeNull();
    expect(await t.registry.blockedRecipe('block-b', recipe('block-a', 2))).toBeNull();
    const closing = { modelId: 'block-a', by: 'reviewer', reason: 'it was the feed' };
    expect(await closeIncidents(t.pool, closing)).toEqual([blocked]);
    expect(await closeIncidents(t.pool, closing)).toEqual([]);
    expect(await t.registry.blockedRecipe('block-a', recipe('block-a', 2))).toBeNull();
    const { rows } = await t.pool.query(
      `select closed_by, c.reason from perennial.incident_closures c join perennial.incidents using (incident_id)
       where model_id = 'block-a'`,
    );
    expect(rows).toEqual([{ closed_by: 'reviewer', reason: 'it was the feed' }]);
    const audit = await t.pool.query(
      `select canonical_text::jsonb -> 'body' as body from perennial.audit where model_id = 'block-a' and kind = 'incident-closed'`,
    );
    expect(audit.rows).toMatchObject([{ body: { by: 'reviewer', version: 2, recipeDigest: recipe('block-a', 2) } }]);
    expect(await verifyAudit(t.pool, { modelId: 'block-a' })).toMatchObject([{ brokenSeq: null }]);
  });

  it('is blocked again by the next rollback from a version that it made', async () => {
    await rolledBack('block-c');
    await closeIncidents(t.pool, { modelId: 'block-c', by: 'reviewer', reason: 'fine' });
    const again = { expected: { version: 1, epoch: 3 }, moveKey: 'again' };
    await t.registry.moveChampion(move('block-c', { toVersion: 2, ...again }));
    const back = { kind: 'rollback', moveKey: 'back again', expected: { version: 2, epoch: 4 } } as const;
    await t.registry.moveChampion(move('block-c', { toVersion: 1, reason: 'worse', ...back }));
    expect(await t.registry.blockedRecipe('block-c', recipe('block-c', 2))).toMatchObject({ reason: 'worse' });
  });

  it('is cleared once by ten people at once, and never without a name and a reason', async () => {
    await rolledBack('block-d');
    for (const empty of [{ by: ' ' }, { reason: '' }]) {
      await expect(
        closeIncidents(t.pool, { modelId: 'block-d', by: 'reviewer', reason: 'fine', ...empty }),
      ).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    }
    const people = Array.from({ length: 10 }, (_, i) => ({ modelId: 'block-d', by: `p${i}`, reason: 'fine' }));
    const cleared = await Promise.all(people.map((one) => closeIncidents(t.pool, one)));
    expect(cleared.filter((recipes) => recipes.length > 0)).toHaveLength(1);
    await expect(closeIncidents(t.pool, { modelId: 'nobody', by: 'b', reason: 'r' })).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
  });

  it('is told to the run that would train by it, with what to do', async () => {
    await applyModel(t.pool, 'block-e');
    const specDigest = (await currentSpec(t.pool, 'block-e'))?.specDigest ?? '';
    const deps = { registry: t.registry, trainerCodeDigest: () => 'code', hasSearchAttributes: false };
    const activities = createRunActivities(deps as unknown as ActivityDeps);
    const now = MARCH.start;
    expect((await activities.planRun({ specDigest, now })).blocked).toBeNull();
    for (const name of ['a', 'b']) {
      const key = await openRunFor(t.registry, 'block-e', name);
      const { artifact, recipeDigest: _recipe, training, ...rest } = newVersion(key);
      const result = { ...training, artifact, attempt: 1 };
      await activities.registerCandidate({ key, specDigest, result, ...rest });
      await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    }
    await t.registry.moveChampion(move('block-e', { toVersion: 1 }));
    await t.registry.moveChampion(move('block-e', { toVersion: 2, expected: { version: 1, epoch: 1 } }));
    const back = { kind: 'rollback', moveKey: 'back', expected: { version: 2, epoch: 2 } } as const;
    await t.registry.moveChampion(move('block-e', { toVersion: 1, reason: 'complaints', ...back }));
    const { blocked } = await activities.planRun({ specDigest, now });
    expect(blocked).toMatch(/^The recipe [0-9a-f]{16} of block-e is blocked: version 2, .*\(complaints\)\./);
    expect(blocked).toContain('perennial unblock block-e --reason');
    const retrained = createRunActivities({ ...deps, trainerCodeDigest: () => 'other' } as unknown as ActivityDeps);
    expect((await retrained.planRun({ specDigest, now })).blocked).toBeNull();
    await closeIncidents(t.pool, { modelId: 'block-e', by: 'reviewer', reason: 'it was the feed' });
    expect((await activities.planRun({ specDigest, now })).blocked).toBeNull();
  });

  it('stays blocked when the pipeline is only described, judged or scheduled otherwise', async () => {
    const { spec } = specApplication('block-f');
    const apply = async (change: Partial<typeof spec>): Promise<string> => {
      const changed = specSchema.parse({ ...spec, ...change });
      const digest = canonicalDigest(changed);
      await applySpec(t.pool, { spec: changed, digest, canonicalText: canonicalJson(changed), by: 'operator' });
      return digest;
    };
    const specDigest = await apply({});
    const trainedBy = 'a'.repeat(64);
    const plan = (digest: string, code: string) => {
      const deps = { registry: t.registry, trainerCodeDigest: () => code, hasSearchAttributes: false };
      return createRunActivities(deps as unknown as ActivityDeps).planRun({ specDigest: digest, now: MARCH.start });
    };
    // Whoever registers runs other code than the worker that trained: what trained is what counts.
    const registering = createRunActivities({
      registry: t.registry,
      trainerCodeDigest: () => 'b'.repeat(64),
    } as unknown as ActivityDeps);
    for (const name of ['a', 'b']) {
      const key = await openRunFor(t.registry, 'block-f', name);
      const { artifact, recipeDigest: _recipe, training, ...rest } = newVersion(key);
      const result = { ...training, artifact, attempt: 1, trainerCodeDigest: trainedBy };
      await registering.registerCandidate({ key, specDigest, result, ...rest });
      await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    }
    await t.registry.moveChampion(move('block-f', { toVersion: 1 }));
    await t.registry.moveChampion(move('block-f', { toVersion: 2, expected: { version: 1, epoch: 1 } }));
    const back = { kind: 'rollback', moveKey: 'back', expected: { version: 2, epoch: 2 } } as const;
    await t.registry.moveChampion(move('block-f', { toVersion: 1, reason: 'complaints', ...back }));
    const kept: Partial<typeof spec>[] = [
      { description: 'in other words' },
      { approval: { ...spec.approval, policy: 'never' } },
      {
        schedule: {
          every: 'P1D',
          timeZone: 'UTC',
          jitter: 'PT0S',
          catchUp: 'P1D',
          pauseOnFailure: true,
          paused: false,
        },
      },
      { margin: 0.01, quality: { ...spec.quality, minRows: 1 } },
      { trainer: { ...spec.trainer, limits: { timeout: 'PT1H', memoryMb: 1024 } } },
    ];
    for (const change of kept) expect((await plan(await apply(change), trainedBy)).blocked).toContain('complaints');
    const lifted: Partial<typeof spec>[] = [
      { window: { sliding: 'P31D', excluding: [] } },
      { trainer: { ...spec.trainer, seed: 2 } },
      { quality: { ...spec.quality, ranges: { distance: { min: 0 } } } },
    ];
    for (const change of lifted) expect((await plan(await apply(change), trainedBy)).blocked).toBeNull();
    expect((await plan(specDigest, 'b'.repeat(64))).blocked).toBeNull();
  });
});
