// Takes one run of a flights model from the request to its end: the nightly label batches, then the approval. Every step is
// repeated through outages, as whoever operates it would.
import { batchAfter, clockOf } from './flights-spec.mjs';
import { persist, until } from './wait.mjs';

export function createFollower(probe, { signal, timeoutMs = 240_000 } = {}) {
  const patience = { timeoutMs, signal };
  const { client } = probe;
  return {
    apply: (text) => persist('apply', () => client.applySpec({ text, file: 'faults.yaml', by: 'faults' }), patience),
    request: async (key) => {
      const { modelId, runNo, clock = clockOf(runNo) } = key;
      const request = { modelId, cause: 'schedule', by: 'faults', reason: `retrain ${runNo}`, clock };
      const answer = await persist(
        `the start of ${modelId}`,
        () => client.requestRetrain({ ...request, triggerId: `faults/${runNo}` }),
        patience,
      );
      if (answer.runNo !== runNo) throw new Error(`asked for run ${runNo}, got ${JSON.stringify(answer)}`);
    },
    approve: async (key, evidence) => {
      const decision = { decision: 'approve', by: 'the person on call', reason: 'not worse than the champion' };
      const request = { ...key, ...decision, eventId: `approval/${key.runNo}`, evidence: evidence.slice(0, 16) };
      const answer = await persist('the approval', () => client.decide(request), patience);
      if (answer?.accepted !== true) throw new Error(`the approval was refused: ${JSON.stringify(answer)}`);
    },
    ended: (key) => until(`the end of ${key.modelId}/${key.runNo}`, () => closedRun(probe, key), patience),
    ...waits(probe, patience),
  };
}

/** Waits that end with an error when the run ends before. */
function waits(probe, patience) {
  const untilStatus = (key, what, isThere) =>
    until(
      `${key.modelId}/${key.runNo} to ${what}`,
      async () => {
        const run = await closedRun(probe, key);
        if (run !== null) throw Object.assign(new Error(`${key.modelId} ended early: ${said(run)}`), { isFinal: true });
        const status = await probe.status(key);
        return (await isThere(status)) ? status : null;
      },
      { ...patience, everyMs: 200 },
    );
  return {
    /** In stage `labels`, asleep. */
    waitsForLabels: (key) =>
      untilStatus(key, 'wait for labels', ({ stage, awaits }) => stage === 'labels' && awaits === 'labels'),
    /** In stage `approve`, asleep: a decision that comes before is refused. */
    waitsForApproval: (key) =>
      untilStatus(key, 'wait for approval', ({ stage, awaits }) => stage === 'approve' && awaits !== null),
    /** Plays batches until the labels are in. */
    bringLabels: (key) =>
      untilStatus(key, 'have its labels', async ({ stage, awaits, now }) => {
        if (stage !== 'assess' && stage !== 'labels') return true;
        if (awaits !== 'labels') return false;
        const through = batchAfter(now);
        const eventId = `batch/${key.runNo}/${through}`;
        await probe.client.labelsArrived({ modelId: key.modelId, eventId, through });
        return false;
      }),
  };
}

async function closedRun(probe, key) {
  const run = await probe.run(key);
  return run?.closed_at ? run : null;
}

const said = (run) => run.failure ?? `${run.outcome?.kind}: ${run.outcome?.reasons?.join(' ')}`;

/** What must be the same in every run, disturbed or not. */
export async function verdictOf(probe, key) {
  const detail = await probe.client.showRun(key);
  const { rows } = await probe.pool.query(
    'select count(*)::int as n from perennial.versions where model_id = $1 and run_no = $2',
    [key.modelId, key.runNo],
  );
  return {
    outcome: detail.run.outcome?.kind ?? `failed: ${detail.run.failure}`,
    verdict: detail.evaluation?.verdict ?? null,
    difference: detail.evaluation?.difference ?? null,
    artifact: detail.version?.artifact.digest ?? null,
    trainEpochs: detail.version?.training.trainEpochs ?? null,
    resumedFromTrainEpoch: detail.version?.training.resumedFromTrainEpoch ?? null,
    versions: rows[0].n,
  };
}
