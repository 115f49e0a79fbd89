/** What the gateway does not take, and what it says about it: too much, too often, too slowly, at the wrong place. */
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { MODEL, monitorFile, useGateway, WINDOW_QUERY } from './gateway-fixtures.js';

const at = useGateway('gateway-limits', { limits: { bodyBytes: 20_000, ratePerSec: 3, requestMs: 1_000 } });

const REPORT = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');

/** Sends bytes as they are, and reads until the other side closes. */
function raw(parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(at.gateway.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}

describe('the gateway', () => {
  it('refuses a body over its limit, said or not said beforehand', async () => {
    const big = `{"a":"${'x'.repeat(25_000)}"}`;
    const answer = await at.ask(`/v1/models/${MODEL}/signals/evidently?${WINDOW_QUERY}`, { body: big });
    expect([answer.status, answer.json.code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(answer.json.message).toMatch(/: this route takes at most \d+ bytes\.$/);
    const path = `/v1/models/${MODEL}/signals/evidently?${WINDOW_QUERY}`;
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${at.admin}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`;
    const chunked = await raw([head, `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`]);
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('gives up on a body that comes too slowly, and on a request that never ends its headers', async () => {
    const path = `/v1/models/${MODEL}/signals/evidently?${WINDOW_QUERY}`;
    const slow = await raw([
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${at.admin}\r\ncontent-length: 1000\r\n\r\n{"a`,
    ]);
    expect(slow).toMatch(/^HTTP\/1\.1 408 /);
    expect(slow).toContain('"code":"REQUEST_TIMEOUT"');
    expect(await raw(['GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: '])).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('answers what is no HTTP, and headers without end, in its own words', async () => {
    expect(await raw(['HELLO\r\n\r\n'])).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"REQUEST_MALFORMED"/);
    const long = await raw([`GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${'y'.repeat(20_000)}\r\n\r\n`]);
    expect(long).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"HEADERS_TOO_LARGE"/);
    const bad = await raw(['GET /v1/models/%zz/runs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n']);
    expect(bad).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"REQUEST_MALFORMED"/);
  });

  it('knows its routes and methods, and opens nothing else', async () => {
    for (const path of [
      '/',
      '/v2/models',
      '/v1/artifacts/../../package.json',
      '/v1/models/a/b/c/d',
      `/${'x'.repeat(3_000)}`,
    ]) {
      const answer = await at.ask(path);
      expect([answer.status, answer.json.code], path).toEqual([404, 'ROUTE_UNKNOWN']);
    }
    for (const [method, path, allow] of [
      ['DELETE', `/v1/models/${MODEL}/runs`, 'GET'],
      ['GET', `/v1/models/${MODEL}/retrain`, 'POST'],
      ['POST', '/healthz', 'GET'],
    ] as const) {
      const answer = await at.ask(path, { method });
      expect([answer.status, answer.json.code], path).toEqual([405, 'METHOD_NOT_ALLOWED']);
      expect(answer.headers.get('allow')).toBe(allow);
    }
    const artifact = await at.ask('/v1/artifacts/..%2f..%2f..%2fetc%2fpasswd');
    expect([artifact.status, artifact.json.code]).toEqual([422, 'SIGNAL_INVALID']);
  });

  it('asks a token that sends too often to wait; Alertmanager in the only way that it hears', async () => {
    const token = await at.token('eager', { roles: ['signal'] });
    const statusOf = (format: string) =>
      at.ask(`/v1/models/${MODEL}/signals/${format}?${WINDOW_QUERY}&id=rate`, { token, body: REPORT });
    await vi.waitFor(async () => expect((await statusOf('evidently')).status).toBe(202), 5_000);
    const answers = [];
    for (let i = 0; i < 45; i++) answers.push(await statusOf('evidently'));
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.json.code).toBe('RATE_LIMITED');
    expect(limited?.headers.get('retry-after')).toMatch(/^\d+$/);
    const alerts = await statusOf('alertmanager');
    expect([alerts.status, alerts.json.code]).toEqual([503, 'RATE_LIMITED']);
    expect(alerts.headers.get('retry-after')).toMatch(/^\d+$/);
    // Another token has its own measure.
    const calm = await at.token('calm', { roles: ['read'] });
    expect((await at.ask('/v1/models', { token: calm })).status).toBe(200);
  });
});
