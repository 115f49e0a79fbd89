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
    const { rows } = await at.pool.query(
      'select decided_by, decision, question, channel from perennial.label_decisions',
    );
    expect(rows).toEqual([{ decided_by: 'judge', decision: 'proceed', question: 'assessment', channel: 'client' }]);
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

describe('an incident', () => {
  const model = uniqueTaskQueue('broken');
  let person = '';
  const close = (id: number, body: object) =>
    send(`${gateway.url}/v1/models/${model}/incidents/${id}/close`, { token: person, body });
  const read = async (query = '') => {
    const answer = await send(`${gateway.url}/v1/models/${model}/incidents${query}`, { token: at.admin });
    return answer.json.incidents;
  };

  it('is listed, counted for those who may read the model, and closed by the name of the token, once', async () => {
    await applyModel(at.pool, model);
    person = await at.token('person', { roles: ['approve'], models: [model] });
    const key = await openRunFor(at.registry, model, 'broken');
    const window = { start: '2001-03-01T00:00:00.000Z', end: '2001-04-01T00:00:00.000Z' };
    const broken = {
      verdict: 'broken-feed',
      inputsAsOf: window.end,
      window,
      checks: [],
      reasons: ['rows are gone'],
    } as const;
    const { incidentId } = await at.registry.recordAssessment(key, broken);
    await at.registry.closeRun(key, { outcome: TURNED_DOWN });
    expect(await read()).toMatchObject([
      { incidentId, kind: 'feed', reason: 'rows are gone', sightings: 1, closure: null },
    ]);
    const line = `perennial_open_incidents{model="${model}",kind="feed"} 1`;
    const figures = async (asker: string) => (await send(`${gateway.url}/metrics`, { token: asker })).text;
    const stranger = await at.token('stranger', { roles: ['read'], models: ['rides'] });
    await expect.poll(() => figures(at.admin)).toContain(line);
    await expect.poll(() => figures(stranger)).toContain('perennial_open_runs');
    expect(await figures(stranger)).not.toContain(model);

    expect((await close(incidentId! + 100, { reason: 'mended' })).json.code).toBe('INCIDENT_UNKNOWN');
    expect((await close(incidentId!, { reason: '' })).status).toBe(422);
    const answers = [
      await close(incidentId!, { reason: 'mended', isRepaired: true }),
      await close(incidentId!, { reason: 'x' }),
    ];
    expect(answers.map(({ status, json }) => [status, json.isNew])).toEqual([
      [200, true],
      [200, false],
    ]);
    for (const { json } of answers)
      expect(json.incident.closure).toMatchObject({ how: 'person', by: 'person', reason: 'mended', isRepaired: true });
    expect(await read()).toEqual([]);
    expect(await read('?all=true')).toHaveLength(1);
    await expect.poll(() => figures(at.admin)).not.toContain(line);
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
