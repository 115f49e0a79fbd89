/** Judging on the real ledger: what opens a run, what waits and until when, what is told to whom, and how fast. */
import { describe, expect, it } from 'vitest';
import type { Arrival } from '#dist/core/signals/arrival.js';
import { acceptArrivals } from '#dist/registry/intake.js';
import { judgeTriggers } from '#dist/registry/judging.js';
import { takeDueNotices } from '#dist/registry/notices.js';
import { applySpec } from '#dist/registry/specs.js';
import {
  arrivalOf,
  claimArrival,
  openRunFor,
  specApplication,
  TURNED_DOWN,
  triggerLedger,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-judging');
const AT_ONCE = { debounce: { quiet: 'PT0S', maxWait: 'PT0S' } };

const apply = (modelId: string, triggers: Record<string, unknown> = AT_ONCE) =>
  applySpec(t.pool, specApplication(modelId, { triggers }));
const accept = (...arrivals: Arrival[]) => acceptArrivals(t.pool, arrivals);
const judge = (modelId: string, askAbout?: string) => t.registry.judgeTriggers(modelId, { askAbout: askAbout ?? null });
const states = async (modelId: string) =>
  Object.fromEntries((await triggerLedger(t.pool, modelId)).map(({ triggerId, state }) => [triggerId, state]));
const finish = (modelId: string, runNo: number) => t.registry.closeRun({ modelId, runNo }, { outcome: TURNED_DOWN });
/** Of this model alone: other tests of the file have theirs. */
const due = async (modelId: string) => (await takeDueNotices(t.pool, 1_000)).filter((one) => one.modelId === modelId);
const until = async <T>(what: string, probe: () => Promise<T | null>): Promise<T> => {
  for (const giveUpAt = Date.now() + 30_000; Date.now() < giveUpAt; ) {
    const found = await probe();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain: ${what}`);
};

describe('a judgement', () => {
  it('opens one run of ten thousand waiting claims in less than a second of work', async () => {
    await apply('ten-thousand');
    for (let from = 0; from < 10_000; from += 500) {
      await accept(...Array.from({ length: 500 }, (_, i) => claimArrival('ten-thousand', `c${from + i}`)));
    }
    const startMs = performance.now();
    const judged = await judge('ten-thousand', 'nightly/c9999');
    const tookMs = performance.now() - startMs;
    expect(judged.openRun?.runNo).toBe(1);
    expect(judged.answer).toMatchObject({ state: 'merged', runNo: 1 });
    expect(judged.waiting).toEqual({ pending: 0, held: 0, escalated: 0 });
    expect(Buffer.byteLength(JSON.stringify(judged))).toBeLessThan(16_000);
    const { rows } = await t.pool.query(
      `select state, count(*)::integer as n from perennial.trigger_heads where model_id = 'ten-thousand' group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { state: 'merged', n: 9_999 },
      { state: 'started', n: 1 },
    ]);
    const [audited] = (
      await t.pool.query(
        `select canonical_text::jsonb->'body' as body from perennial.audit where model_id = 'ten-thousand' and kind = 'run-opened'`,
      )
    ).rows;
    expect(audited.body).toMatchObject({ triggers: 10_000 });
    // Many times what it takes on a machine of its own, so that a busy one does not fail it; a quadratic one would.
    expect(tookMs).toBeLessThan(8_000);
    const again = performance.now();
    await judge('ten-thousand');
    expect(performance.now() - again).toBeLessThan(2_000);
  });

  it('is followed at once by the next while more wait than it reads, and by none that could move nothing', async () => {
    await apply('crowded', { ...AT_ONCE, coolDown: 'PT1H' });
    await openRunFor(t.registry, 'crowded', 'first');
    await accept(...Array.from({ length: 5 }, (_, i) => claimArrival('crowded', `c${i}`)));
    const next = () => judgeTriggers(t.pool, 'crowded', { mostWaiting: 2 });
    const wakesNow = ({ wakeAt }: { wakeAt: string | null }) => wakeAt !== null && Date.parse(wakeAt) <= Date.now();
    const pending: number[] = [];
    for (let judged = await next(); ; judged = await next()) {
      pending.push(judged.waiting.pending);
      if (!wakesNow(judged)) break;
    }
    expect(pending).toEqual([3, 1, 0]);
    await finish('crowded', 1);
    // All are held for the cool-down: the two oldest stay where they are, however often they are judged.
    const held = await next();
    expect(held.waiting).toEqual({ pending: 0, held: 5, escalated: 0 });
    expect(Date.parse(held.wakeAt ?? '')).toBeGreaterThan(Date.now());
  });

  it('finds the new ones behind any number that wait for a person or for the cool-down to pass', async () => {
    await apply('asked', { ...AT_ONCE, coolDown: 'PT1H', budget: { runs: 1, period: 'P1D' } });
    const next = () => judgeTriggers(t.pool, 'asked', { mostWaiting: 2, mostEscalated: 2 });
    const tick = (eventId: string) => arrivalOf('asked', eventId, { source: 'schedule', cause: 'schedule' });
    await accept(tick('first'));
    expect((await next()).openRun?.runNo).toBe(1);
    await finish('asked', 1);
    await accept(tick('t1'), tick('t2'), tick('t3'));
    await next();
    expect((await next()).waiting).toEqual({ pending: 0, held: 0, escalated: 3 });
    await accept(...Array.from({ length: 3 }, (_, i) => claimArrival('asked', `c${i}`)));
    const wakes: boolean[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { wakeAt } = await next();
      wakes.push(wakeAt !== null && Date.parse(wakeAt) <= Date.now());
    }
    expect(wakes).toEqual([true, true, false]);
    expect((await next()).waiting).toEqual({ pending: 0, held: 3, escalated: 3 });
    await accept(arrivalOf('asked', 'person'));
    expect((await next()).openRun?.runNo).toBe(2);
    expect(await states('asked')).toMatchObject({
      'manual/person': 'started',
      'schedule/t1': 'escalated',
      'schedule/t2': 'merged',
      'schedule/t3': 'merged',
    });
  });

  it('makes two runs of what asks for one instant with and without promotion', async () => {
    await apply('parted', { debounce: { quiet: 'PT0S', maxWait: 'PT1H' } });
    const clock = { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } as const;
    const tick = (eventId: string, body: object) =>
      arrivalOf('parted', eventId, { source: 'schedule', cause: 'schedule', clock, body });
    await accept(tick('off', { promotion: 'off' }), tick('usual', {}));
    expect((await judge('parted')).openRun?.runNo).toBe(1);
    await accept(tick('late', {}), tick('late-off', { promotion: 'off' }));
    await judge('parted');
    expect(await states('parted')).toEqual({
      'schedule/off': 'started',
      'schedule/usual': 'held',
      'schedule/late': 'held',
      'schedule/late-off': 'merged',
    });
    expect((await t.registry.run({ modelId: 'parted', runNo: 1 })).promotion).toBe('off');
    await finish('parted', 1);
    expect((await judge('parted')).openRun?.runNo).toBe(2);
    expect((await t.registry.run({ modelId: 'parted', runNo: 2 })).promotion).toBe('by-policy');
  });

  it('waits for the debounce, says until when, and takes all that came meanwhile', async () => {
    await apply('debounced', { debounce: { quiet: 'PT1S', maxWait: 'PT5S' } });
    await accept(claimArrival('debounced', 'a'));
    const first = await judge('debounced');
    expect(first).toMatchObject({ openRun: null, isSettling: true, waiting: { pending: 1 } });
    expect(await due('debounced')).toEqual([]);
    await accept(claimArrival('debounced', 'b'));
    expect(await due('debounced')).toEqual([]);
    const opened = await until('quiet', async () => {
      const judged = await judge('debounced');
      return judged.openRun === null ? null : judged;
    });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(first.wakeAt ?? ''));
    expect(opened.openRun?.runNo).toBe(1);
    expect(await states('debounced')).toEqual({ 'nightly/a': 'started', 'nightly/b': 'merged' });
  });

  it('holds a claim in the cool-down, judges it again when it ends, and lets a critical one cut it', async () => {
    await apply('cooling', { ...AT_ONCE, coolDown: 'PT2S' });
    await openRunFor(t.registry, 'cooling', 'first');
    await finish('cooling', 1);
    await accept(claimArrival('cooling', 'a'));
    const held = await judge('cooling', 'nightly/a');
    expect(held).toMatchObject({ openRun: null, isSettling: false, answer: { state: 'held' } });
    expect(held.answer?.reason).toContain('cool-down');
    expect(held.reasons).toMatchObject([{ state: 'held', triggers: 1 }]);
    await until('the end of the cool-down', async () => (await judge('cooling')).openRun);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(held.wakeAt ?? ''));
    await finish('cooling', 2);
    await accept(claimArrival('cooling', 'b'), claimArrival('cooling', 'c', { severity: 'critical' }));
    expect((await judge('cooling')).openRun?.runNo).toBe(3);
    expect(await states('cooling')).toMatchObject({ 'nightly/a': 'started' });
    const ledger = await triggerLedger(t.pool, 'cooling');
    expect(ledger.filter(({ runNo }) => runNo === 3)).toHaveLength(2);
  });

  it('makes a missed report a claim of its own, once a due time', async () => {
    await apply('expected', { ...AT_ONCE, expect: [{ monitor: 'evidently', every: 'PT1S', lateness: 'PT0S' }] });
    const judged = await until('the missed report', async () => {
      const answer = await judge('expected');
      return answer.openRun === null ? null : answer;
    });
    await judge('expected');
    const { rows } = await t.pool.query(
      `select t.event_id, c.absent from perennial.triggers t join perennial.claims c using (model_id, trigger_id)
       where t.model_id = 'expected' order by t.seq`,
    );
    expect(new Set(rows.map((row) => row.event_id)).size).toBe(rows.length);
    expect(rows[0].absent).toMatchObject([{ what: 'report', name: 'evidently' }]);
    expect(judged.openRun?.cause).toBe('drift');
    expect(judged.wakeAt).not.toBeNull();
  });

  it('starts nothing while somebody has paused the model, and takes up what waited when it is resumed', async () => {
    await apply('paused');
    const order = { eventId: 'p1', by: 'operator', reason: 'a migration' };
    const answer = await t.registry.setPause('paused', { ...order, isPaused: true });
    expect(answer).toMatchObject({ isPaused: true, isNew: true, pause: { by: 'operator', reason: 'a migration' } });
    expect(await t.registry.setPause('paused', { ...order, isPaused: true })).toEqual(answer);
    await accept(claimArrival('paused', 'a'), arrivalOf('paused', 'now'));
    expect((await judge('paused')).openRun).toBeNull();
    expect(await states('paused')).toEqual({ 'nightly/a': 'held', 'manual/now': 'refused' });
    await expect(
      t.registry.setPause('paused', { ...order, eventId: 'p2', isPaused: false, reason: ' ' }),
    ).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    expect(await t.registry.setPause('paused', { ...order, eventId: 'p3', isPaused: false })).toEqual({
      isPaused: false,
      isNew: true,
      pause: null,
    });
    const again = { ...order, eventId: 'p4', isPaused: false };
    expect(await t.registry.setPause('paused', again)).toEqual({ isPaused: false, isNew: false, pause: null });
    expect((await judge('paused')).openRun?.runNo).toBe(1);
  });

  it('asks for new labels to be counted, and goes by the count', async () => {
    await apply('counted', { ...AT_ONCE, labels: { atLeast: 100 } });
    const notice = (eventId: string, through: string): Arrival =>
      arrivalOf('counted', eventId, { source: 'labels', cause: 'labels', isUrgent: false, body: { through } });
    await accept(notice('n1', '2001-04-01T00:00:00Z'));
    const { countLabels, countSince } = await judge('counted');
    expect(countLabels).toEqual([{ triggerId: 'labels/n1', through: '2001-04-01T00:00:00.000Z' }]);
    await t.registry.recordLabelCount('counted', { triggerId: 'labels/n1', since: countSince, labels: 7 });
    await t.registry.recordLabelCount('counted', { triggerId: 'labels/n1', since: countSince, labels: 700 });
    expect(await judge('counted')).toMatchObject({ openRun: null, countLabels: [] });
    await accept(notice('n2', '2001-05-01T00:00:00Z'));
    await judge('counted');
    await t.registry.recordLabelCount('counted', { triggerId: 'labels/n2', since: countSince, labels: 100 });
    expect((await judge('counted')).openRun).toMatchObject({ runNo: 1, cause: 'labels' });
  });

  it('tells the open run of the furthest labels, again and again, since the one who was told may die', async () => {
    await apply('told');
    await openRunFor(t.registry, 'told', 'first');
    const notice = (eventId: string, through: string): Arrival =>
      arrivalOf('told', eventId, { source: 'labels', cause: 'labels', isUrgent: false, body: { through } });
    await accept(notice('a', '2001-05-01T00:00:00Z'), notice('b', '2001-04-01T00:00:00Z'), notice('c', 'soon'));
    const labels = { eventId: 'labels/a', through: '2001-05-01T00:00:00.000Z' };
    expect((await judge('told')).labels).toEqual(labels);
    expect((await judge('told')).labels).toEqual(labels);
    expect((await states('told'))['labels/c']).toBe('refused');
    await finish('told', 1);
    await openRunFor(t.registry, 'told', 'second');
    expect((await judge('told')).labels).toBeNull();
    // The same notice once more, to the run that is open now.
    await accept(notice('b', '2001-04-01T00:00:00Z'));
    expect((await judge('told')).labels).toEqual({ eventId: 'labels/b', through: '2001-04-01T00:00:00.000Z' });
  });

  it('tells a run of today of no labels through an instant that has not come, which would outdo all that follow', async () => {
    await apply('hasty');
    await openRunFor(t.registry, 'hasty', 'first');
    const notice = (eventId: string, through: string): Arrival =>
      arrivalOf('hasty', eventId, { source: 'labels', cause: 'labels', isUrgent: false, body: { through } });
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    await accept(notice('ahead', ahead), notice('far', '+012026-01-01T00:00:00Z'));
    expect((await judge('hasty')).labels).toBeNull();
    expect((await states('hasty'))['labels/far']).toBe('refused');
    await accept(notice('sound', '2001-05-01T00:00:00Z'));
    expect((await judge('hasty')).labels).toEqual({ eventId: 'labels/sound', through: '2001-05-01T00:00:00.000Z' });
  });
});

