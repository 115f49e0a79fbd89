// How reasons to retrain get into the ledger: batches across models, repeats, hostile ones among sound ones, and how fast.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Accepted, Arrival, Refused } from '#dist/core/signals/arrival.js';
import { acceptArrivals } from '#dist/registry/intake.js';
import { triggerIdOf } from '#dist/registry/trigger-id.js';
import { applyModel, claimArrival, claimOf, digestOf, useRegistry } from './registry-fixtures.js';

const t = useRegistry('registry_intake');

const arrivalOf = (modelId: string, eventId: string, change: Partial<Arrival> = {}): Arrival => ({
  ...claimArrival(modelId, eventId),
  ...change,
});

const accepted = (answer: Accepted | Refused | undefined): Accepted => {
  if (answer === undefined || 'refused' in answer) throw new Error(`refused: ${answer?.refused.message}`);
  return answer;
};

const countOf = async (table: string, modelId: string): Promise<number> =>
  (
    await t.pool.query<{ n: number }>(`select count(*)::integer as n from perennial.${table} where model_id = $1`, [
      modelId,
    ])
  ).rows[0]?.n ?? 0;

const inboxOf = async (modelId: string) =>
  (
    await t.pool.query(
      `select pending_through::integer as pending, urgent_through::integer as urgent, judged_through::integer as judged
       from perennial.model_inboxes where model_id = $1`,
      [modelId],
    )
  ).rows[0];

