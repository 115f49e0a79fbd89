// Damaged reports of monitors over HTTP against a gateway process with a small heap, and a Postgres of their own.
// `npm run faults -- payloads` does this with 10,000.
import { afterAll, expect, it } from 'vitest';
import { runPayloads } from '../../scripts/faults/payloads.mjs';

const cleanUps: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

it('every damaged report has an answer below 500, and the ledger holds what was accepted and nothing else', async () => {
  const context = { signal: new AbortController().signal, say: () => undefined, cleanUps };
  expect(await runPayloads(context, { count: 400, seed: 3 })).toBe(0);
}, 200_000);
