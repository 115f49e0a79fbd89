/** `perennial signal`: shows claims without a server, sends over HTTP, and says what a gateway answered; its page beside it. */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { CliContext } from '#dist/cli/context.js';
import { runCli } from '#dist/cli/program.js';
import { parseSignal } from '#dist/core/signals/parse-signal.js';
import { ENVELOPE, onlyClaim } from './signals-fixtures.js';

const FILE = fileURLToPath(
  new URL('../fixtures/monitors/evidently-0.7.23/distance_km.drift-tests.json', import.meta.url),
);
const WINDOW = ['--window', '2001-02-05/2001-02-12'];

async function run(...args: string[]): Promise<{ out: string; err: string; exitCode: number }> {
  const seen = { out: '', err: '', exitCode: 0 };
  const context: CliContext = {
    io: {
      out: (text) => {
        seen.out += `${text}\n`;
      },
      err: (text) => {
        seen.err += `${text}\n`;
      },
      width: null,
      hasColour: false,
      ask: async () => null,
      setExitCode: (code) => {
        seen.exitCode = code;
      },
    },
    openClient: () => Promise.reject(new Error('no server is needed')),
  };
  await runCli(['signal', ...args], context);
  return seen;
}

async function withServer<T>(
  answer: { status: number; body: unknown },
  use: (url: string, seen: { request?: IncomingMessage; body?: string }) => Promise<T>,
): Promise<T> {
  const seen: { request?: IncomingMessage; body?: string } = {};
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    seen.request = request;
    seen.body = Buffer.concat(parts).toString();
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('parse', () => {
  it('shows the claim as text, and as JSON for programs', async () => {
    const text = await run('parse', 'evidently', FILE, '--model', 'm', ...WINDOW);
    expect(text).toMatchObject({ exitCode: 0, err: '' });
    expect(text.out).toMatch(
      /column +distance +Wasserstein distance \(normed\) +0\.7491 +0\.1000 +alert +distance, higher is drift/,
    );
    const json = await run(
      'parse',
      'evidently',
      FILE,
      '--model',
      'm',
      ...WINDOW,
      '--json',
      '--id',
      'x',
      '--n-current',
      '7',
    );
    expect(JSON.parse(json.out)).toMatchObject({ claims: [{ eventId: 'x', nCurrent: 7, modelId: 'm' }], ignored: [] });
  });

  it.each([
    [['parse', 'evidently', FILE, '--model', 'm'], 'does not say its start, end'],
    [['parse', 'evidently', FILE, ...WINDOW], '--model'],
    [['parse', 'excel', FILE, '--model', 'm', ...WINDOW], 'Known formats: cloudevents'],
    [['parse', 'evidently', '/no/such/file', '--model', 'm', ...WINDOW], 'Name a file that this account may read'],
    [['parse', 'evidently', FILE, '--model', 'm', '--window', '2001-02-05'], 'START/END'],
    [['parse', 'evidently', FILE, '--model', 'm', ...WINDOW, '--n-current', '-1'], 'whole number of rows'],
  ])('%j is refused with a word on what is wrong', async (args, why) => {
    const seen = await run(...args);
    expect(seen.exitCode).toBe(2);
    expect(seen.err).toContain(why);
  });

  it('takes headers of CloudEvents', async () => {
    const headers = ['ce-id: 17', 'ce-source: job', 'ce-type: io.evidently.report', 'ce-specversion: 1.0'];
    const seen = await run(
      'parse',
      'cloudevents',
      FILE,
      '--model',
      'm',
      ...WINDOW,
      '--json',
      ...headers.flatMap((one) => ['--header', one]),
    );
    expect(JSON.parse(seen.out).claims[0]).toMatchObject({ eventId: '17', source: 'job', monitor: 'evidently' });
  });
});

describe('send', () => {
  const ACCEPTED = {
    accepted: [{ eventId: 'e', triggerId: 't', seq: 1, state: 'pending', isNew: true }],
    refused: [],
    ignored: [],
    notes: [],
  };

  it('posts the bytes as they are, with the token and what the options say', async () => {
    await withServer({ status: 202, body: ACCEPTED }, async (url, seen) => {
      const sent = await run(
        'send',
        'evidently',
        FILE,
        '--model',
        'm',
        ...WINDOW,
        '--source',
        'job',
        '--url',
        url,
        '--token',
        'secret',
      );
      expect(sent).toEqual({ out: 'pending: e\n', err: '', exitCode: 0 });
      expect(seen.request?.url).toBe('/v1/models/m/signals/evidently?source=job&start=2001-02-05&end=2001-02-12');
      expect(seen.request?.headers.authorization).toBe('Bearer secret');
      expect(seen.body).toBe(readFileSync(FILE, 'utf8'));
    });
  });

  it.each([
    [401, { code: 'UNAUTHENTICATED', message: 'no token', advice: '' }, 3, 'UNAUTHENTICATED'],
    [404, { code: 'MODEL_UNKNOWN', message: 'no model', advice: '' }, 5, 'MODEL_UNKNOWN'],
    [429, { code: 'RATE_LIMITED', message: 'slower', advice: '' }, 7, 'slower'],
    [502, '<html>', 7, 'it answered 502'],
  ])('an answer %i is an error with its exit code', async (status, body, exitCode, text) => {
    await withServer({ status, body }, async (url) => {
      const seen = await run('send', 'evidently', FILE, '--model', 'm', ...WINDOW, '--url', url);
      expect(seen.exitCode).toBe(exitCode);
      expect(seen.err).toContain(text);
      expect(seen.err).not.toContain('secret');
    });
  });

  it('a report that cannot be read never leaves, and a gateway that is not there is said to be so', async () => {
    const other = await run('send', 'whylogs', FILE, '--model', 'm', ...WINDOW, '--url', 'http://127.0.0.1:1');
    expect(other.err).toContain('names no algorithm');
    const gone = await run('send', 'evidently', FILE, '--model', 'm', ...WINDOW, '--url', 'http://127.0.0.1:1');
    expect(gone).toMatchObject({ exitCode: 7, err: expect.stringContaining('does not answer') });
  });
});

describe('docs/monitors.md', () => {
  it('its example of the generic form is one', () => {
    const page = readFileSync(new URL('../../docs/monitors.md', import.meta.url), 'utf8');
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const claim = onlyClaim(
      parseSignal('generic', example, { modelId: 'm', receivedAt: ENVELOPE.receivedAt, alertWindowMs: 0 }),
    );
    expect(claim).toMatchObject({
      eventId: '2001-02-12/daily',
      monitor: 'psi-job',
      cause: 'drift',
      severity: 'warning',
    });
    expect(claim.findings.map(({ scope, family }) => [scope, family])).toEqual([
      ['column', 'distance'],
      ['prediction', 'statistic'],
      ['performance', 'auc'],
    ]);
  });
});
