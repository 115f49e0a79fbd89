// Takes one run from its request to its end and strikes it at the planned stages, one fault after the other. Other runs may be
// under way, but only one thing is dead at a time.
import { batchAfter, clockOf } from './flights-spec.mjs';
import { workflowIdOf } from './probe.mjs';
import { identityOf } from './processes.mjs';
import { insideTransaction, intoWork, strike, untilCheckpointed, untilHeld, untilTrainerRuns } from './strike.mjs';
import { pause, until } from './wait.mjs';

export const STAGES = ['assess', 'labels', 'freeze', 'train', 'evaluate', 'approve', 'promote', 'done'];

/** The activity in whose work a stage is struck; the others are struck while they wait. */
const ACTIVITY = {
  assess: 'assessQuality',
  freeze: 'freezeSnapshots',
  train: 'trainCandidate',
  evaluate: 'compareWithChampion',
  promote: 'moveChampion',
  done: 'closeRun',
};

const armOf = (key, stage) => ({ activity: ACTIVITY[stage], workflowId: workflowIdOf(key) });

/**
 * @param world {stack, worker, probe, follow, mutex, signal, orphans, say}
 * @param faults of this run: {stage, target, delayMs, outageMs}
 * @param report is told each fault's record as it is done
 */
export async function walkRun(world, key, { faults, report }) {
  const { follow, mutex } = world;
  const of = (stage) => faults.find((fault) => fault.stage === stage);
  const during = async (stage, hit) => {
    const fault = of(stage);
    if (fault !== undefined) report(fault, await hit(world, key, fault));
  };
  for (const { stage } of faults) if (ACTIVITY[stage] !== undefined) world.worker.arm(armOf(key, stage));
  await follow.request(key);
  await during('assess', hitWork);
  if (of('labels') !== undefined) {
    await follow.waitsForLabels(key);
    await during('labels', hitLabelsWait);
  }
  await follow.bringLabels(key);
  for (const stage of ['freeze', 'train', 'evaluate']) await during(stage, hitWork);
  const { evidenceDigest } = await follow.waitsForApproval(key);
  await during('approve', hitApprovalWait);
  // What is held here has no heartbeat and would time out: nobody else strikes until this run is over.
  await mutex(async () => {
    await follow.approve(key, evidenceDigest);
    await during('promote', hitPromotion);
    await during('done', hitClosing);
  });
  await follow.ended(key);
}

/** Attempts as the worker saw them, and the failures among them, of one activity of one run since `sinceMs`. */
function attempts(world, arm, sinceMs) {
  const mine = world.worker.events.filter(
    (event) => event.activity === arm.activity && event.workflowId === arm.workflowId,
  );
  const failures = mine.filter((event) => event.type === 'finished' && event.error !== null && event.atMs >= sinceMs);
  return {
    latest: Math.max(0, ...mine.filter((event) => event.type === 'started').map((event) => event.attempt)),
    failures: failures.map((event) => event.error.split(':')[0]),
    finishedBefore: (attempt, atMs) =>
      mine.some((event) => event.type === 'finished' && event.attempt === attempt && event.atMs < atMs),
  };
}

/** Waits until the run is beyond the stage, and makes the record of the fault. */
async function recovered(world, key, { fault, arm, held, landed, struck }) {
  const isBeyond = async () => {
    const run = await world.probe.run(key);
    if (fault.stage === 'done') return run.closed_at !== null && (await isClosed(world, key));
    return STAGES.indexOf(await world.probe.stage(key)) > STAGES.indexOf(fault.stage);
  };
  const goesOn = fault.stage === 'train' ? () => isTrainingAgain(world, key, { struck, held, isBeyond }) : isBeyond;
  await until(`${key.modelId}/${key.runNo} to get over ${fault.stage}:${fault.target}`, goesOn, {
    timeoutMs: 240_000,
    signal: world.signal,
  });
  const recoverySec = (Date.now() - struck.restoredAtMs) / 1000;
  const { latest, failures, finishedBefore } = attempts(world, arm, struck.killedAtMs);
  const wasInWork = !finishedBefore(held.attempt, struck.killedAtMs);
  // Whoever died with the attempt must be followed by another one.
  const isTriedAgain = latest > held.attempt || fault.target === 'postgres' || fault.target === 'temporal';
  const isHit = wasInWork && isTriedAgain && (fault.target !== 'trainer' || failures.includes('TRAINER_CRASHED'));
  const how = failures.length === 0 ? '' : ` (${[...new Set(failures)].join(', ')})`;
  return {
    killed: struck.killed,
    confirmed: landed,
    attempts: `${held.attempt} -> ${latest}${how}`,
    outageSec: struck.outageSec,
    recoverySec,
    isHit,
  };
}

