/** Group commit: what shares a transaction, who waits for whom, and who is told when something goes wrong. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createIntake, type Intake, type IntakeLimits, type Taken } from '#dist/client/intake.js';
import { PipelineError } from '#dist/core/errors.js';
import type { Arrival } from '#dist/core/signals/arrival.js';

const arrival = (eventId: string): Arrival => ({
  modelId: 'flights',
  channel: 'http',
  source: 'test',
  eventId,
  cause: 'manual',
  requestedBy: 'somebody',
  clock: { mode: 'wall' },
  receivedAt: '2001-03-01T00:00:00.000Z',
  isUrgent: false,
  claim: null,
  body: {},
  bodyDigest: '0'.repeat(64),
});

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `e${from + i}`);

interface Ledger {
  readonly intake: Intake;
  /** Event ids of each transaction, in order. */
  readonly batches: string[][];
  /** Lets the transaction under way end. */
  release(): void;
  isHeld: boolean;
  /** Waits until a transaction is under way that is held. */
  untilHeld(): Promise<void>;
}

/** A ledger whose transactions end when the test says so; `fail` decides about each. */
function ledgerOf(
  limits: Partial<IntakeLimits> = {},
  fail: (ids: readonly string[]) => Error | null = () => null,
): Ledger {
  let open: (() => void) | undefined;
  const batches: string[][] = [];
  let seq = 0;
  const ledger: Ledger = {
    batches,
    isHeld: false,
    release: () => {
      ledger.isHeld = false;
      open?.();
      open = undefined;
    },
    untilHeld: () => vi.waitFor(() => expect(open).toBeDefined(), { timeout: 10_000, interval: 1 }),
    intake: createIntake({
      limits: { gatherMs: 0, ...limits },
      accept: async (arrivals) => {
        const ids = arrivals.map(({ eventId }) => eventId);
        if (ledger.isHeld) await new Promise<void>((resolve) => (open = resolve));
        const error = fail(ids);
        if (error !== null) throw error;
        batches.push(ids);
        return arrivals.map(({ modelId, eventId }): Taken => {
          seq += 1;
          return { modelId, triggerId: eventId, seq, isNew: true, isDifferent: false, state: 'pending', runNo: null };
        });
      },
    }),
  };
  return ledger;
}

const idsOf = (taken: readonly Taken[]): string[] => taken.map((one) => ('refused' in one ? 'refused' : one.triggerId));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('group commit', () => {
  it('puts what comes while a transaction is under way into the next one, in order, at most a batch', async () => {
    const ledger = ledgerOf({ batch: 4 });
    ledger.isHeld = true;
    const first = ledger.intake.submit([arrival('e0')], 1);
    await ledger.untilHeld();
    const rest = numbers(1, 11).map((id) => ledger.intake.submit([arrival(id)], 1));
    expect(ledger.intake.depth).toBe(11);
    ledger.release();
    const answers = await Promise.all([first, ...rest]);
    expect(answers.map((one) => idsOf(one))).toEqual(numbers(0, 11).map((id) => [id]));
    expect(ledger.batches).toEqual([['e0'], numbers(1, 5), numbers(5, 9), numbers(9, 11)]);
    expect(ledger.intake.depth).toBe(0);
  });

  it('never tears a request apart, and takes one that is larger than a batch alone', async () => {
    const ledger = ledgerOf({ batch: 4 });
    const requests = [numbers(0, 3), numbers(3, 6), numbers(6, 16), numbers(16, 17)];
    const answers = await Promise.all(requests.map((ids) => ledger.intake.submit(ids.map(arrival), 1)));
    expect(answers.map(idsOf)).toEqual(requests);
    expect(ledger.batches).toEqual(requests);
  });

  it('answers nobody before the commit', async () => {
    const ledger = ledgerOf();
    ledger.isHeld = true;
    let isAnswered = false;
    const sent = ledger.intake.submit([arrival('e0')], 1).then(() => {
      isAnswered = true;
    });
    await ledger.untilHeld();
    expect(isAnswered).toBe(false);
    ledger.release();
    await sent;
    expect(isAnswered).toBe(true);
  });

  it('refuses when too many wait, by count and by bytes, but takes any one request when nothing waits', async () => {
    const ledger = ledgerOf({ queued: 5, queuedBytes: 100 });
    ledger.isHeld = true;
    const big = ledger.intake.submit(numbers(0, 9).map(arrival), 10_000);
    const more = ledger.intake.submit([arrival('e9')], 1);
    await expect(more).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('Too many'),
    });
    await ledger.untilHeld();
    ledger.release();
    expect(await big).toHaveLength(9);
    ledger.isHeld = true;
    const small = ledger.intake.submit([arrival('a')], 60);
    await expect(ledger.intake.submit([arrival('b')], 60)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    await ledger.untilHeld();
    ledger.release();
    expect(await small).toHaveLength(1);
  });

  it('fails everybody of a transaction when the ledger is away, and goes on with the next', async () => {
    let isAway = true;
    const ledger = ledgerOf({}, () => (isAway ? new PipelineError('REGISTRY_UNAVAILABLE', 'away') : null));
    const sent = numbers(0, 3).map((id) => ledger.intake.submit([arrival(id)], 1));
    for (const one of await Promise.allSettled(sent)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'REGISTRY_UNAVAILABLE' } });
    }
    isAway = false;
    expect(idsOf(await ledger.intake.submit([arrival('e3')], 1))).toEqual(['e3']);
    expect(ledger.batches).toEqual([['e3']]);
  });

  it('lets one request that breaks a transaction fail alone', async () => {
    const ledger = ledgerOf({}, (ids) => (ids.includes('bad') ? new PipelineError('INVARIANT_BROKEN', 'odd') : null));
    const sent = ['a', 'bad', 'b'].map((id) => ledger.intake.submit([arrival(id)], 1));
    const outcomes = await Promise.allSettled(sent);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(ledger.batches).toEqual([['a'], ['b']]);
  });

  it('refuses what waited longer than its sender does', async () => {
    const ledger = ledgerOf({ waitMs: 60_000, batch: 1 });
    ledger.isHeld = true;
    const first = ledger.intake.submit([arrival('e0')], 1);
    await ledger.untilHeld();
    const late = ledger.intake.submit([arrival('e1')], 1);
    late.catch(() => undefined);
    const nowMs = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(nowMs + 60_001);
    ledger.release();
    expect(idsOf(await first)).toEqual(['e0']);
    await expect(late).rejects.toMatchObject({ message: expect.stringContaining('waited too long') });
    expect(ledger.batches).toEqual([['e0']]);
  });

  it('takes nothing new once it is closed, and closes when what it had is committed', async () => {
    const ledger = ledgerOf();
    ledger.isHeld = true;
    const sent = ledger.intake.submit([arrival('e0')], 1);
    const closed = ledger.intake.close();
    await expect(ledger.intake.submit([arrival('e1')], 1)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    await ledger.untilHeld();
    ledger.release();
    await closed;
    expect(idsOf(await sent)).toEqual(['e0']);
    expect(await ledger.intake.submit([], 0)).toEqual([]);
  });
});
