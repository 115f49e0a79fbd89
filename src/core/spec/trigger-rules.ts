/** Rules between the fields of `triggers`: a policy must be able to start a run, and to hold one back. */
import { DAY_MS, durationMs } from './duration.js';
import type { SpecProblem } from './problem.js';
import type { PipelineSpec } from './schema.js';
import type { TriggerCondition, TriggerPolicy } from './trigger-schema.js';

const MINUTE_MS = 60_000;

function duplicateProblems(names: readonly string[], at: { list: string; key: string }): SpecProblem[] {
  return names.flatMap((name, index): SpecProblem[] => {
    const first = names.indexOf(name);
    if (first === index) return [];
    const message = `\`${name}\` stands in ${at.list}[${first}] already: write each once.`;
    return [{ path: ['triggers', at.list, index, at.key], message }];
  });
}

/** Why no claim could ever meet it; null when one could. */
function neverMet(condition: TriggerCondition): string | null {
  const { scope, columns, methods, minFindings, when } = condition;
  if (scope === 'dataset' && columns !== undefined) {
    return 'can never be met: a finding on the whole dataset names no column. Leave `columns` or `scope` out.';
  }
  if (columns !== undefined && methods !== undefined && minFindings > columns.length * methods.length) {
    return `can never be met: ${columns.length} column(s) by ${methods.length} method(s) make fewer than ${minFindings} findings.`;
  }
  if (durationMs(condition.within) < 1000)
    return 'can never be met together with another: write `within` of PT1S or more.';
  if (typeof when === 'string') return null;
  const history = 'quantile' in when ? when.over : 'rollingAverage' in when ? when.rollingAverage : null;
  if (history !== null && durationMs(history) <= 0) {
    return 'can never be met: no earlier score lies in a span of nothing. Write e.g. P28D.';
  }
  return null;
}

function conditionProblems({ conditions, policy }: TriggerPolicy): SpecProblem[] {
  const problems = duplicateProblems(
    conditions.map(({ name }) => name),
    { list: 'conditions', key: 'name' },
  );
  conditions.forEach((condition, index) => {
    const never = neverMet(condition);
    if (never !== null) problems.push({ path: ['triggers', 'conditions', index], message: never });
  });
  if (typeof policy === 'object' && policy.atLeast > conditions.length) {
    const message = `asks for ${policy.atLeast} of ${conditions.length} condition(s): nothing would ever start a run. Write at most ${conditions.length}.`;
    problems.push({ path: ['triggers', 'policy', 'atLeast'], message });
  }
  return problems;
}

function timeProblems({ debounce, budget, expect, alertWindow }: TriggerPolicy): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const atLeast = (path: SpecProblem['path'], text: string, leastMs: number, least: string): void => {
    if (durationMs(text) >= leastMs) return;
    problems.push({ path: ['triggers', ...path], message: `${text} is too short: write at least ${least}.` });
  };
  atLeast(['alertWindow'], alertWindow, 1000, 'PT1S');
  if (budget !== undefined) atLeast(['budget', 'period'], budget.period, 60 * MINUTE_MS, 'PT1H');
  expect.forEach(({ every }, index) => {
    atLeast(['expect', index, 'every'], every, MINUTE_MS, 'PT1M');
  });
  if (durationMs(debounce.maxWait) < durationMs(debounce.quiet)) {
    const message = `${debounce.maxWait} is shorter than quiet (${debounce.quiet}): the quiet period could never be waited for. Write at least ${debounce.quiet}.`;
    problems.push({ path: ['triggers', 'debounce', 'maxWait'], message });
  }
  if (durationMs(debounce.maxWait) > DAY_MS) {
    problems.push({
      path: ['triggers', 'debounce', 'maxWait'],
      message: `${debounce.maxWait} would keep claims waiting for longer than a day: write at most P1D; \`within\` is what spans days.`,
    });
  }
  return problems;
}

/** Two polls of the same rows would share their place, and each see half of the news. */
function pollProblems({ polls }: TriggerPolicy): SpecProblem[] {
  const problems = duplicateProblems(
    polls.map(({ name }) => name),
    { list: 'polls', key: 'name' },
  );
  const places = polls.map(({ urlEnv, schema, modelName }) => JSON.stringify([urlEnv, schema, modelName]));
  polls.forEach(({ every }, index) => {
    const first = places.indexOf(places[index] ?? '');
    if (first !== index) {
      const message = `reads the same rows as polls[${first}]: \`urlEnv\`, \`schema\` and \`modelName\` are equal. Write it once.`;
      problems.push({ path: ['triggers', 'polls', index], message });
    }
    if (durationMs(every) >= MINUTE_MS) return;
    problems.push({
      path: ['triggers', 'polls', index, 'every'],
      message: `${every} is too short: write at least PT1M.`,
    });
  });
  return problems;
}

export function triggerProblems({ triggers }: PipelineSpec): SpecProblem[] {
  const problems = [
    ...conditionProblems(triggers),
    ...timeProblems(triggers),
    ...pollProblems(triggers),
    ...duplicateProblems(
      triggers.expect.map(({ monitor }) => monitor),
      { list: 'expect', key: 'monitor' },
    ),
  ];
  const { budget } = triggers;
  if (budget !== undefined && budget.runs === undefined && budget.trainingMinutes === undefined) {
    const message = 'limits nothing: give `runs`, `trainingMinutes` or both, or leave the budget out.';
    problems.push({ path: ['triggers', 'budget'], message });
  }
  return problems;
}
