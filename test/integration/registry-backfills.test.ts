/** What a backfill finds of its windows in the ledger, however often a window was asked for. */
import { expect, it } from 'vitest';
import { backfillEventId } from '#dist/core/backfill/types.js';
import { acceptArrivals } from '#dist/registry/intake.js';
import { applyModel, arrivalOf, triggerLedger, useRegistry } from './registry-fixtures.js';

const t = useRegistry('registry-backfills');
const AT = '2001-03-01T00:00:00.000Z';

const ask = (modelId: string, eventIds: readonly string[]) =>
  acceptArrivals(
    t.pool,
    eventIds.map((eventId) =>
      arrivalOf(modelId, eventId, { source: 'schedule', cause: 'schedule', clock: { mode: 'replay', now: AT } }),
    ),
  );

it('finds the newest attempt of a window and any by its number, also beyond the twentieth', async () => {
  await applyModel(t.pool, 'often');
  const window = { modelId: 'often', name: 'spring', at: AT };
  expect(await t.registry.backfillAttempt(window, null)).toBeNull();
  expect(await t.registry.backfillAttempt(window, 21)).toBeNull();
  for (const attempts of [1, 19, 20, 21, 40, 41, 43]) {
    await ask(
      'often',
      Array.from({ length: attempts }, (_, i) => backfillEventId(window, i + 1)),
    );
    expect((await t.registry.backfillAttempt(window, null))?.attempt).toBe(attempts);
    const found = await t.registry.backfillAttempt(window, attempts);
    expect(found).toMatchObject({ attempt: attempts, state: 'pending', run: null, isWithdrawn: false });
    expect(found?.triggerId).toContain(backfillEventId(window, attempts));
  }
  await t.registry.withdrawBackfillAttempt(window, 43);
  expect(await t.registry.backfillAttempt(window, 43)).toMatchObject({ state: 'suppressed', isWithdrawn: true });
  const states = (await triggerLedger(t.pool, 'often')).map(({ state }) => state);
  expect(states.filter((state) => state === 'suppressed')).toHaveLength(1);
});

it('takes nothing for an attempt that only looks like one', async () => {
  await applyModel(t.pool, 'alike');
  const window = { modelId: 'alike', name: 'spring', at: AT };
  const id = backfillEventId(window, 1);
  await ask('alike', [`${id}/x`, `${id}/02`, `${id}/2/3`, backfillEventId({ ...window, name: 'spring-2' }, 1)]);
  expect(await t.registry.backfillAttempt(window, null)).toBeNull();
  await ask('alike', [id]);
  expect((await t.registry.backfillAttempt(window, null))?.attempt).toBe(1);
});
