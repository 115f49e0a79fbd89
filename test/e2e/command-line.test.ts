/** A model's life through the command line alone, as child processes against a platform that `perennial up` runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ChampionView } from '#dist/client/read-calls.js';
import type { RunDetail, RunItem } from '#dist/client/show-run.js';
import type { ApplyResult } from '#dist/client.js';
import type { RetrainAnswer, RollbackAnswer } from '#dist/core/messages.js';
import type { DecisionAnswer } from '#dist/core/types.js';
import type { ModelVerification } from '#dist/registry/audit-verify.js';
import { flightsSpec } from './flights.js';
import { type PlatformChild, startPlatformChild } from './platform-child.js';
import { awaitingDecision, ended, until } from './stage.js';

const MODEL = 'e2e-command-line';
let platform: PlatformChild;
let firstChampionAt = '';

beforeAll(async () => {
  platform = await startPlatformChild('cli');
});
afterAll(() => platform?.stop());

/** What `runs` says once the run has ended. */
async function closed(runNo: number): Promise<RunItem | undefined> {
  await ended(platform, { modelId: MODEL, runNo });
  return (await platform.json<RunItem[]>('runs', MODEL)).find((run) => run.runNo === runNo);
}

it('applies a pipeline file whose source lies beside it', async () => {
  const file = join(platform.stateDir, 'pipeline.yaml');
  writeFileSync(file, flightsSpec(MODEL, { approval: { policy: 'always' }, schedule: { cron: '0 6 1 * *' } }));
  const applied = await platform.json<ApplyResult>('apply', file, '--by', 'engineer');
  expect(applied).toMatchObject({ modelId: MODEL, isNew: true });
  writeFileSync(join(platform.stateDir, 'wrong.yaml'), 'model: Wrong Name\n');
  const wrong = await platform.perennial('apply', join(platform.stateDir, 'wrong.yaml'), '--json');
  expect(wrong.code).toBe(2);
  expect(JSON.parse(wrong.out)).toMatchObject({ error: { code: 'SPEC_INVALID' } });
});

it('retrains as of a past day, waits for labels, and goes on when told that they arrived', async () => {
  const ask = ['retrain', MODEL, '--reason', 'first champion', '--as-of', '2001-03-01', '--by', 'monitor'];
  const asked = await platform.json<RetrainAnswer>(...ask, '--trigger-id', 'first');
  expect(asked).toMatchObject({ state: 'started', runNo: 1, workflowId: `retrain/${MODEL}/1` });
  expect(await platform.json<RetrainAnswer>(...ask, '--trigger-id', 'first')).toMatchObject({ runNo: 1 });
  const status = () => platform.client.status({ modelId: MODEL, runNo: 1 });
  await until('the run to wait for labels', async () => (await status())?.awaits === 'labels');
  const { out: text } = await platform.perennial('show', `${MODEL}/1`);
  expect(text).toMatch(/awaits +labels/);
  expect(text).toMatch(/cause +manual, asked for by monitor/);
  expect(text).toMatch(/until +2001-03-15\n/);
  const told = await platform.perennial('labels', MODEL, '--through', '2001-03-01T03:00:00Z');
  expect(told).toMatchObject({ code: 0, out: expect.stringContaining('labels are in through') });
  await awaitingDecision(platform, { modelId: MODEL, runNo: 1 });
  const waiting = await platform.json<RunDetail>('show', `${MODEL}/1`);
  expect(waiting.status).toMatchObject({ stage: 'approve', awaits: 'a decision on the candidate' });
  expect(waiting.coverage.holdout?.asOf).toBe('2001-03-01T03:00:00.000Z');
});

it('decides nothing without the evidence named, prints the command to copy, and takes that command', async () => {
  const decide = ['approve', `${MODEL}/1`, '--reason', "it's good", '--by', 'reviewer'];
  const asked = await platform.perennial(...decide);
  expect(asked.code).toBe(4);
  expect(asked.err).toContain('Nothing was decided.');
  const { evidence } = await awaitingDecision(platform, { modelId: MODEL, runNo: 1 });
  const command = `perennial approve ${MODEL}/1 --evidence ${evidence.slice(0, 16)} --reason 'it'\\''s good' --by reviewer`;
  expect(asked.out).toContain(command);
  expect(asked.out).toContain('min:auc');
  const wrong = await platform.perennial(...decide, '--evidence', '0123456789ab', '--json');
  expect(wrong.code).toBe(4);
  expect(JSON.parse(wrong.out)).toMatchObject({ accepted: false, code: 'wrong-candidate' });
  const answer = await platform.json<DecisionAnswer>(...decide, '--evidence', evidence.slice(0, 12));
  expect(answer).toMatchObject({ accepted: true, code: 'accepted' });
  expect((await closed(1))?.outcome?.kind).toBe('promoted');
  const late = await platform.perennial('reject', `${MODEL}/1`, '--reason', 'too late', '--evidence', evidence);
  expect(late).toMatchObject({ code: 4, out: expect.stringContaining('not accepted (run-closed)') });
});

it('shows who is champion now and at a past instant, and who was none before', async () => {
  const now = await platform.json<ChampionView>('champion', MODEL);
  expect(now.champion).toMatchObject({ version: 1, epoch: 1 });
  firstChampionAt = now.champion?.since ?? '';
  const then = await platform.json<ChampionView>('champion', MODEL, '--at', firstChampionAt);
  expect(then.champion).toEqual(now.champion);
  const before = await platform.perennial('champion', MODEL, '--at', '2001-01-01');
  expect(before).toMatchObject({ code: 0, out: expect.stringContaining('has no champion at 2001-01-01') });
});

