// `assess`: runs over flights with a broken feed whose worker is killed while it assesses them. Each must end with the verdict of an
// undisturbed run, one assessment that is the same to the byte, and one incident.

import { killInAssess } from './harness/assess-kills.mjs';
import { flightsFile } from './harness/flights-spec.mjs';
import { ORPHAN_LIMIT_MS } from './harness/strike.mjs';
import { conclude, table } from './harness/table.mjs';
import { openWorld } from './harness/world.mjs';

/** @param context {signal, say, cleanUps} */
export async function runAssess(context, { seed, kills }) {
  const startedAtMs = Date.now();
  console.log(`assess: seed ${seed}, ${kills} assessments of flights with a broken feed hit by a killed worker`);
  await flightsFile();
  const world = await openWorld(context);
  const { rows, findings, expected, assessMs } = await killInAssess(world, { kills, seed });
  console.log(
    `\n${table(
      ['run', 'attempt', 'killed', 'where it landed', 'result'],
      rows.map(({ key, attempt, killed, landed, isHit }) => [
        `${key.modelId}/${key.runNo}`,
        attempt,
        killed,
        landed,
        isHit ? 'hit' : 'MISSED',
      ]),
    )}\n`,
  );
  console.log(
    `${table(
      ['model', 'outcome', 'verdict', 'assessments', 'incidents', 'digest'],
      [expected, ...findings].map(({ modelId, outcome, verdicts, digests, incidents }) => [
        modelId,
        outcome,
        verdicts.join(', '),
        digests.length,
        incidents,
        digests[0]?.slice(0, 16) ?? '-',
      ]),
    )}\n`,
  );
  const checks = checksOf(world, { rows, findings, expected, kills });
  const verification = await world.probe.client.verify({});
  const broken = verification.filter(({ reason }) => reason !== null);
  checks.push({
    text: `verify is clean: ${verification.length} models${broken.map(({ reason }) => `; ${reason}`).join('')}`,
    passed: broken.length === 0 && verification.length === findings.length + 1,
  });
  const minutes = ((Date.now() - startedAtMs) / 60_000).toFixed(1);
  const seconds = (assessMs / 1000).toFixed(1);
  return conclude(
    checks,
    `${rows.length} assessments of ${seconds} s each were hit, one verdict and one incident a run, in ${minutes} min (seed ${seed})`,
  );
}

function checksOf(world, { rows, findings, expected, kills }) {
  const isSame = ({ outcome, verdicts, digests }) =>
    outcome === expected.outcome && verdicts[0] === expected.verdicts[0] && digests[0] === expected.digests[0];
  const hits = rows.filter(({ isHit }) => isHit).length;
  const orphans = world.orphans.filter(({ goneMs }) => goneMs === null);
  return [
    { text: `${hits} of ${kills} assessments were hit in their work and tried again`, passed: hits >= kills },
    {
      text: `the undisturbed run was stopped as ${expected.verdicts.join(', ')} with ${expected.incidents} incident`,
      passed:
        expected.verdicts.join() === 'broken-feed' &&
        expected.incidents === 1 &&
        expected.outcome === 'blocked-by-data',
    },
    { text: 'every run has its verdict, to the byte', passed: findings.length > 0 && findings.every(isSame) },
    { text: 'one assessment a run', passed: findings.every(({ digests }) => digests.length === 1) },
    { text: 'one incident a model', passed: findings.every(({ incidents }) => incidents === 1) },
    { text: `no trainer outlived its worker by ${ORPHAN_LIMIT_MS / 1000} s`, passed: orphans.length === 0 },
    {
      text: `no worker ended by itself${world.worker.crashes.map((text) => `; ${text}`).join('')}`,
      passed: world.worker.crashes.length === 0,
    },
  ];
}
