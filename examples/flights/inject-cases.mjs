/**
 * The faults and changes that inject.mjs can put into the flights, and what is true of each: data alone, which tests and
 * `npm run simulate -- triage` judge by.
 *
 *   truth      the verdict that a perfect triage gives
 *   passes     what is right as well: a verdict, or `suspected` where nothing in the rows can prove it
 *   columns    source columns that the verdict has to name
 *   alarm      what a monitor would call moved: the scope of its finding, and the column where it has one
 *   version    what an announced change would say, where the case is one with a record
 *   recomputed the second source of `hour` that the case writes, where it does
 *   isFault    training on it without asking a person does harm
 *   lead       days before the onset that the window has to hold
 *   enough     rows and days after the onset (of the window as it would be without the fault) from which on the verdict is due
 */
const DAYS = 14;
const on = (column) => ({ scope: 'column', column });
const TARGET = { scope: 'target', column: null };
const PERFORMANCE = { scope: 'performance', column: null };

const fault = (truth, more) => ({
  truth,
  passes: [],
  columns: [],
  alarm: { scope: 'dataset', column: null },
  version: null,
  recomputed: null,
  isFault: true,
  lead: 0,
  enough: { rows: 2000, days: DAYS },
  ...more,
});

const change = (truth, more) => fault(truth, { ...more, isFault: false });

export const CASES = {
  'drop-airports': fault('broken-feed', {
    about: 'forty airports, drawn from all, send no departures any more',
    columns: ['origin'],
    alarm: on('origin'),
  }),
  'halve-rows': fault('broken-feed', { about: 'every second row is lost' }),
  'duplicate-day': fault('broken-feed', { about: 'one day is delivered twice, with the same ids' }),
  'duplicate-day-renumbered': fault('broken-feed', {
    about: 'one day is delivered twice, and the second time its rows get ids of their own',
  }),
  'null-share': fault('broken-feed', {
    about: 'distance is null in 30 % of the rows',
    columns: ['distance'],
    alarm: on('distance'),
  }),
  'all-null': fault('broken-feed', {
    about: 'distance is null in every row',
    columns: ['distance'],
    alarm: on('distance'),
  }),
  'constant-hour': fault('broken-feed', { about: 'hour is 12 in every row', columns: ['hour'], alarm: on('hour') }),
  'stale-feed': fault('broken-feed', { about: 'no rows come any more', lead: 7 }),
  'distance-km': fault('logging-change', {
    about: 'distance in kilometres instead of miles',
    columns: ['distance'],
    alarm: on('distance'),
  }),
  'distance-log': fault('logging-change', {
    about: 'distance as its natural logarithm',
    columns: ['distance'],
    alarm: on('distance'),
  }),
  'distance-clipped': fault('logging-change', {
    about: 'distance ends where four of five flights lie below: what was longer has that length',
    passes: ['suspected'],
    columns: ['distance'],
    alarm: on('distance'),
  }),
  'distance-km-part': fault('logging-change', {
    about: 'distance in kilometres instead of miles for half of the airports',
    passes: ['suspected'],
    columns: ['distance'],
    alarm: on('distance'),
  }),
  'origin-merged': fault('logging-change', {
    about: 'flights of one of the ten busiest airports are reported under the name of another one of them',
    passes: ['suspected'],
    columns: ['origin'],
    alarm: on('origin'),
  }),
  'origin-lower': fault('logging-change', { about: 'origin in lower case', columns: ['origin'], alarm: on('origin') }),
  'hour-shifted': fault('code-or-feature-bug', {
    about: 'hour is five too small, as of another time zone; nobody announced a change',
    passes: ['suspected'],
    columns: ['hour'],
    alarm: on('hour'),
  }),
  'hour-shifted-recorded': fault('code-or-feature-bug', {
    about: 'hour is five too small since an announced version of the feature',
    columns: ['hour'],
    alarm: on('hour'),
    version: { kind: 'feature', name: 'hour', columns: ['hour'] },
  }),
  'hour-shifted-recomputed': fault('code-or-feature-bug', {
    about: 'hour is five too small, and column hour_recomputed has it right',
    columns: ['hour'],
    alarm: on('hour'),
    recomputed: 'hour_recomputed',
  }),
  'distance-shuffled': fault('code-or-feature-bug', {
    about: 'the distances of a day are exchanged among its rows, as a join gone wrong does it; no column moves',
    passes: ['suspected'],
    columns: ['distance'],
    alarm: PERFORMANCE,
  }),
  'labels-inverted': fault('label-fault', {
    about: 'late and not late are exchanged for one of the three busiest airports',
    passes: ['suspected'],
    columns: ['origin'],
    alarm: TARGET,
    enough: { rows: 4000, days: DAYS },
  }),
  'label-rule-30': fault('label-fault', {
    about: 'late means more than 30 minutes instead of 15; nobody announced it',
    passes: ['suspected', 'unclear'],
    alarm: TARGET,
  }),
  'label-rule-30-recorded': fault('label-fault', {
    about: 'late means more than 30 minutes since an announced version of the label process',
    alarm: TARGET,
    version: { kind: 'label-process', name: 'late', columns: ['late'] },
  }),
  'late-positives-missing': fault('pending-labels', {
    about: 'labels of late flights come thirty days later than they used to',
    passes: ['label-fault suspected'],
    alarm: TARGET,
  }),
  unchanged: change('no-shift', { about: 'the flights as they are', alarm: on('origin') }),
  'sixty-rows': change('unclear', {
    about: 'a model with so little traffic that the window has sixty rows',
    alarm: on('origin'),
    enough: { rows: 0, days: 0 },
  }),
  'hour-reversed': change('concept-shift', {
    about:
      'labels exchanged between morning and evening of the same day and airport: the effect of the hour is reversed',
    alarm: PERFORMANCE,
    enough: { rows: 15_000, days: DAYS },
  }),
  'airports-triple': change('genuine-shift', {
    about: 'two of the ten busiest airports have three times the traffic',
    columns: ['origin', 'destination'],
    alarm: on('origin'),
    enough: { rows: 4000, days: DAYS },
  }),
  season: change('seasonal', {
    about:
      'a synthetic history of two years, each with the same weeks of more flights to the sun; the window is the second',
    alarm: on('destination'),
    enough: { rows: 4000, days: DAYS },
  }),
};
