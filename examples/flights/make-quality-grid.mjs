/**
 * Makes quality-grid.json: how good a model fitted on all the past up to each week would have been on every later day.
 * It is what `perennial policy replay` and `perennial policy advise` take for realised quality. Real: each cutoff is frozen
 * with the labels known at it, trained by the project's own trainer in its own process, and scored on rows that it never saw.
 * Each is trained from three seeds, and a day's score is their mean: what a refit is worth without the luck of one training.
 *
 *   npm run build && node examples/flights/make-quality-grid.mjs && npm run format
 *
 * Takes some minutes of one core; a cutoff that is finished is kept in data/quality-grid.parts/ and not made again.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeColumnTable } from '../../dist/core/column-table.js';
import { specDigest } from '../../dist/core/spec/digest.js';
import { DAY_MS, durationMs } from '../../dist/core/spec/duration.js';
import { parseSpec } from '../../dist/core/spec/parse-spec.js';
import { recipeDigest } from '../../dist/core/spec/recipe.js';
import { resolveSourcePaths } from '../../dist/core/spec/source-paths.js';
import { concordance } from '../../dist/core/stats/concordance.js';
import { blocksOfDays, rankSample } from '../../dist/core/stats/ranked-sample.js';
import { createDataset } from '../../dist/dataset/create-dataset.js';
import { createLocalStore } from '../../dist/storage/local-store.js';
import { trainerCodeDigest } from '../../dist/trainer/code-digest.js';
import { createTrainerHost } from '../../dist/trainer/host.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const SPEC_FILE = 'flights.yaml';
const TARGET = join(HERE, 'quality-grid.json');
const PARTS = join(HERE, 'data', 'quality-grid.parts');
const FIRST = '2001-02-01T00:00:00.000Z';
const LAST = '2001-07-01T00:00:00.000Z';
const SEEDS = [1, 2, 3];
/** Every label is in by then. */
const LABELS_BY = '2001-07-08T00:00:00.000Z';
const iso = (ms) => new Date(ms).toISOString();
const signal = new AbortController().signal;
const round = (value, digits) => Number(value.toFixed(digits));

/** Processor time of a running process in ms; what it had used when last seen is what counts. Linux only, else null. */
async function processorMs(pid) {
  try {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null; // gone, or no /proc
  }
}

