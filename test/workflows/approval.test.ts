// Decisions of people on a candidate: which one counts, and why each other one does not. Refused ones are recorded too.
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionCode } from '#dist/core/types.js';
import {
  approvalSignal,
  approvePromotionUpdate,
  championMovedSignal,
  runStatusQuery,
} from '#dist/workflows/messages.js';
import { approve, Harness, reject, taskFailures, until } from './harness.js';
import type { World } from './world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.timeSkipping();
});
afterAll(() => harness.close());

type Approval = NonNullable<Parameters<Harness['world']>[0]>['approval'];

async function atApproval(approval: Approval = {}, options: { hasChampion?: boolean; requestedBy?: string } = {}) {
  const { hasChampion = true, ...rest } = options;
  const world = harness.world({ hasChampion, approval: { policy: 'always', ...approval } });
  const handle = await harness.startRun(world, rest);
  const { evidenceDigest } = await harness.awaiting(handle, 'a decision');
  return { world, handle, evidence: evidenceDigest! };
}

const codes = (world: World): DecisionCode[] => world.model.decisions.map(({ answer }) => answer.code);

describe('a decision that counts', () => {
  it('promotes by Update, with who and why beside the move', async () => {
    const { world, handle, evidence } = await atApproval();
    expect(await approve(handle, { evidence: evidence.slice(0, 12) })).toMatchObject({
      accepted: true,
      code: 'accepted',
    });
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.model.moves.at(-1)!.move).toMatchObject({
      by: 'reviewer',
      reason: 'it holds up',
      evidenceDigest: evidence,
    });
    expect(world.model.decisions).toMatchObject([
      { channel: 'update', decision: 'approve', answer: { code: 'accepted' } },
    ]);
  });

  it('promotes by Signal just the same', async () => {
    const { world, handle, evidence } = await atApproval();
    await handle.signal(approvalSignal, {
      eventId: 's1',
      decision: 'approve',
      by: 'reviewer',
      reason: 'fine',
      evidence,
    });
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.model.decisions).toMatchObject([{ channel: 'signal', eventId: 's1', answer: { accepted: true } }]);
  });

  it('ends the run when a person rejects, by Update and by Signal', async () => {
    const byUpdate = await atApproval();
    await reject(byUpdate.handle, { evidence: byUpdate.evidence, reason: 'the slice of night flights is thin' });
    expect(await byUpdate.handle.result()).toMatchObject({
      kind: 'rejected-by-person',
      reasons: ['reviewer: the slice of night flights is thin', 'The verdict is promote.'],
    });
    const bySignal = await atApproval();
    const { evidence } = bySignal;
    await bySignal.handle.signal(approvalSignal, {
      eventId: 's1',
      decision: 'reject',
      by: 'reviewer',
      reason: 'no',
      evidence,
    });
    expect((await bySignal.handle.result()).kind).toBe('rejected-by-person');
    expect(bySignal.world.model.champion).toEqual({ version: 1, epoch: 1 });
  });

  it('is asked for only when the verdict wants a person, under the policy when-needed', async () => {
    const world = harness.world({ approval: { policy: 'when-needed' } });
    expect((await (await harness.startRun(world)).result()).kind).toBe('promoted');
    const asking = harness.world({ approval: { policy: 'when-needed' } });
    asking.verdict = 'needs-approval';
    const handle = await harness.startRun(asking);
    const { evidenceDigest } = await harness.awaiting(handle, 'a decision');
    expect((await approve(handle, { evidence: evidenceDigest! })).accepted).toBe(true);
    expect((await handle.result()).kind).toBe('promoted');
  });
});

