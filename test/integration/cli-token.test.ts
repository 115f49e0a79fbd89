/** `perennial token`: made once, listed, revoked; the secret is shown when it is made and never again. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '#dist/cli/program.js';
import { tokenHash } from '#dist/client/tokens.js';
import { liveTokens } from '#dist/registry/tokens.js';
import { useRegistry } from './registry-fixtures.js';

const at = useRegistry('cli-token');
beforeEach(() => {
  vi.stubEnv('DATABASE_URL', at.url);
});

interface Said {
  out: string;
  err: string;
  code: number;
}

async function perennial(...args: string[]): Promise<Said> {
  const said: Said = { out: '', err: '', code: 0 };
  await runCli(args, {
    io: {
      out: (text) => {
        said.out += `${text}\n`;
      },
      err: (text) => {
        said.err += `${text}\n`;
      },
      width: null,
      hasColour: false,
      ask: async () => null,
      setExitCode: (code) => {
        said.code = code;
      },
    },
    openClient: () => Promise.reject(new Error('a token needs no Temporal')),
  });
  return said;
}

describe('perennial token', () => {
  it('makes one, prints it alone on standard output, and keeps its hash', async () => {
    const made = await perennial(
      ...['token', 'create', 'nightly', '--role', 'signal', 'read', '--model', 'flights', '--model', 'rides'],
      ...['--expires', 'P90D', '--by', 'operator'],
    );
    expect(made.code, made.err).toBe(0);
    const token = made.out.trim();
    expect(token).toMatch(/^pnl_[\w-]{43}$/);
    const [live] = await liveTokens(at.pool);
    expect(live).toMatchObject({
      name: 'nightly',
      secretHash: tokenHash(token),
      roles: ['signal', 'read'],
      models: ['flights', 'rides'],
    });
    const days = (Date.parse(live?.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
    const listed = await perennial('token', 'list');
    expect(listed.out).toMatch(/nightly +signal, read +flights, rides +live until .* operator/);
    expect(listed.out).not.toContain(token);
  });

  it('revokes one by name, once', async () => {
    await perennial('token', 'create', 'short', '--role', 'admin', '--all', '--by', 'operator');
    expect((await perennial('token', 'revoke', 'short', '--by', 'other')).code).toBe(0);
    const again = await perennial('token', 'revoke', 'short');
    expect([again.code, again.err]).toEqual([
      2,
      expect.stringMatching(/No live token is named short[\s\S]*perennial token list/),
    ]);
    const listed = JSON.parse((await perennial('token', 'list', '--json')).out) as {
      name: string;
      revokedBy: string;
    }[];
    expect(listed.find(({ name }) => name === 'short')).toMatchObject({ revokedBy: 'other', models: null });
  });

  it('refuses what would be no token, and says what is missing', async () => {
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [['token', 'create', 'x', '--role', 'signal'], /--model MODEL.*--all/],
      [['token', 'create', 'x', '--role', 'signal', '--all', '--model', 'flights'], /--model MODEL.*--all/],
      [['token', 'create', 'x', '--role', 'reader', '--all'], /no role reader; roles: signal, read/],
      [['token', 'create', 'Big Name', '--role', 'signal', '--all'], /no name of a token/],
      [['token', 'create', 'x', '--role', 'signal', '--model', 'No Model'], /no model id/],
      [['token', 'create', 'x', '--role', 'signal', '--all', '--expires', 'soon'], /no duration.* P90D/],
      [['token', 'create', 'x', '--role', 'signal', '--all', '--expires', 'P0D'], /--expires must be longer than zero/],
      [['token', 'create', 'x', '--role', 'signal', '--all', '--expires', '-P1D'], /no duration.* P90D/],
      [['token', 'create', 'x', '--role', 'signal', '--all', '--expires', '2020-01-01'], /no duration.* P90D/],
      [['token', 'create', 'x', '--role', 'signal', '--all', '--expires', 'P9999999D'], /at most a hundred years/],
    ];
    for (const [args, message] of wrong) {
      const said = await perennial(...args);
      expect([said.code, said.out], args.join(' ')).toEqual([2, '']);
      expect(said.err).toMatch(message);
      expect(said.err).not.toContain('pipeline file');
    }
    expect((await liveTokens(at.pool)).map(({ name }) => name)).not.toContain('x');
  });
});
