// Which rows an assessment looks at, what of it is stored, and when a refit has anything to settle.
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import type { RunPlan } from '#dist/core/spec/run-plan.js';
import { assessWindows, windowsBeyond } from '#dist/core/triage/assess-windows.js';
import type { Assessment } from '#dist/core/triage/assessment.js';
import { capAssessment } from '#dist/core/triage/cap-assessment.js';
import { decide } from '#dist/core/triage/decide.js';
import { labelSelection, windowNoise } from '#dist/core/triage/label-models.js';
import { needsRefit, refitDays } from '#dist/core/triage/needs-refit.js';
import type { ScoredDay } from '#dist/core/triage/scored-days.js';
import { DEFAULT_TRIAGE_RULE as rule } from '#dist/core/triage/triage-rule.js';
import { alleged, column, fallen, moved, facts as triageFacts } from './triage-fixtures.js';

const day = (text: string): string => `${text}T00:00:00.000Z`;
const plan = {
  inputsAsOf: day('2001-04-01'),
  training: { start: day('2001-01-01'), end: day('2001-02-28') },
  holdout: { start: day('2001-03-01'), end: day('2001-04-01') },
} as RunPlan;
const claims = [
  alleged({ window: { start: day('2001-03-12'), end: day('2001-03-19') } }),
  alleged({ window: { start: day('2001-03-05'), end: day('2001-03-10') } }),
];
const reasons = { cause: 'drift', claims, trainedThrough: day('2001-01-31'), reference: 'P28D' } as const;

describe('the assessed window', () => {
  it('of an alarm spans its claims; the rows that are new to the champion stay the data gate', () => {
    expect(assessWindows(plan, reasons)).toEqual({
      current: { start: day('2001-03-05'), end: day('2001-03-19') },
      reference: { start: day('2001-02-05'), end: day('2001-03-05') },
      season: { start: day('2000-03-06'), end: day('2000-03-20') },
      news: { start: day('2001-01-31'), end: day('2001-04-01') },
      notMeasured: [],
    });
  });
  it('never reaches beyond what is known', () => {
    const late = [alleged({ window: { start: day('2001-03-25'), end: day('2001-04-08') } })];
    expect(assessWindows(plan, { ...reasons, claims: late }).current.end).toBe(plan.inputsAsOf);
    const future = [alleged({ window: { start: day('2001-04-02'), end: day('2001-04-08') } })];
    const found = assessWindows(plan, { ...reasons, claims: future });
    expect(found.current).toEqual(found.news);
    expect(found.notMeasured).toEqual([expect.stringContaining('of which nothing is known')]);
  });
  it('of more than a year has no earlier season to be compared with', () => {
    const long = [alleged({ window: { start: day('2000-01-01'), end: day('2001-03-01') } })];
    expect(assessWindows(plan, { ...reasons, claims: long }).season).toBeNull();
  });
  it('of any other run is what is new to the champion, and all of it without one', () => {
    const { current } = assessWindows(plan, { ...reasons, cause: 'schedule' });
    expect(current).toEqual({ start: day('2001-01-31'), end: day('2001-04-01') });
    const first = assessWindows(plan, { ...reasons, trainedThrough: null });
    expect(first.current).toEqual({ start: day('2001-01-01'), end: day('2001-04-01') });
    const past = assessWindows(plan, { ...reasons, cause: 'manual', trainedThrough: day('2001-05-01') });
    expect(past.current).toEqual({ start: day('2001-01-01'), end: day('2001-04-01') });
  });
});

