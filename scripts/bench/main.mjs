// `npm run bench [NAME ...]`: measures what the project promises of its speed, prints each figure as it falls, and ends
// with `holds …` (exit 0) or `falls short …` (exit 1). Run it on a machine that does nothing else.
import { startStack } from '../faults/harness/stack.mjs';

const BENCHES = {
  snapshot: async () => {
    const { benchSnapshot } = await import('./snapshot.mjs');
    const stack = await startStack('perennial-bench-');
    try {
      return await benchSnapshot({ databaseUrl: stack.databaseUrl });
    } finally {
      await stack.stop();
    }
  },
  training: async () => (await import('./training.mjs')).benchTraining(),
  gateway: async () => (await import('./gateway.mjs')).benchGateway(),
  drift: async () => (await import('./drift.mjs')).benchDrift(),
  overhead: async () => (await import('./overhead.mjs')).benchOverhead(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. Benches: ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(2);
}
const short = [];
for (const name of wanted.length === 0 ? Object.keys(BENCHES) : wanted) {
  const result = await BENCHES[name]();
  console.log(`${result.text}\n`);
  if (!result.holds) short.push(name);
}
console.log(short.length === 0 ? 'holds: every figure meets its goal' : `falls short: ${short.join(', ')}`);
// Temporal's native runtime would keep the process.
process.exit(short.length === 0 ? 0 : 1);
