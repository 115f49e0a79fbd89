/** With a real Temporal: decisions by the token's name, and coordinators that are told of what came. */
import { Client, Connection } from '@temporalio/client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningGateway, startGateway } from '#dist/gateway/gateway.js';
import { temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { MODEL, monitorFile, type Reply, send, useGateway, WINDOW_QUERY } from './gateway-fixtures.js';
import { applyModel, openRunFor, TURNED_DOWN } from './registry-fixtures.js';

const at = useGateway('gateway-decisions');
const QUEUE = uniqueTaskQueue('gateway');
const EVIDENCE = 'abcdef012345';

let gateway: RunningGateway;
let token = '';
beforeAll(async () => {
  const address = temporalAddress();
  gateway = await startGateway({
    databaseUrl: at.url,
    temporal: { address, namespace: 'default' },
    artifacts: at.store,
    port: 0,
    queue: QUEUE,
  });
  token = await at.token('judge', { roles: ['approve'], models: [MODEL] });
  return () => gateway.stop();
});

const decide = (kind: string, runNo: number, body: object): Promise<Reply> =>
  send(`${gateway.url}/v1/runs/${MODEL}/${runNo}/${kind}`, { token, body });

describe('an answer', () => {
  it('to a closed run does not count, and is recorded with the name of the token', async () => {
    const key = await openRunFor(at.registry, MODEL, 'answer-1');
    await at.registry.closeRun(key, { outcome: TURNED_DOWN });
    const body = { answer: 'proceed', question: 'assessment', reason: 'it was announced', eventId: 'a-1' };
    const answers = [await decide('answer', key.runNo, body), await decide('answer', key.runNo, body)];
    for (const answer of answers) {
      expect([answer.status, answer.json.accepted, answer.json.code], answer.text).toEqual([409, false, 'run-closed']);
    }
    const { rows } = await at.pool.query('select decided_by, decision, channel from perennial.label_decisions');
    expect(rows).toEqual([{ decided_by: 'judge', decision: 'proceed', channel: 'client' }]);
  });

  it('is one of those that a run may get', async () => {
    for (const wrong of [
      { answer: 'perhaps' },
      { answer: 'proceed', question: 'weather' },
      { answer: 'abort', by: 'x' },
    ]) {
      const answer = await decide('answer', 1, { reason: 'r', ...wrong });
      expect([answer.status, answer.json.code], JSON.stringify(wrong)).toEqual([422, 'SIGNAL_INVALID']);
    }
  });
});

describe('a decision', () => {
  it('on a closed run does not count, is recorded with the name of the token, and is the same decision twice', async () => {
    const key = await openRunFor(at.registry, MODEL, 'decide-1');
    await at.registry.closeRun(key, { outcome: TURNED_DOWN });
    const body = { reason: 'better on every slice', evidence: EVIDENCE, eventId: 'd-1' };
    const answers = [await decide('approve', key.runNo, body), await decide('approve', key.runNo, body)];
    for (const answer of answers) {
      expect([answer.status, answer.json.accepted, answer.json.code], answer.text).toEqual([409, false, 'run-closed']);
      expect(answer.json.reason).toContain('turned-down');
    }
    const { rows } = await at.pool.query('select decided_by, decision, evidence, channel from perennial.approvals');
    expect(rows).toEqual([{ decided_by: 'judge', decision: 'approve', evidence: EVIDENCE, channel: 'client' }]);
  });

  it('on a run whose workflow is not there is not awaited', async () => {
    const key = await openRunFor(at.registry, MODEL, 'decide-2');
    const answer = await decide('reject', key.runNo, { reason: 'no', evidence: EVIDENCE });
    expect([answer.status, answer.json.code], answer.text).toEqual([409, 'not-awaited']);
  });

  it('on a run that never was is told so', async () => {
    const answer = await decide('reject', 99, { reason: 'no', evidence: EVIDENCE });
    expect([answer.status, answer.json.code], answer.text).toEqual([404, 'RUN_UNKNOWN']);
  });

  it('needs evidence that can be one', async () => {
    for (const evidence of ['abc', 'ABCDEF012345', `${EVIDENCE}g`, 'a'.repeat(65)]) {
      const answer = await decide('approve', 1, { reason: 'x', evidence });
      expect([answer.status, answer.json.code], evidence).toEqual([422, 'SIGNAL_INVALID']);
    }
  });
});

describe('readiness', () => {
  it('tells that Temporal is there', async () => {
    const answer = await send(`${gateway.url}/readyz`);
    expect(answer.json).toEqual({ status: 'ready', postgres: 'reachable', temporal: 'reachable' });
  });
});

describe('a signal', () => {
  it('starts the coordinator of a model that has none', async () => {
    const model = uniqueTaskQueue('told');
    await applyModel(at.pool, model);
    const path = `/v1/models/${model}/signals/evidently?${WINDOW_QUERY}`;
    const body = monitorFile('evidently-0.7.23/distance_km.drift-tests.json');
    const answer = await send(`${gateway.url}${path}`, { token: at.admin, body });
    expect(answer.status, answer.text).toBe(202);
    const connection = await Connection.connect({ address: temporalAddress() });
    const handle = new Client({ connection }).workflow.getHandle(`model/${model}`);
    try {
      await vi.waitFor(async () => expect((await handle.describe()).taskQueue).toBe(QUEUE), 15_000);
    } finally {
      await handle.terminate('the test is over').catch(() => undefined);
      await connection.close();
    }
  });
});