describe('what a run of an alarm looks at beside its claims', () => {
  const beyond = (start: string, end: string, maxStaleness = 'P2D') =>
    windowsBeyond(assessWindows(plan, { ...reasons, claims: [alleged({ window: { start, end } })] }), {
      reference: 'P28D',
      maxStaleness,
    });
  const looked = (...of: Parameters<typeof beyond>) => {
    const found = beyond(...of);
    return found === null ? null : { current: found.windows.current, judged: found.judged };
  };
  const news = { start: day('2001-01-31'), end: day('2001-04-01') };
  it('is what is new to the champion without the rows that the claims are about', () => {
    expect(beyond(day('2001-03-05'), day('2001-03-19'))).toEqual({
      windows: {
        current: news,
        reference: { start: day('2001-01-03'), end: day('2001-01-31') },
        season: { start: day('2000-02-02'), end: day('2000-04-02') },
        news,
        notMeasured: [],
      },
      judged: [{ start: day('2001-03-05'), end: day('2001-03-19') }],
    });
  });
  it('is what lies before them where hardly anything lies after, or what does may be still to come', () => {
    const before = { current: { start: news.start, end: day('2001-03-05') }, judged: [] };
    expect(looked(day('2001-03-05'), day('2001-03-31'))).toEqual(before);
    expect(looked(day('2001-03-05'), day('2001-03-28'), 'P5D')).toEqual(before);
    expect(looked(day('2001-01-20'), day('2001-03-05'))).toEqual({
      current: { start: day('2001-03-05'), end: news.end },
      judged: [],
    });
  });
  it('is nothing where fewer than two days are left on each side', () => {
    expect(beyond(news.start, news.end)).toBeNull();
    expect(beyond(day('2001-01-01'), day('2001-04-08'))).toBeNull();
    expect(beyond(day('2001-02-01'), day('2001-03-31'))).toBeNull();
  });
  it('is all of it where the claims are about older rows, or about no whole day', () => {
    expect(looked(day('2001-01-05'), day('2001-01-19'))).toEqual({ current: news, judged: [] });
    expect(looked('2001-03-05T06:00:00.000Z', '2001-03-06T06:00:00.000Z')).toEqual({ current: news, judged: [] });
  });
  it('has days that the claims cut', () => {
    expect(looked('2001-03-05T06:00:00.000Z', '2001-03-19T06:00:00.000Z')?.judged).toEqual([
      { start: day('2001-03-06'), end: day('2001-03-19') },
    ]);
  });
});

describe('the refit probe', () => {
  const sound = triageFacts();
  const asks = (change: Parameters<typeof triageFacts>[0]): boolean => {
    const changed = triageFacts(change);
    return needsRefit(changed, { result: decide(changed, rule), rule });
  };
  it('is needed by an alarm whose champion got worse on unmoved inputs, and by nothing else', () => {
    expect(asks({ performance: fallen() })).toBe(true);
    expect(asks({})).toBe(false);
    expect(asks({ performance: fallen(), cause: 'schedule' })).toBe(false);
    expect(asks({ performance: fallen(), drift: { columns: [moved()], scores: null } })).toBe(false);
    const broken = { ...sound.checks[0]!, passed: false, severity: 'error' as const };
    expect(asks({ performance: fallen(), checks: [broken] })).toBe(false);
  });
  it('learns from the onset on where enough days are left, and never from days after it as the reference', () => {
    const days = (from: number, to: number): ScoredDay[] =>
      Array.from({ length: to - from }, (_, at) => ({ day: from + at }) as ScoredDay);
    const compared = { current: days(28, 42), reference: days(0, 28) };
    const at = (number: number): string => new Date(number * 86_400_000).toISOString();
    expect(refitDays(compared, { onset: at(30) }).recent).toHaveLength(12);
    expect(refitDays(compared, { onset: at(36) }).recent).toHaveLength(14);
    expect(refitDays(compared, { onset: at(20) }).reference).toHaveLength(20);
    expect(refitDays(compared, { onset: null }).reference).toHaveLength(28);
  });
});