async function withScratch(work) {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-grid-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function freeze(tools, { window, labelsAsOf, kind, boundaryAt }, dir) {
  const request = { kind, window, inputsAsOf: labelsAsOf, labelsAsOf, excluding: [], last: null };
  const snapshot = await tools.dataset.freeze(tools.spec, request, { signal });
  const path = join(dir, `${kind}.columns`);
  const columns = await tools.dataset.toColumns(tools.spec, { snapshot, path, boundaryAt }, { signal });
  return { snapshot, columns };
}

async function trainThrough(tools, cutoff, seed) {
  const { spec } = tools;
  return withScratch(async (dir) => {
    const boundaryAt = iso(Date.parse(cutoff) - durationMs(spec.trainer.validationTail));
    const window = { start: spec.window.expanding, end: cutoff };
    const { snapshot, columns } = await freeze(
      tools,
      { window, labelsAsOf: cutoff, kind: 'training', boundaryAt },
      dir,
    );
    const started = Date.now();
    let cpuMs = 0;
    const job = {
      columnsPath: columns.path,
      trainRows: columns.rowsBefore,
      features: spec.features,
      trainer: { ...spec.trainer, seed },
      resumeFrom: null,
      workDir: dir,
    };
    let pid = null;
    const timer = setInterval(async () => {
      const ms = pid === null ? null : await processorMs(pid);
      cpuMs = Math.max(cpuMs, ms ?? 0);
    }, 200);
    const result = await tools.trainer.train(job, {
      signal,
      onProgress: (progress) => {
        pid = progress.pid;
      },
    });
    clearInterval(timer);
    const wallMs = Date.now() - started;
    return { result, rows: snapshot.rows.used, contentDigest: snapshot.contentDigest, wallMs, cpuMs };
  });
}

/** AUC within each day, null for a day without both classes. */
function scoreDays(scores, label, blocks) {
  const matrix = concordance(rankSample(scores, label, blocks));
  return Array.from({ length: blocks.blocks }, (_, day) => {
    const value = matrix.pairs[day * blocks.blocks + day] / (matrix.positives[day] * matrix.negatives[day]);
    return Number.isNaN(value) ? null : value;
  });
}

async function makePart(tools, { cutoff, seed }, scored) {
  const path = join(PARTS, `${cutoff.slice(0, 10)}-${seed}.json`);
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8'));
  const { result, rows, contentDigest, wallMs, cpuMs } = await trainThrough(tools, cutoff, seed);
  const { scores } = await withScratch((dir) =>
    tools.trainer.predict(
      { columnsPath: scored.path, artifacts: [result.artifact], workDir: dir, trainer: tools.spec.trainer },
      { signal },
    ),
  );
  const byDay = scoreDays(scores[0], scored.table.label, scored.blocks);
  const part = {
    trainedThrough: cutoff,
    trainingMinutes: round((cpuMs > 0 ? cpuMs : wallMs) / 60_000, 3),
    wallMinutes: round(wallMs / 60_000, 3),
    trainingRows: rows,
    trainingContentDigest: contentDigest,
    artifactDigest: result.artifact.digest,
    trainEpochs: result.trainEpochs,
    environment: result.environment,
    scoresByDay: byDay.map((value, at) => (value === null || scored.days[at] < cutoff ? null : round(value, 5))),
  };
  await writeFile(`${path}.tmp`, JSON.stringify(part));
  await rename(`${path}.tmp`, path);
  return part;
}

async function makeScored(tools, dir) {
  const window = { start: FIRST, end: LAST };
  const { snapshot, columns } = await freeze(
    tools,
    { window, labelsAsOf: LABELS_BY, kind: 'holdout', boundaryAt: null },
    dir,
  );
  const bytes = await readFile(columns.path);
  const table = decodeColumnTable(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const blocks = blocksOfDays(table.day);
  const rows = new Array(blocks.blocks).fill(0);
  const positives = new Array(blocks.blocks).fill(0);
  const days = new Array(blocks.blocks);
  for (let row = 0; row < table.rows; row += 1) {
    const at = blocks.block[row];
    rows[at] += 1;
    positives[at] += table.label[row];
    days[at] ??= iso(table.day[row] * DAY_MS);
  }
  return { path: columns.path, table, blocks, days, rows, positives, contentDigest: snapshot.contentDigest };
}

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanScore = ({ scoresByDay }) => meanOf(scoresByDay.filter((score) => score !== null));

/** One cutoff from its seeds: a day that one of them could not be scored on counts for none. */
function joinSeeds(parts) {
  const [{ trainedThrough, trainingRows, trainingContentDigest, scoresByDay }] = parts;
  const spread = parts.map(meanScore);
  const middle = meanOf(spread);
  return {
    trainedThrough,
    trainingMinutes: round(meanOf(parts.map(({ trainingMinutes }) => trainingMinutes)), 3),
    trainingRows,
    trainingContentDigest,
    artifactDigests: parts.map(({ artifactDigest }) => artifactDigest),
    trainEpochs: parts.map(({ trainEpochs }) => trainEpochs),
    /** Standard deviation of the mean score between seeds. */
    betweenSeeds: round(Math.sqrt(spread.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (parts.length - 1)), 5),
    scoresByDay: scoresByDay.map((_, day) => {
      const own = parts.map((part) => part.scoresByDay[day]);
      return own.includes(null) ? null : round(meanOf(own), 5);
    }),
  };
}

function provenanceOf({ written, spec, scored, parts }) {
  const { seed: _, trainerCodeDigest: __, ...environment } = parts[0].environment;
  return {
    madeBy: 'examples/flights/make-quality-grid.mjs',
    spec: `examples/flights/${SPEC_FILE}`,
    specDigest: specDigest(written),
    recipeDigest: recipeDigest(written, trainerCodeDigest()),
    seeds: SEEDS,
    trainingMinutes: `processor minutes of the trainer's process (${written.trainer.threads} thread), mean over seeds, on a machine with ${availableParallelism()} cores`,
    window: `all rows from ${spec.window.expanding} to the cutoff whose labels were known at it; of every model the same rows (sample ${spec.sample.fraction}, seed ${spec.sample.seed})`,
    scoredContentDigest: scored.contentDigest,
    trainerCodeDigests: [...new Set(parts.map((part) => part.environment.trainerCodeDigest))],
    environment,
  };
}

async function main() {
  const text = await readFile(join(HERE, SPEC_FILE), 'utf8');
  const written = parseSpec(text, SPEC_FILE);
  const spec = resolveSourcePaths(written, HERE);
  await mkdir(PARTS, { recursive: true });
  await withScratch(async (dir) => {
    const store = createLocalStore(join(dir, 'artifacts'));
    const scratchDir = join(dir, 'scratch');
    await mkdir(scratchDir, { recursive: true });
    const dataset = createDataset({ store, scratchDir, connectionUrl: () => undefined });
    const tools = { spec, dataset, trainer: createTrainerHost({ store }) };
    const scored = await makeScored(tools, dir);
    const parts = [];
    for (const seed of SEEDS) {
      for (let ms = Date.parse(FIRST); ms < Date.parse(LAST); ms += 7 * DAY_MS) {
        const part = await makePart(tools, { cutoff: iso(ms), seed }, scored);
        parts.push(part);
        const { trainedThrough, trainingRows, trainEpochs, trainingMinutes, wallMinutes } = part;
        console.log(
          `${trainedThrough.slice(0, 10)} seed ${seed}  ${trainingRows} rows  ${trainEpochs} train epochs  ` +
            `${trainingMinutes} min (${wallMinutes} by the wall)  within-day AUC ${meanScore(part).toFixed(4)}`,
        );
      }
    }
    const cutoffs = [...new Set(parts.map(({ trainedThrough }) => trainedThrough))].map((trainedThrough) =>
      joinSeeds(parts.filter((part) => part.trainedThrough === trainedThrough)),
    );
    const { days, rows, positives } = scored;
    const grid = { metric: 'within-day AUC', higherIsBetter: true, days, rows, positives, cutoffs };
    const body = `${JSON.stringify({ ...grid, provenance: provenanceOf({ written, spec, scored, parts }) })}\n`;
    await writeFile(`${TARGET}.tmp`, body);
    await rename(`${TARGET}.tmp`, TARGET);
    console.log(`Wrote ${TARGET} (${Math.round(body.length / 1024)} KB).`);
  });
}

await main();
