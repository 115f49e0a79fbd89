/**
 * The part of a pipeline that says which reasons start a run, and when: conditions on monitors' claims and how they are
 * composed, debounce, cool-down, budget, expected reports. Read by the trigger policy (core/policy/triggers), which is
 * tried on the past with `perennial policy replay`. No part of the recipe: editing it changes no artifact.
 */
import { z } from 'zod';
import { isDuration } from './duration.js';

const duration = z
  .string()
  .refine(isDuration, 'write a duration as ISO 8601, e.g. PT1H, P3D, P1DT12H (at most P36525D)');
const text = z.string().min(1).max(200);
const side = z.enum(['above', 'below']).default('above');

/** What one finding has to show. */
const when = z.union([
  z.literal('alert'),
  z.strictObject({ above: z.number() }),
  z.strictObject({ below: z.number() }),
  /** Beyond this quantile of the same series' earlier scores. */
  z.strictObject({ quantile: z.number().gt(0).lt(1), over: duration.default('P28D'), side }),
  /** Beyond this multiple of the mean of the same series' earlier scores. */
  z.strictObject({ rollingAverage: duration, factor: z.number().positive().default(1.5), side }),
]);

const condition = z.strictObject({
  name: text,
  monitor: text.optional(),
  scope: z.enum(['dataset', 'column', 'prediction', 'target', 'performance', 'quality']).optional(),
  columns: z.array(text).min(1).optional(),
  methods: z.array(text).min(1).optional(),
  minSeverity: z.enum(['info', 'warning', 'critical']).optional(),
  /** Claims count together with later ones for this long. */
  within: duration.default('P7D'),
  when: when.default('alert'),
  /** Findings of one claim. */
  minFindings: z.int().min(1).default(1),
});

/** A monitor's own tables that are looked into now and then. */
const poll = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,62}$/,
      'lower-case letters, digits and dashes, at most 63, starting with a letter or digit',
    ),
  kind: z.literal('nannyml'),
  /** Name of the environment variable that holds the connection URL. */
  urlEnv: z
    .string()
    .max(200)
    .regex(/^[A-Z_][A-Z0-9_]*$/),
  schema: z.string().min(1).max(63).default('public'),
  /** In NannyML's table `model`; without it the rows that have no model. */
  modelName: text.optional(),
  /** Chunks that ended before are passed over. */
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform((written) => new Date(written).toISOString())
    .optional(),
  every: duration.default('PT15M'),
});

export const triggers = z.strictObject({
  debounce: z
    .strictObject({
      /** After the newest claim. */
      quiet: duration.default('PT2M'),
      /** After the first claim. */
      maxWait: duration.default('PT15M'),
    })
    .prefault({}),
  coolDown: duration.default('P1D'),
  criticalCutsCoolDown: z.boolean().default(true),
  budget: z
    .strictObject({
      runs: z.int().min(1).optional(),
      trainingMinutes: z.number().positive().optional(),
      period: duration.default('P7D'),
    })
    .optional(),
  labels: z.strictObject({ atLeast: z.int().min(1) }).optional(),
  versionChange: z.enum(['retrain', 'record']).default('retrain'),
  /** An Alertmanager alert speaks of this long before it began. */
  alertWindow: duration.default('P1D'),
  expect: z
    .array(z.strictObject({ monitor: text, every: duration, lateness: duration.default('PT6H') }))
    .max(50)
    .default([]),
  polls: z.array(poll).max(20).default([]),
  conditions: z
    .array(condition)
    .min(1)
    .max(20)
    .prefault([{ name: 'alert' }]),
  policy: z.union([z.enum(['any', 'all', 'majority']), z.strictObject({ atLeast: z.int().min(1) })]).default('any'),
});

export type TriggerPolicy = z.output<typeof triggers>;
export type TriggerPoll = TriggerPolicy['polls'][number];
export type TriggerCondition = TriggerPolicy['conditions'][number];
