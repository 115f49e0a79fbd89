/** Rules about the gates of a spec: each must be able to fail, to be told from the others, and to point at rows that exist. */
import { nearest } from './nearest.js';
import type { SpecProblem } from './problem.js';
import type { PipelineSpec, SpecGate } from './schema.js';

const LOWER_IS_BETTER: ReadonlySet<string> = new Set(['log-loss', 'brier', 'calibration-error']);
/** Log loss alone is unbounded above. */
const IN_UNIT: ReadonlySet<string> = new Set(['auc', 'average-precision', 'brier', 'calibration-error']);
const EACH = 'each:';

function boundOf(gate: SpecGate): string {
  const bounds = ['min', 'max', 'gain', 'ratio', 'nonInferior'] as const;
  return bounds.find((bound) => gate[bound] !== undefined) ?? 'none';
}

function onProblem(spec: PipelineSpec, on: string): string | null {
  if (on === 'all') return null;
  if (!on.startsWith(EACH)) {
    const names = spec.slices.map((slice) => slice.name);
    if (names.includes(on)) return null;
    const guess = nearest(on, ['all', ...names]);
    const hint =
      guess === null
        ? `Declare it under \`slices\`, or write \`all\` or \`each:<feature>\`.`
        : `Did you mean \`${guess}\`?`;
    return `no slice is called \`${on}\`. ${hint}`;
  }
  const wanted = on.slice(EACH.length);
  const feature = spec.features.find(({ name }) => name === wanted);
  if (feature === undefined) {
    const guess = nearest(
      wanted,
      spec.features.map(({ name }) => name),
    );
    return `no feature is called \`${wanted}\`.${guess === null ? '' : ` Did you mean \`${EACH}${guess}\`?`}`;
  }
  if (feature.kind === 'numeric')
    return `\`${wanted}\` is numeric, and each of its values would be a slice: name a categorical or time feature.`;
  return null;
}

function boundProblem(gate: SpecGate): string | null {
  const isLower = LOWER_IS_BETTER.has(gate.metric);
  if (gate.min !== undefined && isLower) return `${gate.metric} is better when lower: write \`max\`.`;
  if (gate.max !== undefined && !isLower) return `${gate.metric} is better when higher: write \`min\`.`;
  const absolute = gate.min ?? gate.max;
  const isUnit = IN_UNIT.has(gate.metric);
  if (absolute !== undefined && (absolute < 0 || (isUnit && absolute > 1))) {
    return `${absolute} is no possible value of ${gate.metric}: the gate could never ${absolute < 0 === isLower ? 'pass' : 'fail'}.`;
  }
  if (gate.min === 0 || (isUnit && gate.max === 1))
    return `every value of ${gate.metric} is at ${isLower ? 'most' : 'least'} ${absolute}: the gate could never fail.`;
  if (gate.gain !== undefined && isUnit && gate.gain.min <= -1)
    return `no candidate is worse by ${-gate.gain.min}: the gate could never fail. Write a smaller loss, e.g. -0.01.`;
  if (gate.nonInferior !== undefined && isUnit && gate.nonInferior.tolerance >= 1)
    return `no candidate is worse by ${gate.nonInferior.tolerance}: the gate could never fail. Write e.g. 0.02.`;
  if (gate.ratio !== undefined && gate.ratio.min <= 0)
    return `ratio.min ${gate.ratio.min} would always pass: write a number above 0.`;
  return null;
}

/** The words of a gate that make its result's name: bound, metric and rows. */
const identity = (gate: SpecGate): string => `${boundOf(gate)}:${gate.metric}@${gate.on}`;

/** Gates that next to nothing fails: taken, and told. */
export function gateWarnings({ gates }: PipelineSpec): string[] {
  return gates.flatMap((gate, index) =>
    gate.metric === 'auc' && gate.min !== undefined && gate.min <= 0.5
      ? [`gates[${index}].min ${gate.min}: a model that guesses has an AUC of 0.5, so this gate turns nothing down.`]
      : [],
  );
}

export function gateProblems(spec: PipelineSpec): SpecProblem[] {
  if (spec.gates.length === 0) {
    const message = `An empty gate list is refused: without a gate nothing could turn a bad candidate down. Write at least \`- {metric: auc, min: 0.55}\`.`;
    return [{ path: ['gates'], message }];
  }
  const seen = new Map<string, number>();
  return spec.gates.flatMap((gate, index): SpecProblem[] => {
    const problems: SpecProblem[] = [];
    const first = seen.get(identity(gate));
    if (first === undefined) seen.set(identity(gate), index);
    else
      problems.push({
        path: ['gates', index],
        message: `says the same as gates[${first}] (${identity(gate)}): keep one.`,
      });
    const on = onProblem(spec, gate.on);
    if (on !== null) problems.push({ path: ['gates', index, 'on'], message: on });
    const bound = boundProblem(gate);
    if (bound !== null) problems.push({ path: ['gates', index, boundOf(gate)], message: bound });
    return problems;
  });
}
