// One fault: kill one of {trainer, worker, Postgres, Temporal} at a known point of a run, leave it dead for a while, bring it
// back, and say what was hit and how long until the run went on.
import { identityOf, isRunning, trainersOf, untilGone } from './processes.mjs';
import { pause, until } from './wait.mjs';

/** No trainer may outlive its worker longer. */
export const ORPHAN_LIMIT_MS = 5_000;

/**
 * @param world {stack, worker, signal, orphans}: orphans collects one entry for each killed worker
 * @param options.during called while it is dead
 * @returns {{ killed: string, outageSec: number, killedAtMs: number, restoredAtMs: number }}
 */
export async function strike(world, { target, outageMs, during = async () => undefined, pid }) {
  const { stack, worker, signal } = world;
  const killedAtMs = Date.now();
  if (target === 'trainer') {
    const identity = identityOf(pid);
    if (identity === null) throw new Error(`trainer ${pid} was gone before it could be killed`);
    process.kill(pid, 'SIGKILL');
    await until(`trainer ${pid} to be gone`, () => !isRunning(identity), { timeoutMs: 5_000, everyMs: 10 });
    return { killed: `trainer ${pid}`, outageSec: 0, killedAtMs, restoredAtMs: Date.now() };
  }
  let killed;
  if (target === 'worker') {
    const { pid: workerPid, trainers } = await worker.kill();
    killed = `worker ${workerPid}`;
    const goneMs = await untilGone(trainers, ORPHAN_LIMIT_MS);
    world.orphans.push({ workerPid, trainers: trainers.map((trainer) => trainer.pid), goneMs });
  } else {
    const found = await stack[target].kill();
    if (!found.isGone) throw new Error(`${target} ${found.pid} is still there after its kill`);
    killed = `${target} ${found.pid}`;
  }
  await during();
  await pause(Math.max(0, killedAtMs + outageMs - Date.now()), signal);
  await (target === 'worker' ? worker : stack[target]).start().catch((cause) => {
    // Nothing else can be tried without it.
    throw Object.assign(new Error(`${target} did not come back: ${cause.message}`, { cause }), { isFatal: true });
  });
  return { killed, outageSec: (Date.now() - killedAtMs) / 1000, killedAtMs, restoredAtMs: Date.now() };
}

/** Waits until the armed activity is held before its work in the worker that lives now. */
export const untilHeld = (world, arm) =>
  until(`${arm.activity} of ${arm.workflowId} to be held`, () => world.worker.holds(arm).at(-1) ?? null, {
    timeoutMs: 240_000,
    everyMs: 20,
    signal: world.signal,
  });

/**
 * Lets the held activity go and waits `delayMs`; should it finish its work before, it is held again before its report.
 * @returns where the fault is going to land
 */
export async function intoWork(world, arm, { held, delayMs }) {
  world.worker.go(held.holdId);
  await pause(delayMs, world.signal);
  const now = world.worker.holds(arm).find((hold) => hold.attempt === held.attempt && hold.phase === 'after');
  return now === undefined ? `${Math.round(delayMs)} ms into its work` : 'done, not yet reported';
}

/**
 * The training as the server knows it, once it has a checkpoint to go on from. The server hears of one every two seconds, in
 * which a small training could end: the trainer is stopped meanwhile, and goes on before this returns.
 */
export async function untilCheckpointed(world, key, arm) {
  const beat = await until('a first checkpoint', () => newestBeat(world.worker, arm), {
    timeoutMs: 120_000,
    everyMs: 10,
    signal: world.signal,
  });
  const { pid } = beat.details;
  process.kill(pid, 'SIGSTOP');
  try {
    return await until(
      'the server to know of a checkpoint',
      async () => {
        const pending = await world.probe.pending(key, arm.activity);
        return pending?.details?.checkpoint ? { ...pending.details, pid } : null;
      },
      { timeoutMs: 60_000, signal: world.signal },
    );
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** With a checkpoint after the first train epoch; null before. */
function newestBeat({ events, pid }, arm) {
  const beat = events.findLast((event) => event.type === 'beat' && event.workflowId === arm.workflowId);
  return beat?.pid === pid && beat.details?.checkpoint && beat.details.trainEpoch > 1 ? beat : null;
}

/** A scoring process of the worker that runs now. */
export const untilTrainerRuns = (world) =>
  until('a scoring process', () => trainersOf(world.worker.pid)[0] ?? null, {
    timeoutMs: 60_000,
    everyMs: 10,
    signal: world.signal,
  });

/**
 * Takes a lock that the model's next audit entry needs, and with it the last step of the transaction that writes it; waits
 * until a backend is blocked by it, calls `work` with a function that lets the lock go.
 */
export async function insideTransaction(world, { modelId, go, work }) {
  const client = await world.probe.pool.connect();
  // The server may be killed under it: that is what this is for.
  client.on('error', () => undefined);
  try {
    await client.query('begin');
    await client.query('select from perennial.audit_heads where model_id = $1 for update', [modelId]);
    const [{ me }] = (await client.query('select pg_backend_pid() as me')).rows;
    go();
    const blocked = await until(
      'a backend that is blocked inside its transaction',
      async () => {
        const { rows } = await world.probe.pool.query(
          `select pid from pg_stat_activity
           where $1 = any(pg_blocking_pids(pid)) and wait_event_type = 'Lock' and query like '%audit_heads%'`,
          [me],
        );
        return rows[0] ?? null;
      },
      { timeoutMs: 9_000, everyMs: 20, signal: world.signal },
    );
    const release = () => client.query('rollback').catch(() => undefined);
    return await work({ backendPid: blocked.pid, release });
  } finally {
    // Destroyed, not returned: it may be dead, and nothing of it is to be used again.
    client.release(true);
  }
}