const isClosed = async (world, key) => (await world.probe.handleOf(key).describe()).status.name !== 'RUNNING';

/** A heartbeat that the server took after the fault; after a kill, of another trainer. */
async function isTrainingAgain(world, key, { struck, held, isBeyond }) {
  const pending = await world.probe.pending(key, 'trainCandidate');
  if (pending === undefined) return isBeyond();
  const isNew = pending.heartbeatAtMs > struck.restoredAtMs && pending.details !== null;
  return isNew && (struck.keepsTrainer || (pending.attempt > held.attempt && pending.details.pid !== held.trainerPid));
}

/** assess, freeze, train, evaluate: in the middle of the activity. */
async function hitWork(world, key, fault) {
  const { stage, target, outageMs } = fault;
  const arm = armOf(key, stage);
  await untilHeld(world, arm);
  const hit = await world.mutex(async () => {
    const held = await untilHeld(world, arm);
    const aim = await aimAt(world, key, { fault, arm, held });
    if (target === 'trainer') world.worker.disarm(arm);
    const during = async () => world.worker.disarm(arm);
    const struck = await strike(world, { target, outageMs, during, pid: aim.trainerPid });
    const keepsTrainer = target === 'postgres' || target === 'temporal';
    return { held: { ...held, ...aim }, landed: aim.landed, struck: { ...struck, keepsTrainer } };
  });
  world.say(`${key.modelId}/${key.runNo} ${stage}: ${hit.struck.killed} killed (${hit.landed}), back`);
  return recovered(world, key, { fault, arm, ...hit });
}

async function aimAt(world, key, { fault, arm, held }) {
  const { stage, target, delayMs } = fault;
  if (stage === 'train') {
    world.worker.go(held.holdId);
    const seen = await untilCheckpointed(world, key, arm);
    await pause(delayMs, world.signal);
    if (identityOf(seen.pid) === null) throw new Error('the training ended before it could be hit');
    return {
      trainerPid: seen.pid,
      landed: `training in trainer ${seen.pid}, train epoch ${seen.trainEpoch}, checkpoint known`,
    };
  }
  if (target === 'trainer') {
    world.worker.go(held.holdId);
    const { pid } = await untilTrainerRuns(world);
    await pause(delayMs, world.signal);
    return { trainerPid: pid, landed: `scoring in trainer ${pid}` };
  }
  return { landed: await intoWork(world, arm, { held, delayMs }) };
}

/** Asleep in `labels`. A label notice that changes nothing yet is sent while the thing is dead, where it can be. */
async function hitLabelsWait(world, key, fault) {
  const through = new Date(Date.parse(clockOf(key.runNo).now) + 3_600_000).toISOString();
  if (through >= batchAfter(clockOf(key.runNo).now)) throw new Error('the notice would bring labels');
  const event = { eventId: `notice/${key.runNo}`, through };
  return hitWait(world, key, {
    fault,
    waits: world.follow.waitsForLabels,
    send: () => world.probe.signalCoordinator(key.modelId, 'labelsArrivedSignal', event),
    isTaken: async () => {
      const { rowCount } = await world.probe.pool.query(
        'select 1 from perennial.label_coverage where model_id = $1 and run_no = $2 and as_of = $3',
        [key.modelId, key.runNo, through],
      );
      return rowCount > 0;
    },
    sent: 'a label notice',
  });
}

/** Asleep in `approve`. A decision on other evidence is sent meanwhile: it must be refused, and leave one row. */
async function hitApprovalWait(world, key, fault) {
  const decision = { decision: 'approve', by: 'somebody', reason: 'of another run', evidence: '0'.repeat(16) };
  const eventId = `stray/${key.runNo}`;
  return hitWait(world, key, {
    fault,
    waits: world.follow.waitsForApproval,
    send: () => world.probe.signalRun(key, 'approvalSignal', { eventId, ...decision }),
    isTaken: async () => {
      const { rows } = await world.probe.pool.query(
        'select is_accepted from perennial.approvals where model_id = $1 and run_no = $2 and event_id = $3',
        [key.modelId, key.runNo, eventId],
      );
      if (rows[0]?.is_accepted === true) throw Object.assign(new Error('a stray approval counted'), { isFinal: true });
      return rows.length === 1;
    },
    sent: 'a stray decision',
  });
}

