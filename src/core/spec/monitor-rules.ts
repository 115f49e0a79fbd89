/** Rules of `monitor` with the rest of the pipeline. */
import { cronProblem } from './cron.js';
import { DAY_MS, durationMs } from './duration.js';
import type { SpecProblem } from './problem.js';
import type { PipelineSpec } from './schema.js';

const MOST_DAYS = 92;

export function monitorProblems({ monitor, features }: PipelineSpec): SpecProblem[] {
  if (monitor === undefined) return [];
  const problems: SpecProblem[] = [];
  const problem = (field: string, message: string): void => {
    problems.push({ path: ['monitor', field], message });
  };
  const days = durationMs(monitor.window) / DAY_MS;
  if (!Number.isInteger(days) || days < 2 || days > MOST_DAYS) {
    problem(
      'window',
      `${monitor.window} is no window of 2 to ${MOST_DAYS} whole days: days are compared. Write e.g. P7D.`,
    );
  }
  if (durationMs(monitor.every) < DAY_MS) {
    problem('every', `${monitor.every} is too short: a period ends at a UTC midnight. Write at least P1D.`);
  }
  const refused = monitor.cron === undefined ? null : cronProblem(monitor.cron);
  if (refused !== null) problem('cron', `"${monitor.cron}" ${refused}.`);
  if (durationMs(monitor.catchUp) < 10_000)
    problem('catchUp', `${monitor.catchUp} is too short: write at least PT10S.`);
  const known = new Set(features.map(({ name }) => name));
  const unknown = monitor.features === 'all' ? [] : monitor.features.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    problem(
      'features',
      `names ${unknown.join(', ')}, which the pipeline has not: write names of its features, or "all".`,
    );
  }
  return problems;
}
