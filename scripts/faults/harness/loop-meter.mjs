// In the worker under test: how late a 10 ms timer comes, and why. For each gap the kernel says how long the main thread
// computed and how long it waited for a processor that others had (Linux, /proc/self/schedstat); with `profile`, V8 says
// which functions ran in the long ones.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const TICK_MS = 10;
const LONG_MS = 50;
const SAMPLE_US = 1_000;

/** Milliseconds the main thread has computed, and has waited for a processor; null where the kernel does not say. */
function schedule() {
  try {
    const [computedNs, waitedNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return { computedMs: Number(computedNs) / 1e6, waitedMs: Number(waitedNs) / 1e6 };
  } catch {
    return null; // no such file here
  }
}

export function createLoopMeter(send) {
  let timer;
  let lags = [];
  let session = null;
  let startedAtMs = 0;

  const start = async ({ profile }) => {
    lags = [];
    if (profile) {
      session = new Session();
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
      await session.post('Profiler.start');
    }
    startedAtMs = performance.now();
    let lastMs = startedAtMs;
    let before = schedule();
    timer = setInterval(() => {
      const nowMs = performance.now();
      const now = schedule();
      const lagMs = Math.max(0, nowMs - lastMs - TICK_MS);
      const computedMs = now === null || before === null ? null : now.computedMs - before.computedMs;
      const waitedMs = now === null || before === null ? null : now.waitedMs - before.waitedMs;
      lags.push({ atMs: lastMs - startedAtMs, lagMs, computedMs, waitedMs });
      lastMs = nowMs;
      before = now;
    }, TICK_MS);
  };

  const stop = async () => {
    clearInterval(timer);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const blocks = session === null ? null : await blockers(session, lags);
    session = null;
    send({ type: 'metered', seconds, lags, blocks });
  };

  return { take: (message) => (message.action === 'start' ? start(message) : stop()) };
}

/** For each long gap: the functions on the stack, by time, innermost first. */
async function blockers(session, lags) {
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const samples = [];
  let atUs = 0;
  for (const [at, id] of profile.samples.entries()) {
    atUs += profile.timeDeltas[at];
    samples.push({ atMs: atUs / 1000, id });
  }
  return lags
    .filter(({ lagMs }) => lagMs > LONG_MS)
    .sort((a, b) => b.lagMs - a.lagMs)
    .slice(0, 20)
    .map((lag) => {
      const inside = samples.filter(({ atMs }) => atMs >= lag.atMs && atMs <= lag.atMs + lag.lagMs + TICK_MS);
      return { ...lag, stacks: heaviestStacks(inside, nodes, parents) };
    });
}

function heaviestStacks(samples, nodes, parents) {
  const counts = new Map();
  for (const { id } of samples) {
    const frames = [];
    for (let at = id; at !== undefined && frames.length < 12; at = parents.get(at)) {
      const { functionName, url, lineNumber } = nodes.get(at).callFrame;
      if (functionName !== '(root)') frames.push(`${functionName || '(anonymous)'} ${shorten(url)}:${lineNumber + 1}`);
    }
    const stack = frames.join(' < ');
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([stack, ms]) => ({ stack, ms }));
}

const shorten = (url) => url.replace(/^.*\/(dist|node_modules)\//, '$1/');
