/**
 * The registry as a state machine against a small model in memory: whatever is asked in whatever order, one champion,
 * epochs that rise by one, a history that answers for every past instant, and an audit that verifies.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunKey } from '#dist/activities/deps.js';
import { championAt } from '#dist/registry/aliases.js';
import { verifyAudit } from '#dist/registry/audit-verify.js';
import { championHistory } from '#dist/registry/reads.js';
import { listRuns } from '#dist/registry/runs.js';
import { applyModel, arrivalOf, commit, move, newVersion, TURNED_DOWN, useRegistry } from './registry-fixtures.js';

const t = useRegistry('registry-state-machine');
const SEED = 20_010_301;

type Step =
  | { readonly do: 'open' | 'open-again' | 'register' | 'close' | 'fail' }
  | { readonly do: 'move'; readonly kind: 'promotion' | 'rollback'; readonly to: number; readonly isStale: boolean }
  | { readonly do: 'move-again'; readonly which: number }
  | { readonly do: 'rivals'; readonly count: number; readonly to: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>({ do: 'open' }, { do: 'register' }, { do: 'close' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'open-again' }, { do: 'fail' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      kind: fc.constantFrom('promotion' as const, 'rollback' as const),
      to: fc.integer({ min: 1, max: 6 }),
      isStale: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move-again' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rivals' as const),
      count: fc.integer({ min: 2, max: 5 }),
      to: fc.integer({ min: 1, max: 6 }),
    }),
  },
);

interface MoveDone {
  readonly key: string;
  readonly from: number | null;
  readonly to: number;
  readonly kind: 'promotion' | 'rollback';
}

/** What ought to be. Version numbers count runs that registered one. */
class Expected {
  readonly runs: { version: number | null; isOpen: boolean }[] = [];
  readonly moves: MoveDone[] = [];
  keys = 0;

  get versions(): number {
    return this.runs.filter((run) => run.version !== null).length;
  }
  get champion(): number | null {
    return this.moves.at(-1)?.to ?? null;
  }
  get epoch(): number {
    return this.moves.length;
  }
  get openRunNo(): number | null {
    const index = this.runs.findIndex((run) => run.isOpen);
    return index === -1 ? null : index + 1;
  }
}

const codeOf = async (work: Promise<unknown>): Promise<string | null> => {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : `unexpected: ${error}`;
  }
};

/** A person's request: it opens a run, or belongs to the one that has just begun. */
async function open(modelId: string, expected: Expected): Promise<void> {
  const { openRunNo } = expected;
  const { triggerId } = await commit(t.registry, arrivalOf(modelId, `t${++expected.keys}`));
  const { answer, openRun } = await t.registry.judgeTriggers(modelId, { askAbout: triggerId });
  const runNo = openRunNo ?? expected.runs.length + 1;
  expect(answer).toMatchObject({ state: openRunNo === null ? 'started' : 'merged', runNo });
  expect(openRun?.runNo).toBe(runNo);
  if (openRunNo === null) expected.runs.push({ version: null, isOpen: true });
}

async function register(modelId: string, expected: Expected): Promise<void> {
  const runNo = expected.runs.length;
  const run = expected.runs.at(-1);
  if (run === undefined) return;
  const work = t.registry.registerVersion(newVersion({ modelId, runNo }));
  if (!run.isOpen && run.version === null) {
    expect(await codeOf(work)).toBe('INVARIANT_BROKEN');
    return;
  }
  run.version ??= expected.versions + 1;
  expect((await work).version).toBe(run.version);
}

async function close(key: RunKey, expected: Expected, result: 'close' | 'fail'): Promise<void> {
  const run = expected.runs.at(-1);
  if (run === undefined || !run.isOpen) return;
  await t.registry.closeRun(key, result === 'close' ? { outcome: TURNED_DOWN } : { failure: 'lost' });
  run.isOpen = false;
}

/** Every version has a recipe of its own: one that a rollback left is blocked, since nobody clears any. */
const isBlocked = (expected: Expected, version: number): boolean =>
  expected.moves.some((done) => done.kind === 'rollback' && done.from === version);

async function moveOne(modelId: string, expected: Expected, wanted: Extract<Step, { do: 'move' }>): Promise<void> {
  const { kind, to, isStale } = wanted;
  const key = `move-${++expected.keys}`;
  const from = expected.champion;
  const code = await codeOf(
    t.registry.moveChampion(
      move(modelId, {
        moveKey: key,
        kind,
        toVersion: to,
        expected: { version: from, epoch: expected.epoch + (isStale ? 1 : 0) },
      }),
    ),
  );
  if (kind === 'promotion' && isBlocked(expected, to)) {
    expect(code).toBe('RECIPE_BLOCKED');
  } else if (isStale || to === from || (kind === 'rollback' && from === null)) {
    expect(code).toBe('CHAMPION_CHANGED');
  } else if (to > expected.versions) {
    expect(code).toBe('ARTIFACT_MISSING');
  } else {
    expect(code).toBeNull();
    expected.moves.push({ key, from, to, kind });
  }
}

