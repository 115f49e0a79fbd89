// One case at one size and seed: its file, the window that an alarm names, and the alarm as a monitor would send it, read by the
// same adapter that the gateway reads it with.
import { join } from 'node:path';
import { parseSignal } from '../../../dist/core/signals/parse-signal.js';
import { injectFlights } from '../../../examples/flights/inject.mjs';
import { CASES } from '../../../examples/flights/inject-cases.mjs';
import { iso, specOver } from './world.mjs';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Days after the onset. */
export const DAYS = 14;
/** The night after the window's last flights has delivered their labels. */
const LABELS_AFTER_MS = 30 * HOUR_MS;
/** As long as the pipeline's own label wait. */
const WAIT_MS = 14 * DAY_MS;
/** Real weeks from February to May, four weeks of the file before each. */
const ONSETS = [
  '2001-03-05',
  '2001-02-19',
  '2001-03-20',
  '2001-03-29',
  '2001-04-05',
  '2001-04-12',
  '2001-04-23',
  '2001-05-01',
  '2001-05-09',
  '2001-05-16',
];
export const SEASON_ONSET = '2001-03-05';
const dayOf = (ms) => iso(ms).slice(0, 10);

const onsetOf = (caseName, seed) => (caseName === 'season' ? SEASON_ONSET : ONSETS[(seed - 1) % ONSETS.length]);

/** The change begins with the window, or some days within it; sixty rows are sixty in the whole window. */
const leadOf = (caseName, seed) =>
  caseName === 'sixty-rows' ? 0 : Math.max(CASES[caseName].lead, seed % 2 === 0 ? 0 : 3);

function alarmOf(caseName, { window, rows, receivedAt }) {
  const { scope, column } = CASES[caseName].alarm;
  const body = {
    monitor: 'simulated',
    eventId: `${caseName}-${window.start}`,
    source: 'simulate',
    window,
    nReference: rows * 2,
    nCurrent: rows,
    findings: [
      {
        scope,
        column,
        method: 'jensenshannon',
        family: 'distance',
        lowerIsDrift: false,
        score: 0.3,
        threshold: 0.1,
        alert: true,
      },
    ],
  };
  const parsed = parseSignal('generic', JSON.stringify(body), {
    modelId: 'flights-faults',
    receivedAt,
    alertWindowMs: DAY_MS,
  });
  return parsed.claims[0];
}

export async function buildCase(world, { caseName, seed, rowsAWeek }) {
  const truth = CASES[caseName];
  const from = onsetOf(caseName, seed);
  const onsetMs = Date.parse(from);
  const window = { start: iso(onsetMs - leadOf(caseName, seed) * DAY_MS), end: iso(onsetMs + DAYS * DAY_MS) };
  const now = iso(Date.parse(window.end) + LABELS_AFTER_MS);
  const path = join(world.dir, `${caseName}-${rowsAWeek}-${seed}.parquet`);
  await injectFlights({
    caseName,
    from,
    to: dayOf(Date.parse(window.end) + 2 * DAY_MS),
    windowEnd: dayOf(Date.parse(window.end)),
    seed,
    rowsAWeek,
    target: path,
  });
  const { version } = truth;
  return {
    caseName,
    truth,
    path,
    window,
    now,
    afterWait: iso(Date.parse(now) + WAIT_MS),
    onset: iso(onsetMs),
    spec: specOver(world, { path, recomputed: truth.recomputed }),
    claim: alarmOf(caseName, { window, rows: caseName === 'sixty-rows' ? 60 : rowsAWeek * 2, receivedAt: now }),
    versions:
      version === null
        ? []
        : [{ eventId: `version-${seed}`, ...version, from: '1', to: '2', commit: '4f1c2ab', at: iso(onsetMs) }],
  };
}
