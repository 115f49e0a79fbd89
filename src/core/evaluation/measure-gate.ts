/** What a gate needs to know, measured on its rows: the bounded quantity with its jackknife. Judges nothing. */
import type { DeclaredGate } from '../gates/declare-gates.js';
import type { GateMeasurement } from '../gates/judge-gate.js';
import { jackknife } from '../stats/jackknife.js';
import type { LeaveOneOut } from '../stats/leave-one-out.js';
import type { RankedSample } from '../stats/ranked-sample.js';
import type { Grouping } from './group-rows.js';
import { gainOf, METRICS, metricKey, ratioOf } from './metrics.js';
import type { ScoredModel } from './scored-model.js';

export interface Models {
  readonly candidate: ScoredModel;
  readonly champion: ScoredModel | null;
}

/** @returns one measurement for each group of rows, at least one. `grouping` null: all rows. */
export function measureGate(declared: DeclaredGate, models: Models, grouping: Grouping | null): GateMeasurement[] {
  const problem =
    grouping?.problem ?? models.candidate.problem ?? (declared.isAbsolute ? null : championProblem(models.champion));
  const slice = grouping === null ? 'all' : (grouping.names[0] ?? grouping.on);
  if (problem !== null) return [{ slice, rows: 0, days: 0, value: null, estimate: null, problem }];
  const samplesOf = (model: ScoredModel): readonly RankedSample[] =>
    grouping === null ? (model.sample === null ? [] : [model.sample]) : model.parts(grouping);
  const champions = declared.isAbsolute || models.champion === null ? [] : samplesOf(models.champion);
  const measured = samplesOf(models.candidate).map((sample, at): GateMeasurement => {
    const name = grouping?.names[at] ?? 'all';
    const size = { slice: name, rows: sample.rows, days: sample.blocks, problem: null };
    // Too few rows cannot be judged whatever they give, so nothing is computed on them.
    if (sample.rows < declared.gate.minRows) return { ...size, value: null, estimate: null };
    const quantity = quantityOf(declared, sample, champions[at]);
    return { ...size, value: Number.isFinite(quantity.value) ? quantity.value : null, estimate: jackknife(quantity) };
  });
  return measured.length > 0 ? measured : [{ slice, rows: 0, days: 0, value: null, estimate: null, problem: null }];
}

function championProblem(champion: ScoredModel | null): string | null {
  return champion === null ? 'there is no champion to compare with' : champion.problem;
}

function quantityOf(
  { gate, kind, isAbsolute }: DeclaredGate,
  candidate: RankedSample,
  champion: RankedSample | undefined,
): LeaveOneOut {
  const key = metricKey(gate.metric);
  const mine = METRICS[key].measure(candidate);
  if (isAbsolute || champion === undefined) return mine;
  const theirs = METRICS[key].measure(champion);
  return kind === 'ratio' ? ratioOf(key, mine, theirs) : gainOf(key, mine, theirs);
}
