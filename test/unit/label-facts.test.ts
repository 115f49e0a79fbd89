// Facts about labels, from days with a will of their own: what is a shift, what jumped at once, what is exchanged, what is missing.
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import type { LabelShift } from '#dist/core/triage/facts.js';
import { labelFacts } from '#dist/core/triage/label-facts.js';
import type { LabelMeasures } from '#dist/core/triage/label-measures.js';
import { estimateLabelNoise } from '#dist/core/triage/label-noise-estimate.js';
import { instant, measuresOf, STORY, type Story, windowOf } from './label-measures-fixtures.js';

const NONE = { championVersion: null, noise: null, announced: [] };
const factsOf = (measures: LabelMeasures) => labelFacts(measures, NONE);
const shiftsOf = (change: Partial<Story> = {}): readonly LabelShift[] => factsOf(measuresOf(change)).shifts;
const named = (shifts: readonly LabelShift[], where: string) => shifts.find((shift) => shift.where === where);
const faults = (shifts: readonly LabelShift[]) => shifts.filter(({ isAbrupt, isInverted }) => isAbrupt || isInverted);

describe('shares of positive labels', () => {
  it('whose days differ as they do raise nothing, whatever the seed and the length', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const shifts = shiftsOf({ seed, currentDays: seed % 2 === 0 ? 7 : 14, rowsACell: 20 });
      expect(faults(shifts), `seed ${seed}`).toEqual([]);
      expect(shifts[0]).toMatchObject({ where: 'overall', column: null, onset: null });
    }
  });

  it('that wander off slowly are a shift, and no jump', () => {
    const odds: Story['odds'] = (row) => STORY.odds(row) - 0.03 * row.day;
    const [overall, ...slices] = shiftsOf({ odds, scatter: 0.1 });
    expect(overall).toMatchObject({ isAbrupt: false, isInverted: false });
    expect(overall?.interval.upper).toBeLessThan(0);
    expect(faults(slices)).toEqual([]);
  });

  it('of a steady stream that halve at once are a jump with its day', () => {
    const odds: Story['odds'] = (row) => STORY.odds(row) - (row.day >= 31 ? 0.8 : 0);
    const [overall] = shiftsOf({ odds, scatter: 0.05 });
    expect(overall).toMatchObject({ isAbrupt: true, isInverted: false, onset: instant(31) });
    expect(overall!.after / overall!.before).toBeLessThan(0.65);
  });

  it('are compared at the instant of a version, which is tested with days enough around it alone', () => {
    const at = (day: number, change: Partial<Story> = {}) =>
      labelFacts(measuresOf(change), { ...NONE, announced: [instant(day)] }).announced[0]!;
    const odds: Story['odds'] = (row) => STORY.odds(row) - (row.day >= 31 ? 1.5 : 0);
    const { shift, ...rest } = at(31, { odds });
    expect(rest).toEqual({ at: instant(31) });
    expect(shift).toMatchObject({ where: 'overall', interval: { confidence: 0.99 } });
    expect(shift!.interval.upper).toBeLessThan(0);
    for (const day of [3, 40]) expect(at(day).shift).toBeNull();
    let changed = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const { interval } = at(28 + (seed % 7), { seed }).shift!;
      if (interval.lower > 0 || interval.upper < 0) changed += 1;
    }
    // One in a hundred by chance; three of forty have a chance of .007.
    expect(changed).toBeLessThanOrEqual(2);
  });

  it('under another rule are told by the profile of the day, though storms move days as much', () => {
    // A higher bar: the hours that are seldom late lose more.
    const odds: Story['odds'] = (row) => STORY.odds(row) - (row.day >= 28 ? 1 - 0.1 * row.hour : 0);
    for (let seed = 1; seed <= 5; seed += 1) {
      const [overall] = shiftsOf({ odds, seed });
      expect(overall, `seed ${seed}`).toMatchObject({ isAbrupt: true, isInverted: false });
      expect(Math.abs(Date.parse(overall!.onset!) - Date.parse(instant(28)))).toBeLessThanOrEqual(3 * 86_400_000);
    }
  });

  it('that turn round between the hours are no other rule', () => {
    const odds: Story['odds'] = (row) => STORY.odds(row.day >= 28 ? { ...row, hour: 9 - row.hour } : row);
    expect(shiftsOf({ odds })[0]).toMatchObject({ isAbrupt: false, isInverted: false });
  });

  it('exchanged for one airport are named with airport and day, also where days carry it across one half', () => {
    for (const base of [0, 1.2]) {
      const plain: Story['odds'] = (row) => STORY.odds(row) + base;
      const odds: Story['odds'] = (row) => (row.origin === 2 && row.day >= 33 ? -plain(row) : plain(row));
      const shifts = shiftsOf({ odds });
      const found = named(shifts, 'origin = 2');
      expect(found).toMatchObject({ column: 'origin', isInverted: true, onset: instant(33) });
      expect(shifts.filter(({ isInverted }) => isInverted)).toEqual([found]);
    }
  });

  it('exchanged everywhere are exchanged overall', () => {
    const odds: Story['odds'] = (row) => (row.day >= 28 ? -1 : 1) * STORY.odds(row);
    expect(shiftsOf({ odds })[0]).toMatchObject({ isInverted: true, onset: instant(28) });
  });

  it('of parts are not called faults of their own where the whole is where it never was', () => {
    const odds: Story['odds'] = (row) => (row.day >= 28 ? -9 : STORY.odds(row));
    const [overall, ...slices] = shiftsOf({ odds });
    expect(overall).toMatchObject({ isAbrupt: true, isInverted: false, onset: instant(28) });
    expect(faults(slices)).toEqual([]);
  });

  it('that rose and that fell are both told, however many there are', () => {
    const odds: Story['odds'] = (row) =>
      STORY.odds(row) + (row.day < 28 ? 0 : row.hour < 15 ? -1.5 - 0.1 * row.hour : 1.5);
    const [, ...slices] = shiftsOf({ odds, hours: 20, origins: 2 });
    expect(slices).toHaveLength(10);
    expect(slices.filter(({ before, after }) => after > before)).toHaveLength(5);
  });

  it('are not compared without a reference, and jump nowhere on a handful of days', () => {
    expect(factsOf({ ...measuresOf(), reference: null }).shifts).toEqual([]);
    const odds: Story['odds'] = (row) => STORY.odds(row) - (row.day >= 28 ? 3 : 0);
    const few = shiftsOf({ odds, currentDays: 3 });
    expect(few[0]).toMatchObject({ isAbrupt: false, isInverted: false });
    expect(few[0]!.interval.upper).toBeLessThan(0);
  });
});

