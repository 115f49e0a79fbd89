/**
 * The world that a replayed policy lives in: what waits, which run is open, which model serves. It answers the questions
 * that the registry answers in earnest, and applies judgements as the registry does; it decides nothing itself.
 */
import { iso } from '../../instant.js';
import { DAY_MS, durationMs } from '../../spec/duration.js';
import type { Cause } from '../../types.js';
import type { Judgement, StateChange, TriggerFacts, WaitingTrigger } from '../triggers/facts.js';
import type { Contender, Span } from './contender.js';
import { cutoffAt, firstMs, type QualityGrid, startOf } from './quality-grid.js';
import type { RecordedClaim, RecordedIncident } from './recorded.js';
import { ScoreMemory } from './score-memory.js';

const WALL = { mode: 'wall' } as const;

export interface ReplayedRun {
  readonly runNo: number;
  readonly openedMs: number;
  /** Its model serves from here on. */
  readonly endedMs: number;
  readonly cause: Cause;
  readonly reason: string;
  readonly triggers: number;
  /** Indices of cutoffs: what it trained, and what served before. */
  readonly trained: number;
  readonly replaced: number;
  readonly trainingMinutes: number;
}

type Arriving = Pick<WaitingTrigger, 'cause' | 'requestedBy' | 'claim' | 'body'>;

export class World {
  readonly runs: ReplayedRun[] = [];
  /** How many triggers ended in each state; those still waiting at the end included. */
  readonly fates = new Map<string, number>();
  #waiting: WaitingTrigger[] = [];
  #seq = 0;
  #open: ReplayedRun | null = null;
  #served = 0;
  #servedSinceMs: number;
  readonly #heard: RecordedClaim[] = [];
  readonly #counts = new Map<string, number>();
  readonly #missed = new Set<string>();
  readonly #memory: ScoreMemory;

  constructor(
    private readonly grid: QualityGrid,
    private readonly contender: Contender,
    private readonly span: Span,
  ) {
    this.#memory = new ScoreMemory(contender.policy);
    this.#served = startOf(grid);
    this.#servedSinceMs = span.fromMs;
  }

  get hasOpenRun(): boolean {
    return this.#open !== null;
  }

  get runEndsMs(): number {
    return this.#open?.endedMs ?? Number.POSITIVE_INFINITY;
  }