describe('what is stored', () => {
  it('is bounded, and keeps what moved and what failed', () => {
    const columns = Array.from({ length: 500 }, (_, at) => column({ column: `c${at}` }));
    columns[444] = moved({ column: 'c444' });
    const checks = Array.from({ length: 1500 }, (_, at) => ({
      ...triageFacts().checks[0]!,
      column: `c${at}`,
      passed: at !== 1499,
    }));
    const facts = triageFacts({ drift: { columns, scores: null }, checks });
    const triage = decide(facts, rule);
    const window = facts.current.window;
    const whole: Assessment = {
      verdict: triage.verdict,
      inputsAsOf: facts.inputsAsOf,
      window,
      checks,
      reasons: [],
      triage,
      facts,
    };
    const capped = capAssessment(whole);
    expect(capped.facts!.drift!.columns).toHaveLength(60);
    expect(capped.facts!.drift!.columns[0]!.column).toBe('c444');
    expect(capped.facts!.notMeasured.at(-1)).toContain('440 more columns');
    expect(capped.checks[0]).toMatchObject({ column: 'c1499', passed: false });
    expect(JSON.stringify(capped).length).toBeLessThan(200_000);
    expect(capAssessment(whole)).toEqual(capped);
  });
});

describe('labels that were chosen', () => {
  const table = (isLabelled: (x: number) => boolean) => {
    const rows = 2000;
    const values = Float64Array.from({ length: rows }, (_, row) => ((row * 7919) % 1000) / 1000);
    return {
      rows,
      features: [{ kind: 'numeric' as const, name: 'x', values }],
      sliceColumns: [],
      label: Uint8Array.from(values, (x) => (isLabelled(x) ? 1 : 2)),
      day: new Int32Array(rows),
    };
  };
  const all = { isMature: () => true, seed: 1 };
  it('are told from the rest by a feature that they were chosen by', () => {
    expect(
      labelSelection(
        table((x) => x > 0.5),
        all,
      )!.auc,
    ).toBeGreaterThan(0.95);
    const found = labelSelection(
      table((x) => Math.round(x * 1000) % 2 === 0),
      all,
    )!;
    expect(found.auc).toBeGreaterThan(0.44);
    expect(found.auc).toBeLessThan(0.56);
    expect(found.labelled + found.unlabelled).toBe(2000);
  });
  it('are not judged where nearly all or nearly none are there', () => {
    expect(
      labelSelection(
        table(() => true),
        all,
      ),
    ).toBeNull();
    expect(
      labelSelection(
        table((x) => x > 0.5),
        { ...all, isMature: (row) => row < 60 },
      ),
    ).toBeNull();
  });
});

describe('labels that look wrong', () => {
  /** Ten days a window, of which `wrong` of the labels in the second are exchanged; the class is told by x, but for an overlap. */
  const table = (options: { wrong: number; overlap: number }) => {
    const rng = createRng(3);
    const rows = 8000;
    const values = Float64Array.from({ length: rows }, () => rng());
    const day = Int32Array.from(values, (_, row) => Math.floor(row / 400));
    const label = Uint8Array.from(values, (x, row) => {
      const isOne = rng() < options.overlap ? rng() < 0.5 : x > 0.5;
      const isWrong = day[row]! >= 10 && rng() < options.wrong;
      return isOne !== isWrong ? 1 : 0;
    });
    return { rows, features: [{ kind: 'numeric' as const, name: 'x', values }], sliceColumns: [], label, day };
  };
  const estimate = (options: { wrong: number; overlap: number }) => {
    const made = table(options);
    const [isCurrent, isReference] = [(row: number) => made.day[row]! >= 10, (row: number) => made.day[row]! < 10];
    return windowNoise(made, { isCurrent, isReference, seed: 1 });
  };
  it('are more where some were exchanged, and not where none were', () => {
    const found = estimate({ wrong: 0.1, overlap: 0.05 })!;
    expect(found.current.share - found.reference!.share).toBeGreaterThan(0.07);
    expect(found.current).toMatchObject({ days: 10, rows: 4000 });
    const sound = estimate({ wrong: 0, overlap: 0.05 })!;
    expect(Math.abs(sound.current.share - sound.reference!.share)).toBeLessThan(0.02);
  });
  it('are not counted where classes overlap too much to tell, or rows are few', () => {
    expect(estimate({ wrong: 0.1, overlap: 0.9 })).toBeNull();
    const made = table({ wrong: 0, overlap: 0 });
    const all = { isCurrent: (row: number) => row < 400, isReference: (row: number) => row >= 400, seed: 1 };
    expect(windowNoise(made, all)).toBeNull();
  });
});
