// Claims over HTTP while worker, gateway and Temporal die and come back. Their servers are their own, since they die.
// `npm run faults -- signals` does this with 10,000.
import { afterAll, expect, it } from 'vitest';
import { runSignals } from '../../scripts/faults/signals.mjs';

const cleanUps: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

it('every claim that was taken is in the ledger once, every arrival has a receipt, and all become one run', async () => {
  const context = { signal: new AbortController().signal, say: () => undefined, cleanUps };
  expect(await runSignals(context, { count: 1_000, seed: 3, outageMs: 500, quiet: 'PT20S' })).toBe(0);
}, 300_000);