describe('a decision that does not count', () => {
  it.each([
    ['on another candidate', { evidence: 'f'.repeat(16) }, 'wrong-candidate'],
    ['on too short an evidence', { evidence: 'abc' }, 'wrong-candidate'],
    ['by who asked for the run', { by: 'requester' }, 'not-allowed'],
    ['by nobody', { by: '  ' }, 'not-allowed'],
    ['without a reason', { reason: ' ' }, 'reason-missing'],
  ] as const)('is refused with its reason and recorded: %s', async (_, change, code) => {
    const { world, handle, evidence } = await atApproval({}, { requestedBy: 'requester' });
    expect(await approve(handle, { evidence, ...change })).toMatchObject({ accepted: false, code });
    expect(world.model.decisions).toMatchObject([
      { answer: { accepted: false, code, reason: expect.stringMatching(/\w{3}/) } },
    ]);
    expect((await handle.query(runStatusQuery)).stage).toBe('approve');
    await handle.terminate();
  });

  it('is refused when the policy names other people or another channel', async () => {
    const { world, handle, evidence } = await atApproval({ allowed: ['deputy'], channels: ['update'] });
    expect(await approve(handle, { evidence })).toMatchObject({ code: 'not-allowed' });
    await handle.signal(approvalSignal, { eventId: 's1', decision: 'approve', by: 'deputy', reason: 'ok', evidence });
    await until('the row of the signal', () => codes(world).length === 2);
    expect(codes(world)).toEqual(['not-allowed', 'not-allowed']);
    expect(await approve(handle, { evidence, by: 'deputy' })).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('promoted');
  });

  it('is refused as a duplicate once another one counted: of many at once exactly one does', async () => {
    const { world, handle, evidence } = await atApproval();
    const people = ['reviewer', 'deputy', 'auditor', 'lead'];
    const answers = await Promise.all(people.map((by) => approve(handle, { evidence, by, eventId: `by-${by}` })));
    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'duplicate')).toHaveLength(3);
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.model.decisions).toHaveLength(4);
    expect(world.count('moveChampion')).toBe(1);
  });

  it('is refused before the run waits for it, in the middle of its work', async () => {
    const world = harness.world({ approval: { policy: 'always' } });
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.before.compareWithChampion = () => released;
    const handle = await harness.startRun(world);
    await until('the evaluation', () => world.calls.includes('compareWithChampion'));
    expect(await approve(handle, { evidence: 'a'.repeat(16) })).toMatchObject({ accepted: false, code: 'not-awaited' });
    release();
    await harness.awaiting(handle, 'a decision');
    expect(codes(world)).toEqual(['not-awaited']);
    await handle.terminate();
  });

  it('is late: nobody decides in time and the run expires', async () => {
    const { world, handle } = await atApproval({ expiry: 'P3D' });
    expect(await handle.result()).toMatchObject({
      kind: 'expired',
      reasons: ['Nobody decided in time.', 'The verdict is promote.'],
    });
    expect(world.model.champion).toEqual({ version: 1, epoch: 1 });
  });

  it('is late by a moment: it reaches the run after the expiry and is answered and recorded before the run ends', async () => {
    const { world, handle, evidence } = await atApproval({ expiry: 'PT1H' });
    let answer: Promise<{ code: string }> | null = null;
    world.before.closeRun = async () => {
      answer ??= approve(handle, { evidence });
      await until('the row of the late decision', () => codes(world).length === 1);
    };
    expect((await handle.result()).kind).toBe('expired');
    expect(await answer).toMatchObject({ accepted: false, code: 'not-awaited' });
  });

  it('gets its row also while the run is being cancelled', async () => {
    const { world, handle, evidence } = await atApproval();
    let answer: Promise<{ code: string }> | null = null;
    world.before.closeRun = async () => {
      answer ??= approve(handle, { evidence });
      await until('the row of the late decision', () => codes(world).length === 1);
    };
    await handle.cancel();
    expect((await handle.result()).kind).toBe('cancelled');
    expect(await answer).toMatchObject({ accepted: false, code: 'not-awaited' });
  });
});

