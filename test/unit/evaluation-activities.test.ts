// What `compareWithChampion` hands to the evaluation when the champion cannot be compared fairly: never a missing champion, and a
// required gate that nothing passes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvaluationActivities } from '#dist/activities/create-evaluation-activities.js';
import type { ActivityDeps } from '#dist/activities/deps.js';
import type { EvaluationJob } from '#dist/activities/off-loop-evaluation.js';
import { PipelineError } from '#dist/core/errors.js';
import { evaluate } from '#dist/core/evaluation/evaluate.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import type { EvaluationSummary } from '#dist/core/types.js';
import { holdout } from '../property/evaluation-holdout.js';

const own = specSchema.parse({
  model: 'm',
  source: { kind: 'parquet', path: '/rows.parquet', columns: { label: 'late' } },
  features: [{ kind: 'numeric', name: 'x' }],
  window: { expanding: '2001-01-01' },
  gates: [{ metric: 'auc', min: 0.5 }],
});
const championSpec: PipelineSpec = { ...own, features: [...own.features, { kind: 'numeric', name: 'gone' }] };
const window = { start: '2001-03-01T00:00:00.000Z', end: '2001-03-29T00:00:00.000Z' };
const artifact = (digest: string) => ({ digest: digest.repeat(64), bytes: 1 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-compare-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function compare(facts: { trainedThrough: string; lacks: boolean; checks?: readonly object[] }) {
  const rows = holdout();
  const predicted: number[] = [];
  const jobs: EvaluationJob[] = [];
  const deps = {
    scratchDir: dir,
    artifacts: { putBytes: async () => artifact('e') },
    registry: {
      specByDigest: async (digest: string) => (digest === 'champion' ? championSpec : own),
      champion: async () => ({ version: 4, epoch: 2, artifact: artifact('c'), specDigest: 'champion', ...facts }),
      beginEvaluation: async () => ({ evaluationId: 1, earlierLooks: [] }),
      finishEvaluation: async () => undefined,
      checksOfRun: async () => facts.checks ?? [],
    },
    dataset: {
      toColumns: async (spec: PipelineSpec, { path }: { path: string }) => {
        const isLacking = facts.lacks && spec.features.some((feature) => feature.name === 'gone');
        if (isLacking) throw new PipelineError('DATA_SCHEMA_VIOLATION', 'The snapshot was frozen without "gone".');
        return { path, rows: rows.label.length, rowsBefore: rows.label.length };
      },
    },
    trainer: {
      predict: async ({ artifacts }: { artifacts: readonly unknown[] }) => {
        predicted.push(artifacts.length);
        return { scores: [rows.candidate, rows.champion].slice(0, artifacts.length), latencyMs: 1, peakMemoryMb: 1 };
      },
    },
    evaluateOffLoop: async (job: EvaluationJob) => {
      jobs.push(job);
      return evaluate({ ...rows, ...job });
    },
  } as unknown as ActivityDeps;
  const summary = (await new MockActivityEnvironment().run(createEvaluationActivities(deps).compareWithChampion, {
    key: { modelId: 'm', runNo: 1 },
    specDigest: 'a'.repeat(64),
    candidate: { version: 5, artifact: artifact('b') },
    holdout: {
      kind: 'holdout' as const,
      contentDigest: 'd'.repeat(64),
      parquet: artifact('f'),
      manifest: artifact('f'),
      window,
      asOf: window.end,
      rows: { in: 1, used: 1, unlabelled: 0, excluded: 0, quarantined: 0 },
    },
  })) as EvaluationSummary;
  return { summary, jobs, predicted };
}

describe('compareWithChampion', () => {
  it('promotes the better candidate when the champion saw nothing of the holdout', async () => {
    const { summary } = await compare({ trainedThrough: window.start, lacks: false });
    expect(summary.verdict).toBe('promote');
  });
  it('asks a person, by policy, when the labels are there because the champion decided so', async () => {
    const text = '90 % of the labels exist because the champion decided so; at most 50 % is allowed.';
    const check = { check: 'decided-by-champion', column: null, severity: 'warn', value: 0.9, threshold: 0.5, text };
    const common = { trainedThrough: window.start, lacks: false };
    const asked = await compare({
      ...common,
      checks: [
        { ...check, passed: false },
        { ...check, check: 'nulls' },
      ],
    });
    expect(asked.summary.verdict).toBe('needs-approval');
    expect(asked.summary.reasons.join(' ')).toContain(text);
    const passed = await compare({ ...common, checks: [{ ...check, passed: true }] });
    expect(passed.summary.verdict).toBe('promote');
  });
  it('is inconclusive when the champion was trained on part of the holdout, whatever the gates say', async () => {
    const { summary } = await compare({ trainedThrough: '2001-03-02T00:00:00.000Z', lacks: false });
    expect(summary.verdict).toBe('inconclusive');
    expect(summary.reasons[0]).toContain('The champion was trained through 2001-03-02');
  });
  it('is inconclusive when the holdout lacks what the champion needs, and never takes it for a first version', async () => {
    const { summary, jobs, predicted } = await compare({ trainedThrough: window.start, lacks: true });
    expect(summary).toMatchObject({ verdict: 'inconclusive', championVersion: 4, championValue: null });
    expect(summary.reasons.join()).toContain(
      'cannot be scored on this holdout: The snapshot was frozen without "gone".',
    );
    expect(summary.reasons.join()).not.toContain('First version');
    expect(predicted).toEqual([1, 1]);
    expect(jobs[0]?.champion).not.toBeNull();
  });
});
