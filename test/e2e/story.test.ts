/** What `npm start` prints and writes at its end: every recorded decision, as the gates gave it. */
import { expect, it } from 'vitest';
import { HOLDOUTS, LANES } from '#dist/cli/story/lanes.js';
import { decisionTable, realisedTable, storyJson, type Told } from '#dist/cli/story/report.js';
import type { EvaluationSummary, Outcome } from '#dist/core/types.js';

const DIGEST = 'e'.repeat(64);

/** A recorded evaluation; the second month has no usable interval, as after too few days. */
function recorded(month: string, verdict: EvaluationSummary['verdict']): EvaluationSummary {
  const hasInterval = month !== '2001-04';
  const around = (confidence: number) => (hasInterval ? { lower: -0.042, upper: -0.018, confidence } : null);
  return {
    evaluationId: 1,
    verdict,
    comparison: verdict === 'promote' ? 'win' : 'loss',
    metric: 'auc',
    mode: 'superior',
    candidateVersion: 3,
    championVersion: 1,
    championEpoch: 1,
    candidateValue: 0.6211,
    championValue: 0.6511,
    difference: -0.03,
    interval: around(0.975),
    interval95: around(0.95),
    rowInterval95: around(0.95),
    look: 1,
    blocks: 31,
    reasons: ['because'],
    evidenceDigest: DIGEST,
    report: { digest: DIGEST, bytes: 1 },
  };
}

const outcomeOf = (verdict: EvaluationSummary['verdict']): Outcome => ({
  kind: verdict === 'promote' ? 'promoted' : 'turned-down',
  reasons: ['because'],
  verdict,
  candidateVersion: 3,
  championVersion: 1,
  evidenceDigest: DIGEST,
});

const told: Told[] = LANES.map((lane, at) => ({
  lane: {
    lane,
    firstChampion: 1,
    decisions: HOLDOUTS.map((month, runNo) => {
      const verdict = lane.recipe === 'all-past' ? 'promote' : 'reject';
      return { month, runNo: runNo + 2, evaluation: recorded(month, verdict), outcome: outcomeOf(verdict) };
    }),
  },
  realised: { never: 0.641, always: 0.622 + at / 100, gated: 0.65 + at / 100 },
}));

it('writes each decision with its lane, both values, the gating interval, the verdict and what became of it', () => {
  const written = JSON.parse(JSON.stringify(storyJson(told))) as { decisions: Record<string, unknown>[] };
  expect(written.decisions).toHaveLength(16);
  expect(written.decisions[0]).toMatchObject({
    recipe: 'last-week',
    mode: 'superior',
    holdout: '2001-03',
    candidateAuc: 0.6211,
    championAuc: 0.6511,
    difference: -0.03,
    interval: [-0.042, -0.018],
    confidence: 0.975,
    verdict: 'reject',
    outcome: 'turned-down',
  });
  expect(written.decisions[1]).toMatchObject({ holdout: '2001-04', interval: null, confidence: null });
  expect(written.decisions.map(({ recipe, mode, verdict }) => [recipe, mode, verdict]).at(-1)).toEqual([
    'all-past',
    'refresh',
    'promote',
  ]);
});

it('writes per recipe what never, always and each mode that ran were worth', () => {
  expect(storyJson(told)).toMatchObject({
    realised: {
      'last-week': { never: 0.641, always: 0.622, superior: 0.65 },
      'last-month': { never: 0.641, always: 0.632, superior: 0.66 },
      // Never and always stand once: they do not depend on the mode.
      'all-past': { never: 0.641, always: 0.642, superior: 0.67, refresh: 0.68 },
    },
  });
  const { realised } = storyJson(told) as { realised: Record<string, object> };
  expect(Object.keys(realised['last-week'] ?? {})).not.toContain('refresh');
});

it('prints every cell, and a dash where an interval is not to be had', () => {
  const lines = decisionTable(told).split('\n');
  const rows = lines.filter((line) => /2001-0[3-6]/.test(line));
  expect(rows).toHaveLength(16);
  expect(rows[0]).toMatch(
    /^last-week +superior +2001-03 +0\.6211 +0\.6511 +−0\.0300 +\[−0\.0420, −0\.0180\] +97\.5 % .* loss +reject$/,
  );
  expect(rows[1]).toMatch(/2001-04 +0\.6211 +0\.6511 +−0\.0300 +– +– +– +– +loss +reject$/);
  expect(realisedTable(told)).toMatch(/all-past +0\.6410 +0\.6420 +0\.6700 +0\.6800/);
  expect(realisedTable(told)).toMatch(/last-week +0\.6410 +0\.6220 +0\.6500 +–/);
});