it('promotes a second champion, and puts the first one back in one command', async () => {
  const ask = ['retrain', MODEL, '--reason', 'monthly', '--as-of', '2001-04-03', '--by', 'monitor'];
  expect(await platform.json<RetrainAnswer>(...ask)).toMatchObject({ state: 'started', runNo: 2 });
  const { evidence } = await awaitingDecision(platform, { modelId: MODEL, runNo: 2 });
  await platform.json('approve', `${MODEL}/2`, '--evidence', evidence, '--reason', 'better', '--by', 'reviewer');
  expect((await closed(2))?.outcome).toMatchObject({ kind: 'promoted', candidateVersion: 2, championVersion: 1 });
  const move = await platform.json<RollbackAnswer>('rollback', MODEL, '--reason', 'complaints', '--by', 'operator');
  expect(move).toEqual({ version: 1, epoch: 3, previousVersion: 2 });
});

it('leaves an incident and a blocked recipe behind the rollback, and the past as it was', async () => {
  const incidents = await platform.sql(
    `select i.kind, i.reason, i.opened_by, b.version, b.recipe_digest = v.recipe_digest as is_recipe
     from perennial.incidents i join perennial.blocked_recipes b using (incident_id)
     join perennial.versions v on v.model_id = b.model_id and v.version = b.version where i.model_id = $1`,
    [MODEL],
  );
  expect(incidents).toEqual([
    { kind: 'rollback', reason: 'complaints', opened_by: 'operator', version: 2, is_recipe: true },
  ]);
  expect(await platform.json('incidents', MODEL)).toMatchObject([
    { kind: 'rollback', reason: 'complaints', closure: null },
  ]);
  const view = await platform.json<ChampionView>('champion', MODEL, '--history');
  expect(view.champion).toMatchObject({ version: 1, epoch: 3 });
  expect(view.history.map(({ kind, fromVersion, toVersion }) => [kind, fromVersion, toVersion])).toEqual([
    ['rollback', 2, 1],
    ['promotion', 1, 2],
    ['promotion', null, 1],
  ]);
  const secondAt = view.history[1]?.at ?? '';
  expect(await platform.json<ChampionView>('champion', MODEL, '--at', secondAt)).toMatchObject({
    champion: { version: 2, epoch: 2 },
  });
  const none = await platform.perennial('rollback', MODEL, '--reason', 'once more');
  expect(none).toMatchObject({ code: 4, err: expect.stringContaining('there is none before it') });
});

it('refuses to train by the recipe that the rollback blocked, until a person clears it', async () => {
  const ask = ['retrain', MODEL, '--reason', 'once more', '--as-of', '2001-04-03', '--by', 'monitor'];
  await platform.json(...ask);
  expect((await closed(3))?.outcome).toMatchObject({ kind: 'recipe-blocked', candidateVersion: null });
  const cleared = await platform.json<unknown[]>('unblock', MODEL, '--reason', 'the feed was at fault');
  expect(cleared).toMatchObject([{ version: 2, reason: 'complaints' }]);
  expect(await platform.json('unblock', MODEL, '--reason', 'again')).toEqual([]);
});

it('sets, pauses, resumes and deletes the schedule of the pipeline', async () => {
  const set = await platform.json<{ scheduleId: string; isPaused: boolean; nextAt: string[] }>(
    'schedule',
    'set',
    MODEL,
  );
  expect(set).toMatchObject({ scheduleId: `schedule/${MODEL}`, isPaused: false });
  expect(set.nextAt[0]).toMatch(/^\d{4}-\d\d-01T06:00:00/);
  expect(await platform.json('schedule', 'pause', MODEL)).toMatchObject({ state: 'paused', isPaused: true });
  expect(await platform.json('schedule', 'resume', MODEL)).toMatchObject({ state: 'resumed', isPaused: false });
  expect(await platform.perennial('schedule', 'delete', MODEL)).toMatchObject({ code: 0 });
  expect(await platform.perennial('schedule', 'pause', MODEL)).toMatchObject({ code: 2 });
  expect((await platform.perennial('schedule', MODEL)).code).toBe(2);
});

it('verifies the audit, and names the first entry that somebody changed behind its back', async () => {
  const [whole] = await platform.json<ModelVerification[]>('verify', MODEL);
  expect(whole).toMatchObject({ modelId: MODEL, brokenSeq: null });
  const [entry] = await platform.sql(
    `select seq from perennial.audit where model_id = $1 and kind = 'decision' order by seq limit 1`,
    [MODEL],
  );
  const seq = Number(entry?.seq);
  const rewrite = `update perennial.audit set canonical_text = replace(canonical_text, '"accepted":false', '"accepted":true')
     where model_id = '${MODEL}' and seq = ${seq}`;
  const worker = new pg.Client({ connectionString: platform.databaseUrl });
  await worker.connect();
  await expect(worker.query(rewrite)).rejects.toThrow(/permission denied/);
  await worker.end();
  // A superuser can switch the guards off; the chain still tells.
  await platform.sql(`set session_replication_role = replica; ${rewrite}`);
  const text = await platform.perennial('verify');
  expect(text.code).toBe(9);
  expect(text.out).toContain(`${MODEL}: BROKEN at sequence number ${seq} of `);
  const { code, out } = await platform.perennial('verify', MODEL, '--json');
  expect(code).toBe(9);
  expect(JSON.parse(out)).toMatchObject([{ modelId: MODEL, brokenSeq: seq }]);
});