describe('acceptArrivals', () => {
  beforeAll(async () => {
    for (const model of ['in-a', 'in-b', 'in-c', 'in-d', 'in-e', 'in-f']) await applyModel(t.pool, model);
  });

  it('commits a batch of several models in the order of their arrival', async () => {
    const answers = await acceptArrivals(t.pool, [
      arrivalOf('in-a', '1'),
      arrivalOf('in-b', '1', { isUrgent: true }),
      arrivalOf('in-a', '2', { isUrgent: true, cause: 'manual', claim: null, body: { reason: 'I say so' } }),
      arrivalOf('in-a', '3'),
    ]);
    const seqs = answers.map((answer) => accepted(answer).seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(4);
    expect(answers[2]).toMatchObject({ triggerId: 'nightly/2', isNew: true, state: 'pending', runNo: null });
    expect(await inboxOf('in-a')).toEqual({ pending: seqs[3], urgent: seqs[2], judged: 0 });
    expect(await inboxOf('in-b')).toEqual({ pending: seqs[1], urgent: seqs[1], judged: 0 });
    expect(await countOf('claims', 'in-a')).toBe(2);
    const { rows } = await t.pool.query(
      `select * from perennial.claims where model_id = 'in-a' and trigger_id = 'nightly/1'`,
    );
    expect(rows).toMatchObject([
      {
        monitor: 'evidently',
        n_reference: '1000',
        n_current: null,
        raw_parts: ['{"value":0.01}'],
        severity: 'warning',
      },
    ]);
    expect(rows[0].findings[0]).not.toHaveProperty('raw');
  });

  it('adds a receipt alone for a repeat, and tells one that differs apart', async () => {
    const [first] = await acceptArrivals(t.pool, [arrivalOf('in-c', 'x')]);
    const again = await acceptArrivals(t.pool, [
      arrivalOf('in-c', 'x'),
      arrivalOf('in-c', 'x', { bodyDigest: digestOf('another body') }),
      arrivalOf('in-c', 'y'),
      arrivalOf('in-c', 'y'),
    ]);
    expect(again.map((answer) => accepted(answer)).map(({ isNew, isDifferent }) => [isNew, isDifferent])).toEqual([
      [false, false],
      [false, true],
      [true, false],
      [false, false],
    ]);
    expect(accepted(again[0]).seq).toBe(accepted(first).seq);
    expect(await countOf('triggers', 'in-c')).toBe(2);
    expect(await countOf('claim_receipts', 'in-c')).toBe(5);
  });

  it('refuses what cannot be taken alone', async () => {
    const hostile: Partial<Arrival>[] = [
      { eventId: '' },
      { eventId: 'x'.repeat(2_000) },
      { eventId: 'a\0b' },
      { source: '\ud800' },
      { requestedBy: 'a\0b' },
      { body: { deep: ['a\0b'] } },
      { receivedAt: 'yesterday' },
      { modelId: 'in\0d' },
      { refusal: '\udc00' },
      { claim: claimOf('in-d', 'h', { window: { start: 'x', end: 'y' } }) },
      { claim: claimOf('in-d', 'h', { window: { start: '2001-02-01', end: '2001-01-01' } }) },
      { claim: claimOf('in-d', 'h', { window: { start: '2001-02-01', end: '+010001-01-01T00:00:00Z' } }) },
      { claim: claimOf('in-d', 'h', { nCurrent: 1.5 }) },
      { claim: claimOf('in-d', 'h', { nReference: Number.NaN }) },
      { claim: claimOf('in-d', 'h', { severity: 'bad' as 'info' }) },
      { claim: claimOf('in-d', 'h', { notes: ['a\0b'] }) },
    ];
    const batch = hostile.map((change, n) => arrivalOf('in-d', `h${n}`, change));
    const answers = await acceptArrivals(t.pool, [
      arrivalOf('in-d', 'before'),
      ...batch,
      arrivalOf('nobody', '1'),
      arrivalOf('in-d', 'after'),
    ]);
    expect(answers.slice(1, -2).map((answer) => ('refused' in answer ? answer.refused.code : 'taken'))).toEqual(
      hostile.map(() => 'SIGNAL_INVALID'),
    );
    expect(answers.at(-2)).toMatchObject({ modelId: 'nobody', refused: { code: 'MODEL_UNKNOWN' } });
    expect([answers[0], answers.at(-1)].map((answer) => accepted(answer).isNew)).toEqual([true, true]);
    expect(await countOf('triggers', 'in-d')).toBe(2);
  });

  it('records a malformed one as refused at once, without waking anybody', async () => {
    const [answer] = await acceptArrivals(t.pool, [arrivalOf('in-e', 'bad', { claim: null, refusal: 'no window' })]);
    expect(answer).toMatchObject({ state: 'refused', isNew: true });
    expect(await acceptArrivals(t.pool, [arrivalOf('in-e', 'bad', { claim: null })])).toMatchObject([
      { state: 'refused', isNew: false },
    ]);
    expect(await inboxOf('in-e')).toMatchObject({ pending: 0 });
  });

  it('keeps seq in the order of commits while many batches of shuffled models come at once', async () => {
    const batches = Array.from({ length: 40 }, (_, b) =>
      Array.from({ length: 25 }, (_, n) => arrivalOf(['in-f', 'in-b', 'in-a'][(b + n) % 3] ?? '', `s-${b}-${n % 15}`)),
    );
    const answers = (await Promise.all(batches.map((batch) => acceptArrivals(t.pool, batch)))).flat().map(accepted);
    expect(answers.filter(({ isNew }) => !isNew).length).toBeGreaterThan(0);
    const seqs = answers.filter(({ modelId, isNew }) => isNew && modelId === 'in-f').map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    expect((await inboxOf('in-f')).pending).toBe(Math.max(...seqs));
  });
});

describe('triggerIdOf', () => {
  it('never gives two pairs one id, and never a long one', () => {
    const pairs: [string, string][] = [
      ['a', 'b/c'],
      ['a/b', 'c'],
      ['a%2Fb', 'c'],
      ['a', 'x'.repeat(1_000)],
      ['a', `${'x'.repeat(999)}y`],
      ['sha256', digestOf('x')],
    ];
    const ids = pairs.map(([source, eventId]) => triggerIdOf(source, eventId));
    expect(new Set(ids).size).toBe(pairs.length);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(400);
  });
});