describe('labels that are known', () => {
  const day = (rows: number, labelled: number, positives: number) => ({
    rows: new Array<number>(10).fill(rows),
    labelled: new Array<number>(10).fill(labelled),
    positives: new Array<number>(10).fill(positives),
  });
  const two = (before: ReturnType<typeof day>, now: ReturnType<typeof day>): LabelMeasures => ({
    ...measuresOf({ referenceDays: 10, currentDays: 10, rowsACell: 1 }),
    reference: windowOf(before, 0),
    current: windowOf(now, 10),
    slices: [],
  });

  it('count all positives as known where every label is there, however many are positive', () => {
    const facts = factsOf(two(day(1000, 1000, 200), day(1000, 1000, 150)));
    expect(facts).toMatchObject({ known: 1, knownUsually: 1, positivesKnown: 1, matureKnown: 1, labelledDays: 10 });
  });

  it('lack the positives where rows without a label are more than usual and few of the labels are positive', () => {
    const facts = factsOf(two(day(1000, 1000, 200), day(1000, 900, 100)));
    expect(facts.known).toBeCloseTo(0.9, 12);
    expect(facts.positivesKnown).toBeCloseTo(0.5, 12);
    expect(factsOf(two(day(1000, 1000, 200), day(1000, 800, 0))).positivesKnown).toBe(0);
    // Those that always lack are no fault.
    expect(factsOf(two(day(1000, 900, 180), day(1000, 900, 180))).positivesKnown).toBeCloseTo(0.9, 2);
  });

  it('are compared with what is usual at the age that the rows have', () => {
    const measures = two(day(1000, 1000, 200), day(1000, 500, 100));
    const ages = { hours: [24, 72], positives: [1000, 1000], negatives: [4000, 4000], waiting: [0, 0] };
    const young = {
      ...measures,
      // Noon of the ten days is 12 to 228 hours ago.
      labelsAsOf: instant(20),
      reference: { ...measures.reference!, ages },
    };
    // One day waits wholly, two wait by half.
    expect(factsOf(young).knownUsually).toBeCloseTo(0.8, 12);
  });

  it('are counted by who decided on them', () => {
    const measures = measuresOf();
    const decidedBy = [
      { version: 'v3', labels: 60 },
      { version: '2', labels: 20 },
      { version: null, labels: 20 },
    ];
    const of = (championVersion: number | null) =>
      labelFacts({ ...measures, current: { ...measures.current, decidedBy } }, { ...NONE, championVersion });
    expect(of(3).decidedByChampion).toBeCloseTo(0.6, 12);
    expect(of(2).decidedByChampion).toBeCloseTo(0.2, 12);
    expect(of(null).decidedByChampion).toBeNull();
    expect(factsOf(measures).decidedByChampion).toBeNull();
  });
});

it('labels that look wrong are estimated with days as units, and rise where labels are exchanged', () => {
  const estimate = (wrong: number) => {
    const rng = createRng(5);
    const rows = { score: [] as number[], label: [] as number[], day: [] as number[] };
    for (let row = 0; row < 4000; row += 1) {
      const isPositive = rng() < 0.3;
      rows.score.push(isPositive ? 0.55 + 0.4 * rng() : 0.05 + 0.4 * rng());
      rows.label.push(rng() < wrong ? Number(!isPositive) : Number(isPositive));
      rows.day.push(row % 10);
    }
    return estimateLabelNoise(rows);
  };
  expect(estimate(0)).toMatchObject({ share: 0, standardError: 0, days: 10, rows: 4000 });
  expect(estimate(0.1)?.share).toBeCloseTo(0.1, 1);
  expect(estimate(0.1)?.standardError).toBeLessThan(0.02);
  expect(estimateLabelNoise({ score: [0.5], label: [1], day: [1] })).toBeNull();
});
