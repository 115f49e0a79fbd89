/**
 * The pipeline spec as a zod schema: what a user writes in YAML, with every default. The parsed value (all defaults
 * filled) is what is digested and stored; nothing downstream ever sees the raw text.
 * Durations are ISO 8601 (`PT1H`, `P14D`; days are 24 hours, no months). Fractions lie in [0, 1].
 */
import { z } from 'zod';
import { isDuration } from './duration.js';
import { monitor } from './monitor-schema.js';
import { triage } from './triage-schema.js';
import { triggers } from './trigger-schema.js';

export const MODEL_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

const duration = z
  .string()
  .refine(isDuration, 'write a duration as ISO 8601, e.g. PT1H, P3D, P1DT12H (at most P36525D)');
const fraction = z.number().min(0).max(1);
const columnName = z.string().min(1).max(200);
const name = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'letters, digits and underscore, not starting with a digit');
const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .transform((text) => new Date(text).toISOString());

const columns = z.strictObject({
  id: columnName.default('id'),
  eventAt: columnName.default('event_at'),
  rowKnownAt: columnName.optional(),
  label: columnName.optional(),
  labelKnownAt: columnName.optional(),
  prediction: columnName.optional(),
  modelVersion: columnName.optional(),
  labelDecidedBy: columnName.optional(),
});

const labelColumns = z.strictObject({
  id: columnName.default('id'),
  label: columnName.default('label'),
  knownAt: columnName.optional(),
});

const postgresSource = z.strictObject({
  kind: z.literal('postgres'),
  /** Name of the environment variable that holds the connection URL; DATABASE_URL by default. */
  urlEnv: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/)
    .default('DATABASE_URL'),
  /** `schema.table` or `table`; or a SELECT with :start :end :as_of, which are bound, never spliced. */
  table: z.string().optional(),
  query: z.string().optional(),
  columns: columns.prefault({}),
  labels: z
    .strictObject({ table: z.string().optional(), query: z.string().optional(), columns: labelColumns.prefault({}) })
    .optional(),
});

const fileSource = (kind: 'parquet' | 'csv') =>
  z.strictObject({
    kind: z.literal(kind),
    /** A path or glob; relative ones are taken from the spec file's folder when the spec is applied. */
    path: z.string().min(1),
    columns: columns.prefault({}),
    labels: z.strictObject({ path: z.string().min(1), columns: labelColumns.prefault({}) }).optional(),
  });

/** A second source of the same value, which triage compares the logged one with; no part of a snapshot. */
const recomputed = columnName.optional();

const feature = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('numeric'), name, column: columnName.optional(), recomputed }),
  z.strictObject({
    kind: z.literal('categorical'),
    name,
    column: columnName.optional(),
    recomputed,
    /** Levels seen less often in the training rows share one "other" level. */
    minCount: z.int().min(1).default(20),
    /** Width of the embedding vector. */
    embedding: z.int().min(1).max(64).default(8),
  }),
  z.strictObject({
    kind: z.literal('time'),
    name,
    /** An instant column; the event time by default. */
    column: columnName.optional(),
    recomputed,
    part: z.enum(['hour', 'weekday', 'month', 'day-of-year']),
    embedding: z.int().min(1).max(64).default(8),
  }),
]);

const windowRule = z
  .strictObject({
    /** Keep this much before the training end. */
    sliding: duration.optional(),
    /** Keep everything from here on. */
    expanding: instant.optional(),
    /** Keep at most the newest N rows. */
    last: z.int().min(1).optional(),
    /** Leave these windows out. */
    excluding: z.array(z.strictObject({ start: instant, end: instant })).default([]),
  })
  .refine((rule) => (rule.sliding === undefined) !== (rule.expanding === undefined), {
    message: 'name exactly one of `sliding` and `expanding` (add `last` or `excluding` as you need)',
  });

const holdoutRule = z.strictObject({
  /** `last-month`: the whole calendar month (UTC) before the decision; or the span of this length before it. */
  span: z.union([z.literal('last-month'), duration]).default('P28D'),
  /** Gap between the last training row and the holdout: at least the label delay. */
  embargo: duration.default('P1D'),
});

const metric = z.enum(['auc', 'average-precision', 'log-loss', 'brier', 'calibration-error']);

const slice = z.strictObject({
  name: z.string().min(1).max(100),
  column: columnName,
  /** Rows whose value is one of these. */
  in: z.array(z.union([z.string(), z.number()])).min(1),
});

const gate = z
  .strictObject({
    metric,
    /** `all`, the name of a declared slice, or `each:<feature>`: every value of a column, blocking on shown harm only. */
    on: z.string().default('all'),
    min: z.number().optional(),
    max: z.number().optional(),
    gain: z.strictObject({ min: z.number() }).optional(),
    ratio: z.strictObject({ min: z.number() }).optional(),
    nonInferior: z.strictObject({ tolerance: z.number().min(0) }).optional(),
    required: z.boolean().default(true),
    minRows: z.int().min(1).default(200),
    minDays: z.int().min(2).default(14),
  })
  .refine((g) => [g.min, g.max, g.gain, g.ratio, g.nonInferior].filter((bound) => bound !== undefined).length === 1, {
    message: 'give each gate exactly one of min, max, gain, ratio, nonInferior',
  });

const labelPolicy = z.strictObject({
  /** Labels are complete this long after the event; holdout embargo may not be shorter. */
  delay: duration.default('P1D'),
  coverage: z.strictObject({ overall: fraction.default(0.9), perClass: fraction.default(0.8) }).prefault({}),
  /** Counted from the run's start. */
  deadline: duration.default('P14D'),
  onDeadline: z.enum(['proceed', 'shrink', 'abort', 'ask']).default('abort'),
  poll: duration.default('PT1H'),
});

