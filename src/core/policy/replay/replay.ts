/**
 * Drives the trigger policy through a recorded past: the same `judge` as in earnest, with the instants of arrivals, ticks,
 * ends of runs and of incidents, and its own `wakeAt` as the only clock. Every run trains on all that its cutoff allows and goes live when it ends:
 * what is compared is when to retrain, not whether a candidate passes its gates.
 */

import { assertInvariant } from '../../errors.js';
import { iso } from '../../instant.js';
import { DAY_MS, durationMs } from '../../spec/duration.js';
import { judge } from '../triggers/judge.js';
import type { Contender, Span } from './contender.js';
import type { QualityGrid } from './quality-grid.js';
import type { RecordedClaim } from './recorded.js';
import { type ReplayedRun, World } from './world.js';

export interface Replay {
  readonly name: string;
  readonly runs: readonly ReplayedRun[];
  /** What became of the triggers, by state. */
  readonly fates: Readonly<Record<string, number>>;
}

interface Event {
  readonly ms: number;
  /** It waits for the debounce like those that wait already. */
  readonly isPatient: boolean;
  readonly happen: (world: World) => void;
}

/** More judgements than this at one instant and the policy would run in a circle. */
const MOST_AT_ONCE = 100;

function labelNotices({ policy, labelDelayMs }: Contender, { fromMs, toMs }: Span): Event[] {
  if (policy.labels === undefined) return [];
  const events: Event[] = [];
  for (let endMs = fromMs + DAY_MS; endMs + labelDelayMs < toMs; endMs += DAY_MS) {
    const ms = endMs + labelDelayMs;
    const body = { through: iso(endMs) };
    events.push({
      ms,
      isPatient: false,
      happen: (world) => world.arrive(ms, { cause: 'labels', requestedBy: 'labels', claim: null, body }),
    });
  }
  return events;
}

/** Nothing arrives at a closing; what it held is judged. */
function closings({ incidents }: Contender): Event[] {
  return incidents.flatMap(({ closedMs }) =>
    closedMs === null ? [] : [{ ms: closedMs, isPatient: false, happen: () => undefined }],
  );
}

function eventsOf(contender: Contender, claims: readonly RecordedClaim[], span: Span): Event[] {
  const ticks = contender.ticksMs.map(
    (ms): Event => ({
      ms,
      isPatient: false,
      happen: (world) => world.arrive(ms, { cause: 'schedule', requestedBy: 'schedule', claim: null, body: {} }),
    }),
  );
  const heard = (contender.hearsClaims ? claims : []).map(
    (claim): Event => ({
      ms: claim.arrivedMs,
      isPatient: claim.claim.severity !== 'critical',
      happen: (world) => world.hear(claim.arrivedMs, claim),
    }),
  );
  return [...ticks, ...heard, ...labelNotices(contender, span), ...closings(contender)]
    .filter(({ ms }) => ms >= span.fromMs && ms < span.toMs)
    .sort((a, b) => a.ms - b.ms);
}

/** Judges until nothing more follows at this instant; when to judge again. */
function settle(world: World, contender: Contender, nowMs: number): number {
  for (let round = 0; round < MOST_AT_ONCE; round += 1) {
    const judgement = judge(world.facts(nowMs), contender.policy);
    if (world.apply(judgement, nowMs)) continue;
    const wakeMs = judgement.wakeAt === null ? Number.POSITIVE_INFINITY : Date.parse(judgement.wakeAt);
    assertInvariant(
      wakeMs > nowMs,
      `The policy "${contender.name}" wakes at ${judgement.wakeAt}, which is not after now.`,
    );
    return wakeMs;
  }
  assertInvariant(false, `The policy "${contender.name}" did not settle at ${iso(nowMs)}.`);
}

/**
 * In a storm, what arrives while a judgement is due within the quiet period anyway can only put it off: it is seen then.
 * Judging at each of ten thousand arrivals would give the same and take minutes.
 */
function isSeenSoon(event: Event, world: World, { wakeMs, quietMs }: { wakeMs: number; quietMs: number }): boolean {
  return event.isPatient && !world.hasOpenRun && wakeMs > event.ms && wakeMs <= event.ms + quietMs;
}

export function replay(
  contender: Contender,
  { grid, claims, span }: { grid: QualityGrid; claims: readonly RecordedClaim[]; span: Span },
): Replay {
  const world = new World(grid, contender, span);
  const events = eventsOf(contender, claims, span);
  const quietMs = durationMs(contender.policy.debounce.quiet);
  let nowMs = span.fromMs;
  for (let at = 0; nowMs < span.toMs; ) {
    world.closeRunIfOver(nowMs);
    for (; at < events.length && events[at]!.ms <= nowMs; at += 1) events[at]!.happen(world);
    const wakeMs = settle(world, contender, nowMs);
    for (; at < events.length && isSeenSoon(events[at]!, world, { wakeMs, quietMs }); at += 1)
      events[at]!.happen(world);
    nowMs = Math.min(wakeMs, world.runEndsMs, events[at]?.ms ?? Number.POSITIVE_INFINITY);
  }
  world.finish();
  return { name: contender.name, runs: world.runs, fates: Object.fromEntries([...world.fates].sort()) };
}
