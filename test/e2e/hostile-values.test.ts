/**
 * Data and texts that break careless code, through a whole run, trained by the WebAssembly backend: quotes, unicode, NaN,
 * infinities, nulls, line breaks, a category of 10,000 characters, column names that are SQL.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '#dist/cli/fail.js';
import { renderRun } from '#dist/cli/render-run.js';
import type { RunDetail } from '#dist/client/show-run.js';
import { createLocalStore } from '#dist/storage/local-store.js';
import { apply, duck, SMALL_TRAINER, sqlText } from './flights.js';
import { ended, openStage, type Stage } from './stage.js';

const MODEL = 'e2e-hostile';
const LONG = 'x'.repeat(10_000);
const CATEGORIES = [
  `O'Hare "ORD"`,
  'Zürich ✈️ 東京 \u202Eabc',
  LONG,
  'line\nbreak\ttab\\',
  '',
  'NULL',
  `'); DROP TABLE perennial.models; --`,
  '| **bold** | \u001b[31mred',
];
const COLUMN = `we"ird col'umn; --`;
const YES = `jä "✓"`;
const BY = `Zoë "the\tmonitor" O'Neill 🛫`;
/** 3,000 rows over January and February; of every 100, one NaN and one infinite distance. */
const ROWS = 3_000;
const NON_FINITE = 60;

let stage: Stage;
let detail: RunDetail;

async function writeHostileRows(path: string): Promise<void> {
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const list = `[${CATEGORIES.map(sqlText).join(', ')}]`;
  // The category decides the label to a large part, so that there is something to learn.
  await duck(`COPY (
    SELECT concat('id-', i, '-''"ü') AS "the id", event_at, event_at + INTERVAL 1 HOUR AS known_at,
      CASE WHEN i % 100 = 7 THEN 'NaN'::DOUBLE WHEN i % 100 = 8 THEN '-Infinity'::DOUBLE ELSE i % 37 END AS distance,
      CASE WHEN i % 50 = 3 THEN NULL ELSE ${list}[1 + i % ${CATEGORIES.length}] END AS ${quoted(COLUMN)},
      CASE WHEN (hash(i) % 100) < (CASE WHEN i % 2 = 0 THEN 70 ELSE 20 END) THEN ${sqlText(YES)} ELSE 'né''in' END AS label
    FROM (SELECT i, TIMESTAMP '2001-01-01' + to_seconds(i * ${Math.floor((59 * 86_400) / ROWS)}) AS event_at FROM range(${ROWS}) t(i))
  ) TO ${sqlText(path)} (FORMAT parquet)`);
}

const pipeline = (): string =>
  JSON.stringify({
    model: MODEL,
    description: `"quoted" \\ ${'é'.repeat(50)} 🛬 '); --`,
    source: {
      kind: 'parquet',
      path: 'hostile.parquet',
      columns: { id: 'the id', eventAt: 'event_at', label: 'label', labelKnownAt: 'known_at' },
    },
    target: { positive: YES },
    features: [
      { kind: 'numeric', name: 'distance' },
      { kind: 'categorical', name: 'place', column: COLUMN },
      { kind: 'time', name: 'hour', part: 'hour' },
    ],
    window: { expanding: '2001-01-01' },
    holdout: { span: 'last-month', embargo: 'P1D' },
    labels: { delay: 'P1D', coverage: { overall: 0.9, perClass: 0.5 } },
    quality: { minRows: 100, maxNullShare: 0.1, maxOutOfRangeShare: 0.1 },
    slices: [{ name: `the | "long" one\n🛫`, column: COLUMN, in: [LONG, CATEGORIES[6]] }],
    gates: [
      { metric: 'auc', min: 0.6 },
      { metric: 'brier', max: 0.9, on: `the | "long" one\n🛫`, required: false },
    ],
    trainer: { ...SMALL_TRAINER, batchSize: 128, maxTrainEpochs: 6, backend: 'wasm' },
    approval: { policy: 'never' },
  });

