/**
 * What triage computes from rows, as jobs that read and write column files: some hundred thousand rows take longer than a worker's
 * event loop may pause, so off-loop-jobs.ts runs them in a thread. Pure but for the files.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { type ColumnTable, decodeColumnTable, encodeColumnTable } from '../../core/column-table.js';
import { createRng } from '../../core/rng.js';
import type { PipelineSpec } from '../../core/spec/schema.js';
import type { TriageSpec } from '../../core/spec/triage-schema.js';
import {
  type AssociationResult,
  type AssociationScope,
  associationFacts,
} from '../../core/triage/association/association-facts.js';
import type { MovedColumn, RefitFacts } from '../../core/triage/facts.js';
import { type InputFacts, type InputFactsOptions, inputFacts } from '../../core/triage/input-facts.js';
import type { LabelChecksOptions } from '../../core/triage/label-measures.js';
import { labelSelection, windowNoise } from '../../core/triage/label-models.js';
import { movedColumns } from '../../core/triage/moved-column.js';
import { areLabelsDue } from '../../core/triage/performance-days.js';

import { pickRows, refitFacts, splitForRefit } from '../../core/triage/refit-facts.js';
import { scoreColumn } from '../../core/triage/score-column.js';
import { isWholeDayOf, type ScoredDay, scoreDays, scoreEdges } from '../../core/triage/scored-days.js';
import { triageRuleOf } from '../../core/triage/triage-rule.js';
import type { Instant, Window } from '../../core/types.js';

/** Of the deals of days: the same rows give the same answer. */
const SEED = 1;
/** Deals of days per column: a p-value of .001 at best. */
const PERMUTATIONS = 999;

export interface ScoredWindow {
  /** Upper bounds of the score bins: quantiles of the reference's scores. */
  readonly edges: readonly number[];
  readonly days: readonly ScoredDay[];
}

async function readTable(path: string): Promise<ColumnTable> {
  const file = await readFile(path);
  return decodeColumnTable(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
}

const writeTable = async (path: string, table: ColumnTable): Promise<void> =>
  writeFile(path, Buffer.concat(encodeColumnTable(table)));

export const ASSESS_JOBS = {
  /** @param of.currentFrom the first day (since 1970) that is no reference: bins are quantiles of the days before it */
  scoreDays: async (of: {
    readonly columnsPath: string;
    readonly scores: Float32Array;
    readonly currentFrom: number;
  }): Promise<ScoredWindow> => {
    const table = await readTable(of.columnsPath);
    const edges = scoreEdges(of.scores, (row) => table.day[row]! < of.currentFrom);
    return { edges, days: scoreDays(table, of.scores, edges) };
  },
  judgeInputs: async (of: Omit<InputFactsOptions, 'permutations' | 'rng'>): Promise<InputFacts> =>
    inputFacts({ ...of, permutations: PERMUTATIONS, rng: createRng(SEED, 1) }),
  /** Whether the champion's scores moved. */
  judgeScores: async (of: {
    readonly days: readonly ScoredDay[];
    readonly current: Window;
    readonly reference: Window;
    readonly triage: TriageSpec;
  }): Promise<MovedColumn | null> => {
    const rule = triageRuleOf(of.triage).retest;
    const options = { rule, permutations: PERMUTATIONS, rng: createRng(SEED, 2) };
    return movedColumns([scoreColumn(of.days, of)], options)[0] ?? null;
  },
  /** Whether columns go together as they did. */
  judgeAssociation: async (of: AssociationScope & { readonly columnsPath: string }): Promise<AssociationResult> =>
    associationFacts(await readTable(of.columnsPath), of),
  /** What models of their own say of the labels, on whole days whose labels are due. */
  judgeLabels: async (of: {
    readonly columnsPath: string;
    readonly spec: PipelineSpec;
    readonly current: Window;
    readonly reference: Window;
    readonly labelsAsOf: Instant;
  }): Promise<Pick<LabelChecksOptions, 'selection' | 'noise'>> => {
    const table = await readTable(of.columnsPath);
    const isDue = areLabelsDue(of.spec, of.labelsAsOf);
    const within = (window: Window) => {
      const isWhole = isWholeDayOf(window);
      return (row: number): boolean => {
        const day = { day: table.day[row]! };
        return isWhole(day) && isDue(day);
      };
    };
    const [isCurrent, isReference] = [within(of.current), within(of.reference)];
    return {
      selection: labelSelection(table, { isMature: isCurrent, seed: SEED }),
      noise: windowNoise(table, { isCurrent, isReference, seed: SEED }),
    };
  },
  /** Writes the three column files of the refit probe; a sentence where it is not to be tried. */
  splitForRefit: async (of: {
    readonly columnsPath: string;
    readonly days: Parameters<typeof splitForRefit>[1];
    readonly paths: { readonly recent: string; readonly earlier: string; readonly test: string };
  }): Promise<{ fitted: number; why: null } | { fitted: null; why: string }> => {
    const table = await readTable(of.columnsPath);
    const { split, why } = splitForRefit(table, of.days);
    if (split === null) return { fitted: null, why };
    await writeTable(of.paths.recent, pickRows(table, split.recent));
    await writeTable(of.paths.earlier, pickRows(table, split.earlier));
    await writeTable(of.paths.test, pickRows(table, split.test));
    return { fitted: split.fitted, why: null };
  },
  compareRefits: async (of: {
    readonly testPath: string;
    readonly earlier: Float32Array;
    readonly recent: Float32Array;
    readonly trainRows: number;
  }): Promise<RefitFacts | null> => {
    const table = await readTable(of.testPath);
    return refitFacts(scoreDays(table, of.earlier, []), scoreDays(table, of.recent, []), of);
  },
};

export type AssessJobs = typeof ASSESS_JOBS;
/** Runs one of the jobs, wherever. @throws what the job throws; an AbortError after an abort */
export type RunAssessJob = <N extends keyof AssessJobs>(
  name: N,
  of: Parameters<AssessJobs[N]>[0],
  options: { readonly signal: AbortSignal },
) => Promise<Awaited<ReturnType<AssessJobs[N]>>>;
