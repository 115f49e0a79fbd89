/** Facts of the trigger policy with everything quiet, to be changed by each test in what it is about. */
import type { ClaimFacts, Judgement, TriggerFacts, WaitingTrigger } from '#dist/core/policy/triggers/facts.js';
import { judge } from '#dist/core/policy/triggers/judge.js';
import { type TriggerPolicy, triggers } from '#dist/core/spec/trigger-schema.js';

export const NOW = '2001-04-10T12:00:00.000Z';
export const WALL = { mode: 'wall' } as const;
export const at = (offsetMs: number): string => new Date(Date.parse(NOW) + offsetMs).toISOString();
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const policy = (raw: object = {}): TriggerPolicy => triggers.parse(raw);

type FindingFacts = ClaimFacts['findings'][number];

export const finding = (over: Partial<FindingFacts> = {}): FindingFacts => ({
  scope: 'column',
  column: 'distance',
  method: 'K-S p_value',
  family: 'p-value',
  lowerIsDrift: true,
  score: 0.001,
  threshold: 0.05,
  alert: true,
  ...over,
});

export const claim = (over: Partial<ClaimFacts> = {}): ClaimFacts => ({
  source: 'monitor-job',
  monitor: 'evidently',
  severity: 'warning',
  window: { start: '2001-04-01T00:00:00.000Z', end: '2001-04-08T00:00:00.000Z' },
  nReference: 1000,
  nCurrent: 1000,
  findings: [finding()],
  absent: [],
  ...over,
});

let seq = 0;
/** A drift claim that came an hour ago, unless told otherwise. */
export function waiting(over: Partial<WaitingTrigger> = {}): WaitingTrigger {
  seq += 1;
  const cause = over.cause ?? 'drift';
  const isClaim = cause === 'drift' || cause === 'performance';
  return {
    triggerId: `t${seq}`,
    seq,
    state: 'pending',
    cause,
    requestedBy: isClaim ? 'evidently' : 'someone',
    clock: WALL,
    createdAt: at(-HOUR),
    claim: isClaim ? claim() : null,
    body: {},
    ...over,
  };
}

export const quietClaim = (over: Partial<ClaimFacts> = {}): ClaimFacts =>
  claim({ findings: [finding({ alert: false, score: 0.4 })], ...over });

export const facts = (over: Partial<TriggerFacts> = {}): TriggerFacts => ({
  modelId: 'flights',
  now: NOW,
  pause: null,
  openRun: null,
  lastRuns: [],
  spent: { runs: 0, trainingMinutes: 0 },
  champion: null,
  openIncidents: [],
  waiting: [],
  histories: [],
  lastReports: [],
  newLabels: [],
  ...over,
});

export const openRun = (over: Partial<NonNullable<TriggerFacts['openRun']>> = {}) => ({
  runNo: 7,
  openedAt: at(-MINUTE),
  clock: WALL,
  promotion: 'by-policy' as const,
  stage: 'train' as const,
  ...over,
});

export const judged = (over: Partial<TriggerFacts>, raw: object = {}): Judgement => judge(facts(over), policy(raw));

/** What became of a trigger: `run`, its new state, or `waits`. */
export function fateOf(judgement: Judgement, { triggerId }: WaitingTrigger): string {
  if (judgement.open?.triggerIds.includes(triggerId)) return 'run';
  return judgement.changes.find(({ triggerIds }) => triggerIds.includes(triggerId))?.state ?? 'waits';
}

export const reasonOf = (judgement: Judgement, { triggerId }: WaitingTrigger): string =>
  judgement.changes.find(({ triggerIds }) => triggerIds.includes(triggerId))?.reason ?? '';