beforeAll(async () => {
  stage = await openStage('hostile');
  await writeHostileRows(join(stage.stateDir, 'hostile.parquet'));
  await apply(stage.client, stage.stateDir, pipeline());
  const { runNo } = await stage.client.requestRetrain({
    modelId: MODEL,
    by: BY,
    reason: `multi\nline 'reason' "x" \u2028 ${'ß'.repeat(500)}`,
    clock: { mode: 'replay', now: '2001-03-03' },
    triggerId: `manual/ü "${'i'.repeat(100)}"`,
  });
  detail = await ended(stage, { modelId: MODEL, runNo: runNo ?? 0 });
});
afterAll(() => stage?.close());

describe('a run over hostile values', () => {
  it('ends as any other run: the candidate learns from the categories and becomes champion', () => {
    expect(detail.run.failure).toBeNull();
    expect(detail.run.outcome).toMatchObject({ kind: 'promoted', verdict: 'promote' });
    expect(detail.run.requestedBy).toBe(BY);
    expect(detail.evaluation?.candidateValue).toBeGreaterThan(0.65);
    // NaN or infinity among the scores would leave nulls.
    for (const gate of detail.gates) expect(gate).toMatchObject({ value: expect.any(Number), passed: true });
  });

  it('quarantines the rows that are no numbers, and counts every row once', () => {
    const rows = detail.snapshots.map((snapshot) => snapshot.rows);
    for (const count of rows) {
      expect(count.used + count.unlabelled + count.excluded + count.quarantined).toBe(count.in);
      expect(count.quarantined / count.in).toBeCloseTo(NON_FINITE / ROWS, 2);
    }
  });

  it('keeps the texts as they were written, and prints them without control characters', async () => {
    expect(detail.triggers[0]?.triggerId).toBe(`manual/manual/ü "${'i'.repeat(100)}"`);
    expect(detail.gates.map(({ slice }) => slice)).toContain(`the | "long" one\n🛫`);
    const [spec] = await stage.sql('select canonical_text from perennial.specs');
    expect(JSON.parse(String(spec?.canonical_text))).toMatchObject({
      target: { positive: YES },
      slices: [{ name: `the | "long" one\n🛫`, column: COLUMN, in: [LONG, CATEGORIES[6]] }],
    });
    const printed = renderRun(detail, { width: 120, hasColour: false });
    expect([...printed].filter((character) => character !== '\n' && /\p{Cc}/u.test(character))).toEqual([]);
    const report = detail.evaluation?.report;
    if (report === undefined) throw new Error('The run has no report.');
    const text = (await createLocalStore(join(stage.stateDir, 'artifacts')).read(report)).toString('utf8');
    // A cell stays one cell of one line.
    expect(text).toContain('the \\| "long" one 🛫');
    const [verified] = await stage.client.verify({ modelId: MODEL });
    expect(verified).toMatchObject({ brokenSeq: null });
  });

  it('refuses text that cannot be stored, by name, and goes on', async () => {
    const ask = (reason: string, by = 'monitor') =>
      stage.client.requestRetrain({ modelId: MODEL, by, reason, clock: { mode: 'replay', now: '2001-03-03' } });
    const refused = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));
    const nul = await refused(ask('nul \u0000 inside'));
    expect(nul).toMatchObject({ code: 'SIGNAL_INVALID', message: expect.stringContaining('NUL character') });
    await expect(ask('fine', 'half \ud83d')).rejects.toThrow();
    const [model] = await stage.sql('select count(*)::int as n from perennial.runs');
    expect(model).toEqual({ n: 1 });
    expect((await stage.client.champion({ modelId: MODEL })).champion?.version).toBe(1);
  });
});

it('records in the version which backend trained it, with what its digest depends on', () => {
  expect(detail.version?.training.environment).toMatchObject({
    backend: 'wasm',
    threads: 1,
    seed: 1,
    node: process.versions.node,
    tfjs: expect.stringMatching(/^4\./),
    tfjsBackendWasm: expect.stringMatching(/^4\./),
    trainerCodeDigest: expect.stringMatching(/^[0-9a-f]+$/),
  });
});
