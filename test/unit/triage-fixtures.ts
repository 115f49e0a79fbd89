// Facts of a sound, unchanged fortnight under an alarm of a monitor; tests say what differs.
import type {
  Alleged,
  AssociationFacts,
  ColumnMap,
  LabelFacts,
  LabelShift,
  MovedColumn,
  PerformanceFacts,
  RefitFacts,
  TriageFacts,
  VersionRecord,
} from '#dist/core/triage/facts.js';

const ONSET = '2001-03-08T00:00:00.000Z';
const WINDOW = { start: '2001-03-01T00:00:00.000Z', end: '2001-03-15T00:00:00.000Z' };

export const alleged = (given: Partial<Alleged> = {}): Alleged => ({
  triggerId: 'nightly/1',
  monitor: 'evidently',
  window: WINDOW,
  nReference: 5000,
  nCurrent: 5000,
  alerts: [
    { scope: 'column', column: 'distance', method: 'K-S p_value', score: 0.01, threshold: 0.05, lowerIsDrift: true },
  ],
  absent: [],
  ...given,
});

export const column = (given: Partial<MovedColumn> = {}): MovedColumn => ({
  column: 'distance',
  method: 'ks',
  adjustedPValue: 0.6,
  effect: 0.01,
  hasMoved: false,
  isUnchanged: true,
  isSustained: false,
  profileEffect: 0.02,
  onset: null,
  labelledShare: null,
  ...given,
});

export const moved = (given: Partial<MovedColumn> = {}): MovedColumn =>
  column({
    adjustedPValue: 0.001,
    effect: 0.2,
    hasMoved: true,
    isUnchanged: false,
    isSustained: true,
    labelledShare: 0.98,
    onset: ONSET,
    ...given,
  });

export const map = (given: Partial<ColumnMap> = {}): ColumnMap => ({
  column: 'distance',
  kind: 'unit',
  text: 'distance × 1.609344 (miles to kilometres)',
  share: 1,
  distanceBefore: 0.3,
  distanceAfter: 0.01,
  onset: ONSET,
  ...given,
});

export const rotation = (given: Partial<ColumnMap> = {}): ColumnMap =>
  map({ column: 'hour', kind: 'rotate', text: 'hour − 5', ...given });

export const outOfStep = (): AssociationFacts => ({
  pairs: 2,
  together: ['distance', 'origin', 'destination'],
  outOfStep: [
    {
      columns: ['distance'],
      pairs: [
        { columns: ['distance', 'origin'], reference: 0.17, current: 0.02 },
        { columns: ['distance', 'destination'], reference: 0.16, current: 0.01 },
      ],
      onset: ONSET,
      until: null,
    },
  ],
});

export const performance = (given: Partial<PerformanceFacts> = {}): PerformanceFacts => ({
  metric: 'log-loss',
  rows: 20_000,
  days: 14,
  referenceDays: 28,
  current: 0.5,
  reference: 0.5,
  change: 0,
  interval: { lower: -0.01, upper: 0.01, confidence: 0.95 },
  aucCurrent: 0.65,
  aucReference: 0.65,
  aucInterval: null,
  onset: null,
  ...given,
});

export const fallen = (given: Partial<PerformanceFacts> = {}): PerformanceFacts =>
  performance({
    current: 0.56,
    change: 0.05,
    interval: { lower: 0.03, upper: 0.07, confidence: 0.95 },
    onset: ONSET,
    ...given,
  });

export const refit = (lower: number): RefitFacts => ({
  gain: lower + 0.01,
  interval: { lower, upper: lower + 0.02, confidence: 0.95 },
  days: 7,
  trainRows: 5000,
  testRows: 5000,
});

const shift = (given: Partial<LabelShift> = {}): LabelShift => ({
  where: 'overall',
  column: null,
  before: 0.2,
  after: 0.2,
  rows: 20_000,
  interval: { lower: -0.02, upper: 0.02, confidence: 0.95 },
  isInverted: false,
  isAbrupt: false,
  onset: null,
  ...given,
});

export const jump = (given: Partial<LabelShift> = {}): LabelShift =>
  shift({
    after: 0.1,
    interval: { lower: -0.12, upper: -0.08, confidence: 0.95 },
    isAbrupt: true,
    onset: ONSET,
    ...given,
  });

export const labels = (given: Partial<LabelFacts> = {}): LabelFacts => ({
  known: 0.98,
  knownUsually: 0.98,
  positivesKnown: 0.98,
  labelledRows: 20_000,
  labelledDays: 14,
  matureKnown: 1,
  shifts: [shift()],
  announced: [],
  noise: 0.02,
  referenceNoise: 0.02,
  decidedByChampion: null,
  ...given,
});

export const version = (given: Partial<VersionRecord> = {}): VersionRecord => ({
  eventId: 'deploy/1',
  kind: 'code',
  name: null,
  from: '1.4',
  to: '1.5',
  commit: 'abc1234',
  columns: [],
  at: '2001-03-07T18:00:00.000Z',
  ...given,
});

export const PASSED = {
  check: 'row-count',
  column: null,
  severity: 'error',
  passed: true,
  value: 20_000,
  threshold: 1000,
  text: '20000 rows.',
} as const;

export const facts = (given: Partial<TriageFacts> = {}): TriageFacts => ({
  cause: 'drift',
  claims: [alleged()],
  hasChampion: true,
  inputsAsOf: '2001-03-16T00:00:00.000Z',
  labelsAsOf: '2001-03-16T00:00:00.000Z',
  current: { window: WINDOW, rows: 20_000, days: 14 },
  reference: { window: { start: '2001-02-01T00:00:00.000Z', end: WINDOW.start }, rows: 40_000, days: 28 },
  checks: [PASSED],
  maps: [],
  recomputed: [],
  drift: { columns: [column(), column({ column: 'hour' })], scores: column({ column: 'score' }) },
  performance: performance(),
  refit: null,
  labels: labels(),
  versions: [],
  season: null,
  notMeasured: [],
  isAfterLabelWait: false,
  ...given,
});