const quality = z.strictObject({
  minRows: z.int().min(1).default(1000),
  /** Rows against the mean of the same weekday in the reference; a window below this share fails. */
  minRowShare: fraction.default(0.5),
  maxNullShare: fraction.default(0.05),
  /** The newest row may be this much older than the window's end. */
  maxStaleness: duration.default('P2D'),
  /** Declared value ranges; rows outside are quarantined, and too many of them fail the window. */
  ranges: z.record(columnName, z.strictObject({ min: z.number().optional(), max: z.number().optional() })).default({}),
  maxOutOfRangeShare: fraction.default(0.01),
  /** Days with labels, and labelled rows of each class, that a window needs once nothing more is waited for. */
  minDays: z.int().min(1).default(3),
  minClassRows: z.int().min(1).default(50),
  /** Of labelled rows: with two labels at one instant, or alike in every feature with both. */
  maxLabelConflictShare: fraction.default(0.01),
  /** Rise of the estimated share of wrong labels over the reference. */
  maxLabelNoiseRise: fraction.default(0.05),
  /** Beyond it one feature alone predicts the label, and nearly is the label. */
  maxFeatureAuc: z.number().min(0.5).max(1).default(0.95),
  /** Distinct values over rows: beyond it a column names the row. */
  maxDistinctShare: fraction.default(0.9),
  /** How well labelled rows may be told from mature ones without a label. */
  maxSelectionAuc: z.number().min(0.5).max(1).default(0.75),
  /** Share of labels that exist because the champion decided so. */
  maxDecidedShare: fraction.default(0.8),
});

const trainer = z.strictObject({
  kind: z.literal('embedding-mlp').default('embedding-mlp'),
  hidden: z.array(z.int().min(1).max(1024)).min(1).max(4).default([64, 32]),
  batchSize: z.int().min(16).max(65536).default(2048),
  learningRate: z.number().positive().max(1).default(0.01),
  l2: z.number().min(0).default(0.00001),
  dropout: z.number().min(0).max(0.9).default(0),
  maxTrainEpochs: z.int().min(1).max(1000).default(40),
  patience: z.int().min(1).default(5),
  /** The newest part of the training window that early stopping watches; never fitted on. */
  validationTail: duration.default('P3D'),
  seed: z.int().min(0).max(0xffffffff).default(1),
  backend: z.enum(['tensorflow', 'wasm']).default('tensorflow'),
  threads: z.int().min(1).max(64).default(1),
  limits: z.strictObject({ timeout: duration.default('PT6H'), memoryMb: z.int().min(256).default(4096) }).prefault({}),
});

const approval = z.strictObject({
  policy: z.enum(['never', 'always', 'when-needed']).default('when-needed'),
  quorum: z.literal(1).default(1),
  /** Names that may decide; empty: anyone who can reach the run. */
  allowed: z.array(z.string().min(1)).default([]),
  /** Whoever asked for the run may not approve it. */
  separateRequester: z.boolean().default(true),
  channels: z
    .array(z.enum(['update', 'signal']))
    .min(1)
    .default(['update', 'signal']),
  expiry: duration.default('P7D'),
});

const schedule = z.strictObject({
  cron: z.string().optional(),
  every: duration.optional(),
  timeZone: z.string().default('UTC'),
  jitter: duration.default('PT0S'),
  catchUp: duration.default('P1D'),
  /** A tick that fails (never one that an outage delays) pauses the schedule, with a note. */
  pauseOnFailure: z.boolean().default(true),
  paused: z.boolean().default(false),
});

export const specSchema = z.strictObject({
  apiVersion: z.literal('perennial/v1').default('perennial/v1'),
  model: z
    .string()
    .regex(MODEL_ID, 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit'),
  description: z.string().max(2000).default(''),
  source: z.discriminatedUnion('kind', [postgresSource, fileSource('parquet'), fileSource('csv')]),
  /** Keeps the rows whose hash of id and seed falls below the fraction: stable for each row, whatever the window. */
  sample: z.strictObject({ fraction: z.number().gt(0).max(1), seed: z.int().min(0) }).optional(),
  target: z
    .strictObject({
      kind: z.literal('binary').default('binary'),
      /** The label value that counts as 1. */
      positive: z.union([z.string(), z.number(), z.boolean()]).default(1),
    })
    .prefault({}),
  features: z.array(feature).min(1).max(500),
  labels: labelPolicy.prefault({}),
  window: windowRule,
  holdout: holdoutRule.prefault({}),
  quality: quality.prefault({}),
  metric: metric.default('auc'),
  mode: z.enum(['superior', 'refresh']).default('superior'),
  /** `superior`: the gain's lower bound must exceed it. */
  margin: z.number().min(0).default(0),
  /** `refresh`: non-inferior within it. */
  tolerance: z.number().positive().default(0.01),
  /** A gain's interval inside plus or minus this is a tie. */
  equivalence: z.number().positive().default(0.005),
  slices: z.array(slice).max(10).default([]),
  gates: z.array(gate),
  trainer: trainer.prefault({}),
  approval: approval.prefault({}),
  schedule: schedule.optional(),
  triggers: triggers.prefault({}),
  triage: triage.prefault({}),
  /** The built-in monitor; none without it. */
  monitor: monitor.optional(),
});

export type PipelineSpec = z.output<typeof specSchema>;
export type SpecSource = PipelineSpec['source'];
export type SpecFeature = PipelineSpec['features'][number];
export type SpecGate = PipelineSpec['gates'][number];
export type SpecSlice = PipelineSpec['slices'][number];
export type MetricName = PipelineSpec['metric'];
export type TrainerSpec = PipelineSpec['trainer'];
