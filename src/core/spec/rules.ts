/**
 * Rules between fields of a spec, checked once each field by itself has the right form: `ruleProblems` must be empty for a
 * spec to be applied, `specWarnings` are told and do not stop.
 */
import { cronPeriodHours, cronProblem } from './cron.js';
import { DAY_MS, durationMs } from './duration.js';
import { gateProblems, gateWarnings } from './gate-rules.js';
import { monitorProblems } from './monitor-rules.js';
import type { SpecProblem } from './problem.js';
import type { PipelineSpec } from './schema.js';
import { sourceProblems, sourceWarnings } from './source-rules.js';
import { triggerProblems } from './trigger-rules.js';

function duplicates(list: readonly { name: string }[], at: 'features' | 'slices'): SpecProblem[] {
  const seen = new Map<string, number>();
  return list.flatMap(({ name }, index): SpecProblem[] => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    if (first === undefined) return [];
    return [
      { path: [at, index, 'name'], message: `\`${name}\` is already the name of ${at}[${first}]: choose another.` },
    ];
  });
}

function sliceProblems(spec: PipelineSpec): SpecProblem[] {
  return spec.slices.flatMap(({ name }, index): SpecProblem[] =>
    name === 'all' || name.startsWith('each:')
      ? [{ path: ['slices', index, 'name'], message: `\`${name}\` has a meaning of its own in gates: choose another.` }]
      : [],
  );
}

function windowProblems(spec: PipelineSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const { sliding, excluding, expanding } = spec.window;
  const tailMs = durationMs(spec.trainer.validationTail);
  const tailPath = ['trainer', 'validationTail'];
  if (tailMs <= 0)
    problems.push({ path: tailPath, message: 'must be longer than nothing: early stopping watches it.' });
  if (sliding !== undefined && durationMs(sliding) <= tailMs) {
    const message = `${spec.trainer.validationTail} leaves nothing of the sliding window of ${sliding} to fit on: shorten it or widen the window.`;
    problems.push({ path: tailPath, message });
  }
  excluding.forEach(({ start, end }, index) => {
    if (start >= end)
      problems.push({ path: ['window', 'excluding', index], message: `ends at ${end}, not after its start ${start}.` });
    else if (expanding !== undefined && end <= expanding) {
      const message = `ends at ${end}, before the window begins at ${expanding}: it excludes nothing.`;
      problems.push({ path: ['window', 'excluding', index], message });
    }
  });
  return problems;
}

function holdoutProblems(spec: PipelineSpec): SpecProblem[] {
  const { span, embargo } = spec.holdout;
  const problems: SpecProblem[] = [];
  if (span !== 'last-month' && (durationMs(span) < DAY_MS || durationMs(span) % DAY_MS !== 0)) {
    const message = `${span} is not a whole number of days: days are the blocks of every interval. Write e.g. P28D.`;
    problems.push({ path: ['holdout', 'span'], message });
  }
  if (durationMs(embargo) < durationMs(spec.labels.delay)) {
    const message = `${embargo} is shorter than labels.delay (${spec.labels.delay}): a label of the last training rows would lie in the holdout. Make it at least ${spec.labels.delay}.`;
    problems.push({ path: ['holdout', 'embargo'], message });
  }
  return problems;
}

