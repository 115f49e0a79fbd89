/** What a backfill keeps in memory and shows: how far it is. Each window's truth is its row in the ledger. */
import { setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { PlannedBackfill, SeenWindow } from '../activities/create-backfill-activities.js';
import type {
  BackfillInput,
  BackfillProgress,
  BackfillResult,
  BackfillRow,
  BackfillStatus,
} from '../core/backfill/types.js';
import { backfillDetails } from '../core/report/backfill-details.js';
import type { Instant } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { backfillStatusQuery } from './messages.js';
import { SEARCH_ATTRIBUTES } from './search-attributes.js';

/** So many rows travel and are shown. */
const RECENT = 50;
/** Below this a new execution could be due again before it has done anything. */
const LEAST_HISTORY_EVENTS = 50;

export class BackfillState {
  present: BackfillProgress['present'] = null;
  #page: PlannedBackfill | null = null;
  #done = 0;
  #tally: Readonly<Record<string, number>> = {};
  #recent: readonly BackfillRow[] = [];
  #shown: BackfillStatus['present'] = null;
  #kind: BackfillStatus['kind'] = 'running';

  constructor(readonly input: BackfillInput) {
    const { progress } = input;
    if (progress !== undefined) {
      this.#done = progress.done;
      this.#tally = progress.tally;
      this.#recent = progress.recent;
      this.present = progress.present;
    }
    setHandler(backfillStatusQuery, () => this.#status());
    this.#refresh();
  }

  get labels(): PlannedBackfill['labels'] {
    return this.#page?.labels ?? { delayMs: 0, deadlineMs: 0 };
  }

  get isDue(): boolean {
    const { maxHistoryEvents } = this.input;
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    const isLong = maxHistoryEvents !== undefined && historyLength >= Math.max(LEAST_HISTORY_EVENTS, maxHistoryEvents);
    return continueAsNewSuggested || isLong;
  }

  /** The next windows; none when all are over. */
  async nextPage(): Promise<readonly Instant[]> {
    const { modelId, name, from, to, every, progress } = this.input;
    const rule = this.#page?.rule ?? progress?.rule ?? null;
    const isFirst = this.#page === null;
    this.#page = await runActivities().planBackfill.executeWithOptions(
      { summary: `windows from ${this.#done + 1} on` },
      [{ modelId, name, from, to, every, rule, done: this.#done }],
    );
    if (isFirst && this.#page.hasSearchAttributes) {
      upsertSearchAttributes([
        { key: SEARCH_ATTRIBUTES.model, value: modelId },
        { key: SEARCH_ATTRIBUTES.cause, value: 'schedule' },
      ]);
    }
    this.#refresh();
    return this.#page.instants;
  }

  begin(at: Instant): void {
    this.#shown = { at, runNo: null, text: 'is asked for' };
    if (this.#page?.hasSearchAttributes) {
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.windowEnd, value: new Date(at) }]);
    }
    this.#refresh();
  }

  show(at: Instant, { attempt, wait }: SeenWindow): void {
    const run = attempt?.run ?? null;
    const text =
      run === null
        ? `${attempt?.state ?? 'asked for'}: ${attempt?.reason ?? 'not in the ledger yet'}`
        : wait === null
          ? run.stage
          : `${run.stage}: awaits ${wait.awaits}`;
    this.#shown = { at, runNo: run?.runNo ?? null, text };
    this.#refresh();
  }

  finish(row: BackfillRow): void {
    this.#done += 1;
    this.#add(row);
  }

  /** A window that was broken off is told, and not done. */
  breakOff(row: BackfillRow): void {
    this.#add(row);
  }

  #add(row: BackfillRow): void {
    this.#tally = { ...this.#tally, [row.outcome]: (this.#tally[row.outcome] ?? 0) + 1 };
    this.#recent = [...this.#recent, row].slice(-RECENT);
    this.present = null;
    this.#shown = null;
    this.#refresh();
  }

  end(kind: BackfillResult['kind']): BackfillResult {
    this.#kind = kind;
    this.#shown = null;
    if (this.#page?.hasSearchAttributes) upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: kind }]);
    this.#refresh();
    return { kind, total: this.#page?.total ?? 0, done: this.#done, tally: this.#tally };
  }

  /** Input of the execution that goes on. */
  carried(): BackfillInput {
    const rule = this.#page?.rule ?? this.input.progress?.rule;
    if (rule === undefined) return this.input;
    const { present } = this;
    return { ...this.input, progress: { rule, done: this.#done, tally: this.#tally, recent: this.#recent, present } };
  }

  #status(): BackfillStatus {
    const { modelId, name, from, to, promotion } = this.input;
    return {
      modelId,
      name,
      from,
      to,
      promotion,
      total: this.#page?.total ?? null,
      done: this.#done,
      tally: this.#tally,
      recent: this.#recent,
      present: this.#shown,
      kind: this.#kind,
    };
  }

  #refresh(): void {
    setCurrentDetails(backfillDetails(this.#status()));
  }
}