describe('a champion that moves', () => {
  it('during the wait voids the evidence: old evidence is stale, new evidence is asked about', async () => {
    const { world, handle, evidence } = await atApproval();
    world.addChampion();
    await handle.signal(championMovedSignal, { eventId: 'm1', epoch: 2 });
    const status = await until('new evidence', async () => {
      const now = await handle.query(runStatusQuery);
      return now.awaits?.includes('a decision') && now.evidenceDigest !== evidence ? now : null;
    });
    expect(status.championVersion).toBe(3);
    expect(await approve(handle, { evidence })).toMatchObject({ accepted: false, code: 'stale-evidence' });
    expect(await approve(handle, { evidence: status.evidenceDigest! })).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.count('compareWithChampion')).toBe(2);
  });

  it('voids an approval that was given already: the same message, sent again, does not count for the new evidence', async () => {
    const { world, handle, evidence } = await atApproval();
    let isFirst = true;
    world.before.moveChampion = () => {
      if (isFirst) world.addChampion();
      isFirst = false;
    };
    const message = { eventId: 's1', decision: 'approve', by: 'reviewer', reason: 'fine', evidence } as const;
    await handle.signal(approvalSignal, message);
    const status = await until('new evidence', async () => {
      const now = await handle.query(runStatusQuery);
      return now.awaits?.includes('a decision') && now.evidenceDigest !== evidence ? now : null;
    });
    await handle.signal(approvalSignal, message);
    const { decision: _, ...sameId } = { ...message, evidence: status.evidenceDigest! };
    expect(await handle.executeUpdate(approvePromotionUpdate, { args: [sameId] })).toMatchObject({ code: 'accepted' });
    expect((await handle.query(runStatusQuery)).stage).toBe('approve');
    expect(world.count('moveChampion')).toBe(1);
    expect(world.model.decisions).toHaveLength(1);
    await handle.terminate();
  });

  it('is no news when the evaluation knew that move already', async () => {
    const { world, handle, evidence } = await atApproval();
    await handle.signal(championMovedSignal, { eventId: 'm1', epoch: 1 });
    await handle.signal(championMovedSignal, { eventId: 'm2', epoch: 0 });
    expect(await approve(handle, { evidence })).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.count('compareWithChampion')).toBe(1);
  });
});

describe('malformed messages', () => {
  const good = { eventId: 'e', by: 'reviewer', reason: 'fine', evidence: 'a'.repeat(16) };

  it.each([
    ['nothing at all', undefined, 'eventId is missing'],
    ['a number as reason', { ...good, reason: 5 }, 'reason is missing'],
    ['no event id', { ...good, eventId: '' }, 'eventId is empty'],
    ['a novel', { ...good, reason: 'x'.repeat(3000) }, 'reason is too long'],
    ['a large stowaway', { ...good, more: 'x'.repeat(20_000) }, 'larger than 16 KB'],
  ])('sent as an Update are refused by the validator and leave no trace: %s', async (_, payload, reason) => {
    const { world, handle } = await atApproval();
    const sent = handle.executeUpdate(approvePromotionUpdate, { args: [payload as never] });
    const error = await sent.catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(String((error as WorkflowUpdateFailedError).cause)).toContain(reason);
    expect(world.model.decisions).toEqual([]);
    await handle.terminate();
  });

  it('sent as Signals leave a note for people and never stop the run', async () => {
    const { world, handle, evidence } = await atApproval();
    const before = await handle.query(runStatusQuery);
    const payloads: unknown[] = [
      undefined,
      null,
      7,
      'approve',
      [],
      { decision: 'maybe' },
      { ...good, decision: 'approve', by: null },
    ];
    for (const payload of payloads) {
      for (const name of ['approvalSignal', 'championMovedSignal', 'labelsArrivedSignal'])
        await handle.signal(name, payload);
    }
    await handle.signal('noSuchSignal', 1);
    expect(await harness.details(handle)).toContain('Ignored a signal: decision must be approve or reject.');
    expect(await handle.query(runStatusQuery)).toMatchObject({ stage: 'approve', awaitsUntil: before.awaitsUntil });
    expect(await approve(handle, { evidence })).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('promoted');
    expect(await taskFailures(handle)).toBe(0);
    expect(world.model.decisions).toHaveLength(1);
  });
});