async function moveAgain(modelId: string, expected: Expected, which: number): Promise<void> {
  const epoch = expected.moves.length === 0 ? 0 : (which % expected.moves.length) + 1;
  const done = expected.moves[epoch - 1];
  if (done === undefined) return;
  const repeated = move(modelId, { moveKey: done.key, kind: done.kind, toVersion: done.to });
  expect(await t.registry.moveChampion(repeated)).toEqual({
    version: done.to,
    epoch,
    previousVersion: done.from,
  });
}

async function rivals(modelId: string, expected: Expected, wanted: { count: number; to: number }): Promise<void> {
  const { to } = wanted;
  if (to > expected.versions || to === expected.champion) return;
  const keys = Array.from({ length: wanted.count }, () => `move-${++expected.keys}`);
  const from = { version: expected.champion, epoch: expected.epoch };
  const codes = await Promise.all(
    keys.map((key) => codeOf(t.registry.moveChampion(move(modelId, { moveKey: key, toVersion: to, expected: from })))),
  );
  if (isBlocked(expected, to)) {
    expect(new Set(codes)).toEqual(new Set(['RECIPE_BLOCKED']));
    return;
  }
  expect(codes.filter((code) => code === null)).toHaveLength(1);
  expect(codes.filter((code) => code === 'CHAMPION_CHANGED')).toHaveLength(wanted.count - 1);
  const key = keys[codes.indexOf(null)] ?? '';
  expected.moves.push({ key, from: from.version, to, kind: 'promotion' });
}

async function take(modelId: string, expected: Expected, wanted: Step): Promise<void> {
  const runNo = expected.runs.length;
  if (wanted.do === 'open') return open(modelId, expected);
  if (wanted.do === 'register') return register(modelId, expected);
  if (wanted.do === 'close' || wanted.do === 'fail') return close({ modelId, runNo }, expected, wanted.do);
  if (wanted.do === 'move') return moveOne(modelId, expected, wanted);
  if (wanted.do === 'move-again') return moveAgain(modelId, expected, wanted.which);
  if (wanted.do === 'rivals') return rivals(modelId, expected, wanted);
  expect((await t.registry.judgeTriggers(modelId)).openRun?.runNo ?? null).toBe(expected.openRunNo);
}

async function checkHistory(modelId: string, expected: Expected): Promise<void> {
  const history = (await championHistory(t.pool, modelId)).reverse();
  expect(history.map((row) => row.epoch)).toEqual(expected.moves.map((_, index) => index + 1));
  expect(history.map((row) => [row.fromVersion, row.toVersion, row.kind])).toEqual(
    expected.moves.map((done) => [done.from, done.to, done.kind]),
  );
  const times = history.flatMap((row) => [-1, 0, 1].map((ms) => new Date(Date.parse(row.at) + ms).toISOString()));
  for (const at of ['1999-01-01T00:00:00.000Z', ...times, '2999-01-01T00:00:00.000Z']) {
    const past = history.filter((row) => row.at <= at).length;
    const there = await championAt(t.pool, modelId, at);
    expect(there === null ? null : [there.version, there.epoch]).toEqual(
      past === 0 ? null : [expected.moves[past - 1]?.to, past],
    );
  }
}

async function check(modelId: string, expected: Expected): Promise<void> {
  const champion = await t.registry.champion(modelId);
  expect(champion?.version ?? null).toBe(expected.champion);
  expect(champion?.epoch ?? 0).toBe(expected.epoch);
  const state = await t.registry.loadModelState(modelId);
  expect(state.openRun?.runNo ?? null).toBe(expected.openRunNo);
  expect(state.champion?.version ?? null).toBe(expected.champion);
}

let models = 0;

it('behaves like the model in memory after every step of any sequence', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const modelId = `machine-${++models}`;
      await applyModel(t.pool, modelId);
      const expected = new Expected();
      for (const wanted of steps) {
        await take(modelId, expected, wanted);
        await check(modelId, expected);
      }
      await checkHistory(modelId, expected);
      const { rows } = await t.pool.query('select alias from perennial.aliases where model_id = $1', [modelId]);
      expect(rows).toEqual([{ alias: 'champion' }]);
      expect(await listRuns(t.pool, { modelId, limit: 100 })).toHaveLength(expected.runs.length);
      const blocked = await t.pool.query('select 1 from perennial.blocked_recipes where model_id = $1', [modelId]);
      expect(blocked.rowCount).toBe(expected.moves.filter((done) => done.kind === 'rollback').length);
      expect(await verifyAudit(t.pool, { modelId })).toMatchObject([{ brokenSeq: null }]);
    }),
    { seed: SEED, numRuns: 40 },
  );
});