async function hitWait(world, key, { fault, waits, send, isTaken, sent }) {
  const { stage, target, outageMs, delayMs } = fault;
  const struck = await world.mutex(async () => {
    await waits(key);
    await pause(delayMs, world.signal);
    const during = target === 'temporal' ? undefined : send;
    return strike(world, { target, outageMs, ...(during === undefined ? {} : { during }) });
  });
  world.say(`${key.modelId}/${key.runNo} ${stage}: ${struck.killed} killed while the run waited, back`);
  if (target === 'temporal') await until('Temporal to take a signal', () => send().then(() => true));
  await until(`${sent} to be taken`, isTaken, { timeoutMs: 240_000, signal: world.signal });
  const recoverySec = (Date.now() - struck.restoredAtMs) / 1000;
  await waits(key);
  const when = target === 'temporal' ? 'after' : 'during';
  return {
    killed: struck.killed,
    confirmed: `asleep before and after; ${sent} sent ${when} the outage was taken once`,
    attempts: '-',
    outageSec: struck.outageSec,
    recoverySec,
    isHit: true,
  };
}

const movesOf = async (world, { modelId }) =>
  (await world.probe.pool.query('select count(*)::int as n from perennial.alias_moves where model_id = $1', [modelId]))
    .rows[0].n;

/** Inside the transaction that moves the champion: it has written and waits for its last lock. */
async function hitPromotion(world, key, fault) {
  const arm = armOf(key, 'promote');
  const held = await untilHeld(world, arm);
  const before = await movesOf(world, key);
  const hit = await insideTransaction(world, {
    modelId: key.modelId,
    go: () => world.worker.go(held.holdId),
    work: async ({ backendPid, release }) => {
      await pause(fault.delayMs, world.signal);
      let fate = '';
      const during = async () => {
        world.worker.disarm(arm);
        await release();
        fate = await fateOf(world, key, { target: fault.target, backendPid, before });
      };
      const struck = await strike(world, { target: fault.target, outageMs: fault.outageMs, during });
      return { struck, landed: `backend ${backendPid} blocked inside the move; ${fate}` };
    },
  });
  world.say(`${key.modelId}/${key.runNo} promote: ${hit.struck.killed} killed, ${hit.landed}`);
  const record = await recovered(world, key, { fault, arm, held, ...hit });
  const moves = (await movesOf(world, key)) - before;
  return { ...record, isHit: record.isHit && moves === 1, confirmed: `${record.confirmed}; moved ${moves} time(s)` };
}

/** What became of the transaction once its lock was let go. */
async function fateOf(world, key, { target, backendPid, before }) {
  const { probe, signal } = world;
  if (target === 'postgres') return 'lost with the server';
  const patience = { timeoutMs: 15_000, signal };
  if (target === 'temporal') {
    await until('the move to be committed', async () => (await movesOf(world, key)) === before + 1, patience);
    return 'committed while Temporal was dead';
  }
  await until(
    'the blocked backend to end',
    async () => {
      const { rowCount } = await probe.pool.query('select 1 from pg_stat_activity where pid = $1', [backendPid]);
      return rowCount === 0;
    },
    patience,
  );
  return (await movesOf(world, key)) === before ? 'rolled back' : 'committed';
}

/** Postgres dies inside the transaction that closes the run; worker and Temporal after it, before its report. */
async function hitClosing(world, key, fault) {
  const { target, outageMs, delayMs } = fault;
  const arm = armOf(key, 'done');
  const held = await untilHeld(world, arm);
  const during = async () => world.worker.disarm(arm);
  const go = () => world.worker.go(held.holdId);
  if (target === 'postgres') {
    const hit = await insideTransaction(world, {
      modelId: key.modelId,
      go,
      work: async ({ backendPid }) => {
        await pause(delayMs, world.signal);
        const struck = await strike(world, { target, outageMs, during });
        return { struck, landed: `backend ${backendPid} blocked inside the closing; lost with the server` };
      },
    });
    return recovered(world, key, { fault, arm, held, ...hit });
  }
  go();
  const after = () => world.worker.holds(arm).find((hold) => hold.phase === 'after') ?? null;
  await until('the closing to be done', after, { timeoutMs: 15_000, everyMs: 20, signal: world.signal });
  if ((await world.probe.run(key)).closed_at === null) throw new Error('the closing was done but not committed');
  const struck = await strike(world, { target, outageMs, during });
  return recovered(world, key, { fault, arm, held, struck, landed: 'closed in Postgres, not yet reported' });
}
