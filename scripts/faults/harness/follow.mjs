// Takes one run of a flights model from the request to its end: the nightly label batches, then the approval. Every step is
// repeated through outages, as whoever operates it would.
import { batchAfter, clockOf } from './flights-spec.mjs';
import { persist, until } from './wait.mjs';

export function createFollower(probe, { signal, timeoutMs = 240_000 } = {}) {
  const patience = { timeoutMs, signal };
  const { client } = probe;
  const closedRun = async (key) => {
    const run = await probe.run(key);
    return run?.closed_at ? run : null;
  };
  const passed = async (key, stages) => {
    const run = await closedRun(key);
    if (run !== null) throw Object.assign(new Error(`${key.modelId} ended early: ${said(run)}`), { isFinal: true });
    return stages.includes(await probe.stage(key));
  };

  return {
    apply: (text) => persist('apply', () => client.applySpec({ text, file: 'faults.yaml', by: 'faults' }), patience),
    request: async (key) => {
      const answer = await persist(
        `the start of ${key.modelId}`,
        () =>
          client.requestRetrain({
            modelId: key.modelId,
            cause: 'schedule',
            by: 'faults',
            reason: `retrain ${key.runNo}`,
            clock: key.clock ?? clockOf(key.runNo),
            triggerId: `faults/${key.runNo}`,
          }),
        patience,
      );
      if (answer.runNo !== key.runNo) throw new Error(`asked for run ${key.runNo}, got ${JSON.stringify(answer)}`);
    },
    /** In stage `labels`, asleep. */
    waitsForLabels: (key) =>
      until(
        `${key.modelId}/${key.runNo} to wait for labels`,
        async () => {
          await passed(key, []);
          const status = await probe.status(key);
          return status.stage === 'labels' && status.awaits === 'labels' ? status : null;
        },
        patience,
      ),
    /** Plays batches until the labels are in. */
    bringLabels: async (key) => {
      await until(
        `${key.modelId}/${key.runNo} to have its labels`,
        async () => {
          if (await passed(key, ['freeze', 'train', 'evaluate', 'approve', 'promote', 'done'])) return true;
          const status = await probe.status(key);
          if (status.awaits !== 'labels') return false;
          const through = batchAfter(status.now);
          await client.labelsArrived({ modelId: key.modelId, eventId: `batch/${key.runNo}/${through}`, through });
          return false;
        },
        { ...patience, everyMs: 300 },
      );
    },
    waitsForApproval: (key) =>
      until(
        `${key.modelId}/${key.runNo} to wait for approval`,
        async () => {
          await passed(key, []);
          const status = await probe.status(key);
          return status.stage === 'approve' && status.evidenceDigest !== null ? status : null;
        },
        patience,
      ),
    approve: async (key, evidence) => {
      const answer = await persist(
        'the approval',
        () =>
          client.decide({
            ...key,
            eventId: `approval/${key.runNo}`,
            decision: 'approve',
            by: 'the person on call',
            reason: 'not worse than the champion',
            evidence: evidence.slice(0, 16),
          }),
        patience,
      );
      if (answer?.accepted !== true) throw new Error(`the approval was refused: ${JSON.stringify(answer)}`);
    },
    ended: (key) => until(`the end of ${key.modelId}/${key.runNo}`, () => closedRun(key), patience),
  };
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