describe('a notice to the coordinator', () => {
  it('is due once until the judgement, at once again for what is urgent, and after ten seconds', async () => {
    await apply('noticed', { debounce: { quiet: 'PT1H', maxWait: 'PT2H' } });
    expect(await due('noticed')).toEqual([]);
    await accept(claimArrival('noticed', 'a'));
    const looks = await Promise.all(Array.from({ length: 8 }, () => due('noticed')));
    expect(looks.flat()).toMatchObject([{ isUrgent: false }]);
    await accept(claimArrival('noticed', 'b'));
    expect(await due('noticed')).toEqual([]);
    await accept(claimArrival('noticed', 'c', { severity: 'critical' }));
    expect(await due('noticed')).toMatchObject([{ isUrgent: true }]);
    expect(await due('noticed')).toEqual([]);
    await t.pool.query(
      `update perennial.model_inboxes set notified_at = notified_at - interval '11 seconds' where model_id = 'noticed'`,
    );
    expect(await due('noticed')).toMatchObject([{ isUrgent: true }]);
    await judge('noticed');
    expect(await due('noticed')).toEqual([]);
  });

  it('is due when the coordinator that was to wake up is gone', async () => {
    await apply('overdue', { debounce: { quiet: 'PT1H', maxWait: 'PT2H' } });
    await accept(claimArrival('overdue', 'a'));
    await judge('overdue');
    expect(await due('overdue')).toEqual([]);
    await t.pool.query(
      `update perennial.model_inboxes set wake_at = now() - interval '11 seconds' where model_id = 'overdue'`,
    );
    expect(await due('overdue')).toHaveLength(1);
    expect(await due('overdue')).toEqual([]);
  });
});