function timeProblems(spec: PipelineSpec): SpecProblem[] {
  const atLeast: readonly [readonly string[], string, string][] = [
    [['labels', 'poll'], spec.labels.poll, 'PT1S'],
    [['labels', 'deadline'], spec.labels.deadline, 'PT1S'],
    [['approval', 'expiry'], spec.approval.expiry, 'PT1S'],
    [['trainer', 'limits', 'timeout'], spec.trainer.limits.timeout, 'PT1S'],
    [['quality', 'maxStaleness'], spec.quality.maxStaleness, 'PT1S'],
  ];
  return atLeast
    .filter(([, text, least]) => durationMs(text) < durationMs(least))
    .map(([path, text, least]) => ({ path, message: `${text} is too short: write at least ${least}.` }));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function scheduleProblems({ schedule }: PipelineSpec): SpecProblem[] {
  if (schedule === undefined) return [];
  const problems: SpecProblem[] = [];
  if ((schedule.cron === undefined) === (schedule.every === undefined)) {
    problems.push({ path: ['schedule'], message: 'needs exactly one of `cron` and `every`.' });
  }
  const cron = schedule.cron === undefined ? null : cronProblem(schedule.cron);
  if (cron !== null) problems.push({ path: ['schedule', 'cron'], message: `"${schedule.cron}" ${cron}.` });
  if (schedule.every !== undefined && durationMs(schedule.every) < 60_000) {
    problems.push({ path: ['schedule', 'every'], message: `${schedule.every} is too short: write at least PT1M.` });
  }
  // Below this Temporal takes its own least, and none at all would be its default, a year.
  if (durationMs(schedule.catchUp) < 10_000) {
    const message = `${schedule.catchUp} is too short: write at least PT10S.`;
    problems.push({ path: ['schedule', 'catchUp'], message });
  }
  if (!isTimeZone(schedule.timeZone)) {
    const message = `"${schedule.timeZone}" is no time zone: write an IANA name such as UTC or Europe/Berlin.`;
    problems.push({ path: ['schedule', 'timeZone'], message });
  }
  return problems;
}

/** Empty for a spec that may be applied. */
export function ruleProblems(spec: PipelineSpec): SpecProblem[] {
  return [
    ...sourceProblems(spec),
    ...duplicates(spec.features, 'features'),
    ...duplicates(spec.slices, 'slices'),
    ...sliceProblems(spec),
    ...windowProblems(spec),
    ...holdoutProblems(spec),
    ...timeProblems(spec),
    ...gateProblems(spec),
    ...scheduleProblems(spec),
    ...triggerProblems(spec),
    ...monitorProblems(spec),
  ];
}

/** From the sixth look at the same days on, the level asked of a win is one that next to nothing meets. */
const MOST_LOOKS = 5;
const LONGEST_MONTH_MS = 31 * DAY_MS;

function periodMs(schedule: NonNullable<PipelineSpec['schedule']>): number | null {
  if (schedule.every !== undefined) return durationMs(schedule.every);
  const hours = schedule.cron === undefined ? null : cronPeriodHours(schedule.cron);
  return hours === null ? null : hours * 3_600_000;
}

/** The look that a tick has in the long run: 1 + the shares of its holdout that the ticks before it looked at. */
function steadyLook(holdout: PipelineSpec['holdout'], everyMs: number): number {
  // All ticks of a month look at the month before; the last of them has all others before it.
  if (holdout.span === 'last-month') return Math.ceil(LONGEST_MONTH_MS / everyMs);
  const spanMs = durationMs(holdout.span);
  const overlapping = Math.ceil(spanMs / everyMs) - 1;
  return 1 + Math.ceil(overlapping - ((everyMs / spanMs) * overlapping * (overlapping + 1)) / 2);
}

function lookWarnings({ schedule, holdout }: PipelineSpec): string[] {
  const everyMs = schedule === undefined ? null : periodMs(schedule);
  if (everyMs === null || everyMs <= 0) return [];
  const look = steadyLook(holdout, everyMs);
  if (look <= MOST_LOOKS) return [];
  return [
    `schedule: ticks this frequent judge the same days again and again (look ${look} of a holdout of ${holdout.span} in the long run), and every further look asks for a surer win, so next to nothing is promoted. Tick less often or shorten holdout.span, to at most ${MOST_LOOKS} looks.`,
  ];
}

/** Fewer blocks than this and every verdict is `inconclusive`. */
const LEAST_BLOCKS = 14;

/** Sentences about what works and will probably disappoint; the spec may be applied all the same. */
export function specWarnings(spec: PipelineSpec): string[] {
  const warnings = [...sourceWarnings(spec), ...gateWarnings(spec), ...lookWarnings(spec)];
  const days = spec.holdout.span === 'last-month' ? 28 : durationMs(spec.holdout.span) / DAY_MS;
  if (days < LEAST_BLOCKS) {
    warnings.push(
      `holdout.span ${spec.holdout.span} has ${days} days; below ${LEAST_BLOCKS} every comparison is "not enough data" and nothing is promoted.`,
    );
  }
  spec.gates.forEach((gate, index) => {
    if (gate.minDays > days && days >= LEAST_BLOCKS) {
      warnings.push(
        `gates[${index}].minDays ${gate.minDays} is more than the holdout's ${days} days: it cannot be assessed.`,
      );
    }
  });
  if (spec.approval.policy !== 'never' && spec.approval.allowed.length === 0) {
    warnings.push('approval.allowed is empty: whoever can reach the run may decide.');
  }
  return warnings;
}
