/** `perennial signal send` without --url: straight into the ledger, with no Temporal anywhere. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '#dist/cli/program.js';
import { applyModel, useRegistry } from './registry-fixtures.js';

const registry = useRegistry('signal_send');
const FILE = fileURLToPath(
  new URL('../fixtures/monitors/nannyml-0.13.1/distance_km.univariate-multilevel.csv', import.meta.url),
);
const before = process.env.DATABASE_URL;

beforeAll(async () => {
  process.env.DATABASE_URL = registry.url;
  await applyModel(registry.pool, 'flights');
});

afterAll(() => {
  if (before === undefined) delete process.env.DATABASE_URL;
  else process.env.DATABASE_URL = before;
});

async function send(model: string): Promise<{ out: string; err: string; exitCode: number }> {
  const seen = { out: '', err: '', exitCode: 0 };
  const io = {
    out: (text: string) => {
      seen.out += `${text}\n`;
    },
    err: (text: string) => {
      seen.err += `${text}\n`;
    },
    width: null,
    hasColour: false,
    ask: async () => null,
    setExitCode: (code: number) => {
      seen.exitCode = code;
    },
  };
  const args = ['signal', 'send', 'nannyml', FILE, '--model', model, '--by', 'a person', '--json'];
  await runCli(args, { io, openClient: () => Promise.reject(new Error('Temporal is away')) });
  return seen;
}

it('keeps each chunk once, and says of a repeat that it was there before', async () => {
  const first = await send('flights');
  expect(first).toMatchObject({ err: '', exitCode: 0 });
  const { sent } = JSON.parse(first.out);
  expect(sent.length).toBe(7);
  expect(sent.every(({ state, isNew }: { state: string; isNew: boolean }) => state === 'pending' && isNew)).toBe(true);
  const again = JSON.parse((await send('flights')).out).sent;
  expect(again.map(({ isNew, triggerId }: { isNew: boolean; triggerId: string }) => [isNew, triggerId])).toEqual(
    sent.map(({ triggerId }: { triggerId: string }) => [false, triggerId]),
  );
  const { rows } = await registry.pool.query(
    `select (select count(*)::int from perennial.claims) as claims,
            (select count(*)::int from perennial.claim_receipts where requested_by = 'a person') as receipts`,
  );
  expect(rows).toEqual([{ claims: 7, receipts: 14 }]);
});

it('says of a model that nobody knows that it took nothing', async () => {
  const seen = await send('nobody');
  expect(seen.exitCode).toBe(5);
  expect(JSON.parse(seen.out).sent[0]).toMatchObject({
    state: 'refused',
    triggerId: null,
    code: 'MODEL_UNKNOWN',
    problem: expect.stringContaining('nobody'),
  });
});