  closeRunIfOver(nowMs: number): void {
    if (this.#open === null || this.#open.endedMs > nowMs) return;
    this.#served = this.#open.trained;
    this.#servedSinceMs = this.#open.endedMs;
    this.#open = null;
  }

  arrive(nowMs: number, trigger: Arriving): void {
    this.#seq += 1;
    const place = { triggerId: `t${this.#seq}`, seq: this.#seq, state: 'pending' as const };
    this.#waiting.push({ ...place, ...trigger, clock: WALL, createdAt: iso(nowMs) });
  }

  hear(nowMs: number, recorded: RecordedClaim): void {
    this.#heard.push(recorded);
    this.#memory.add(recorded.claim);
    const { cause, claim } = recorded;
    this.arrive(nowMs, { cause, requestedBy: claim.monitor, claim, body: {} });
  }

  facts(nowMs: number): TriggerFacts {
    const last = this.runs.findLast(({ endedMs }) => endedMs <= nowMs);
    const trainedThrough = this.grid.cutoffs[this.#served]!.trainedThrough;
    const open = this.#open;
    return {
      modelId: 'replayed',
      now: iso(nowMs),
      pause: null,
      openRun:
        open === null
          ? null
          : { runNo: open.runNo, openedAt: iso(open.openedMs), clock: WALL, promotion: 'by-policy', stage: 'assess' },
      lastRuns:
        last === undefined
          ? []
          : [{ mode: 'wall', runNo: last.runNo, endedAt: iso(last.endedMs), outcome: 'promoted' }],
      spent: this.#spent(nowMs),
      champion: { version: this.#served + 1, trainedThrough, since: iso(this.#servedSinceMs) },
      openIncidents: this.#incidents(nowMs),
      waiting: this.#waiting,
      histories: this.#memory.before(this.#waiting),
      lastReports: this.#lastReports(),
      newLabels: [...this.#counts].map(([triggerId, count]) => ({ triggerId, count })),
    };
  }

  /** @returns whether something changed that the next judgement has to see at the same instant */
  apply(judgement: Judgement, nowMs: number): boolean {
    for (const change of judgement.changes) this.#change(change);
    if (judgement.open !== null) this.#openRun(judgement.open, nowMs);
    for (const { triggerId, through } of judgement.countLabels)
      this.#counts.set(triggerId, this.#count(Date.parse(through)));
    let isNew = judgement.open !== null || judgement.countLabels.length > 0;
    for (const missing of judgement.missingReports) isNew = this.#miss(missing, nowMs) || isNew;
    return isNew;
  }

  finish(): void {
    for (const { state } of this.#waiting) this.#tally(state);
  }

  #tally(state: string): void {
    this.fates.set(state, (this.fates.get(state) ?? 0) + 1);
  }

  #incidents(nowMs: number): TriggerFacts['openIncidents'] {
    const isOpen = ({ openedMs, closedMs }: RecordedIncident): boolean =>
      openedMs <= nowMs && (closedMs === null || nowMs < closedMs);
    return this.contender.incidents.filter(isOpen).map(({ incident }) => incident);
  }

  #change({ triggerIds, state, incidentId }: StateChange): void {
    const ids = new Set(triggerIds);
    this.#waiting = this.#waiting.flatMap((trigger) => {
      if (!ids.has(trigger.triggerId)) return [trigger];
      if (state === 'held' || state === 'escalated') return [{ ...trigger, state, incidentId }];
      this.#tally(state);
      return [];
    });
  }

  #openRun(opening: NonNullable<Judgement['open']>, nowMs: number): void {
    const ids = new Set(opening.triggerIds);
    this.#waiting = this.#waiting.filter(({ triggerId }) => !ids.has(triggerId));
    this.#tally('started');
    for (let more = 1; more < ids.size; more += 1) this.#tally('merged');
    const trained = cutoffAt(this.grid, nowMs);
    const { trainingMinutes } = this.grid.cutoffs[trained]!;
    const { cause, reason } = opening;
    this.#open = {
      runNo: this.runs.length + 1,
      openedMs: nowMs,
      endedMs: nowMs + Math.max(1, Math.round(trainingMinutes * 60_000)),
      cause,
      reason,
      triggers: ids.size,
      trained,
      replaced: this.#served,
      trainingMinutes,
    };
    this.runs.push(this.#open);
  }

  #spent(nowMs: number): TriggerFacts['spent'] {
    const { budget } = this.contender.policy;
    const sinceMs = nowMs - durationMs(budget?.period ?? 'P0D');
    const counted = this.runs.filter(({ openedMs }) => openedMs > sinceMs);
    return { runs: counted.length, trainingMinutes: counted.reduce((sum, run) => sum + run.trainingMinutes, 0) };
  }

  /** Rows of the grid that are newer than the champion's training data, by days that are over. */
  #count(throughMs: number): number {
    const sinceMs = Date.parse(this.grid.cutoffs[this.#served]!.trainedThrough);
    return this.grid.rows.reduce((sum, rows, day) => {
      const startMs = firstMs(this.grid) + day * DAY_MS;
      return startMs >= sinceMs && startMs + DAY_MS <= throughMs ? sum + rows : sum;
    }, 0);
  }

  #miss({ monitor, dueAt, window }: Judgement['missingReports'][number], nowMs: number): boolean {
    const key = `${monitor} ${dueAt}`;
    if (this.#missed.has(key)) return false;
    this.#missed.add(key);
    const why = `No report of ${monitor} by its due time ${dueAt}.`;
    const claim = {
      source: 'perennial',
      monitor,
      severity: 'warning' as const,
      window,
      nReference: null,
      nCurrent: null,
      findings: [],
      absent: [{ what: 'report' as const, name: monitor, why }],
    };
    this.arrive(nowMs, { cause: 'drift', requestedBy: 'perennial', claim, body: {} });
    return true;
  }

  #lastReports(): TriggerFacts['lastReports'] {
    return this.contender.policy.expect.map(({ monitor }) => {
      const newest = this.#heard.findLast(({ claim }) => claim.monitor === monitor);
      return { monitor, at: iso(newest?.arrivedMs ?? this.span.fromMs) };
    });
  }
}
