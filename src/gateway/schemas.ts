/** Shapes of requests and answers: checked at run time, and the same ones make the OpenAPI document. */
import { z } from 'zod';
import { AHEAD, FUTURE, isAhead, isFuture } from '../core/ahead.js';
import { INSTANT_EXAMPLES, readInstant } from '../core/instant.js';
import { MOST_VERSION_COLUMNS } from '../core/messages.js';
import { emptyFault, MAX_REASON } from '../core/reason.js';
import { SIGNAL_FORMATS } from '../core/signals/drift-claim.js';
import { MODEL_ID } from '../core/spec/schema.js';
import { unstorableText } from '../core/unstorable-text.js';

/** Text that Postgres can keep. */
export const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => unstorableText(value) === null, 'holds a character that cannot be stored');

/** In which a person says why. Of decisions and answers a blank one is refused by the run, which leaves a row. */
export const reason = text(MAX_REASON).refine((value) => emptyFault(value) === null, 'is empty: say why');

const instant = z
  .string()
  .refine((value) => readInstant(value) !== null, `is no instant: write e.g. ${INSTANT_EXAMPLES}`)
  .meta({ description: 'A day, which is its midnight in UTC, or ISO 8601 with a zone, e.g. 2001-03-01T00:00:00Z' });
/** Of the years that the ledger and core/signals/instants.ts read; the zone may move one over the edge. */
export const utc = instant
  .transform((value) => new Date(value).toISOString())
  .refine((value) => /^(19|20|21)\d\d-/.test(value), 'is no instant of the years 1900 to 2199');
const past = utc.refine((value) => !isFuture(value, Date.now()), FUTURE);
const soon = utc.refine((value) => !isAhead(value, Date.now()), AHEAD);
/** 300 characters are 1,200 bytes at most, which is what the ledger takes. */
export const eventId = text(300).meta({ description: 'The same id twice is the same message: it counts once' });
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256 in lower-case hex');
const modelId = z.string().regex(MODEL_ID, 'is no name of a model');
const count = z.coerce.number().int().min(0).max(1e12);

export const modelParams = z.strictObject({ model: modelId });
export const signalParams = z.strictObject({ model: modelId, format: z.enum(SIGNAL_FORMATS) });
export const runParams = z.strictObject({
  model: modelId,
  no: z.coerce.number().int().min(1).max(2_147_483_647),
});
export const incidentParams = z.strictObject({
  model: modelId,
  id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export const artifactParams = z.strictObject({ digest });

export const signalQuery = z.strictObject({
  source: text(300).optional().meta({ description: 'Who sends, e.g. the name of the monitor job' }),
  id: eventId.optional(),
  start: z.string().max(64).optional().meta({ description: 'Start of the window that was looked at, inclusive' }),
  end: z.string().max(64).optional().meta({ description: 'End of that window, exclusive' }),
  nReference: count.optional().meta({ description: 'Rows of the reference' }),
  nCurrent: count.optional().meta({ description: 'Rows of the window' }),
  severity: z.enum(['info', 'warning', 'critical']).optional(),
  columns: text(20_000).optional().meta({ description: 'Names of the features in order, with commas between' }),
  monitorVersion: text(100).optional(),
  asOf: past.optional().meta({
    description: 'A run that this starts looks from this instant of the past; needs the role retrain',
  }),
});

export const labelsBody = z.strictObject({
  eventId,
  through: soon.meta({ description: 'The source holds the labels known up to this instant' }),
});

export const versionBody = z.strictObject({
  eventId,
  kind: z.enum(['code', 'feature', 'schema', 'label-process']),
  name: text(200).optional().meta({ description: 'What changed, e.g. the name of the feature' }),
  from: text(200).optional(),
  to: text(200),
  commit: text(100).optional(),
  at: soon.meta({ description: 'Since when the new version is in use' }),
  columns: z
    .array(text(200))
    .max(MOST_VERSION_COLUMNS)
    .optional()
    .meta({ description: 'Columns or features that it touches: triage looks there first' }),
});

export const retrainBody = z.strictObject({
  reason,
  eventId: eventId.optional(),
  asOf: past.optional().meta({ description: 'The run looks from this instant of the past' }),
});

export const decisionBody = z.strictObject({
  reason: text(MAX_REASON),
  evidence: z
    .string()
    .regex(/^[0-9a-f]{12,64}$/, 'is no prefix of 12 to 64 hex digits')
    .meta({ description: 'The first 12 hex digits, or more, of the evidence digest that was looked at' }),
  eventId: eventId.optional(),
});

export const answerBody = z.strictObject({
  answer: z
    .enum(['proceed', 'shrink', 'abort'])
    .meta({ description: 'Go on all the same; on a shorter training window (labels alone); stop' }),
  question: z
    .enum(['assessment', 'labels'])
    .optional()
    .meta({ description: 'The question that is meant; when absent, the one that the run asks now' }),
  reason: text(MAX_REASON),
  eventId: eventId.optional(),
});

export const closeIncidentBody = z.strictObject({
  reason,
  isRepaired: z.boolean().default(false).meta({
    description: 'The rows were repaired in the source: the same fault, found again, is a new incident',
  }),
});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: z.coerce.number().int().min(1).optional().meta({ description: '`next` of the page before' }),
});
export const runsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  open: z.enum(['true', 'false']).optional().meta({ description: 'true: only runs that are not closed' }),
});
export const incidentsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  all: z.enum(['true', 'false']).optional().meta({ description: 'true: closed ones too' }),
});
export const championQuery = z.strictObject({
  at: utc.optional().meta({ description: 'The champion of that instant; now when absent' }),
});

export const monitorQuery = z.strictObject({
  series: text(200).optional().meta({ description: 'One series, e.g. drift:distance; all when absent' }),
  since: utc.optional().meta({ description: 'Only periods that end after it' }),
  limit: z.coerce.number().int().min(1).max(400).default(30).meta({ description: 'Newest periods' }),
});

const ledgerState = z.enum(['pending', 'started', 'merged', 'held', 'suppressed', 'escalated', 'refused']);
const cause = z.enum(['schedule', 'drift', 'performance', 'labels', 'version-change', 'manual']);

export const acceptedAnswer = z.object({
  accepted: z.array(
    z.object({
      eventId: z.string(),
      triggerId: z.string(),
      seq: z.int(),
      state: ledgerState,
      isNew: z.boolean().meta({ description: 'false: it was here before; the arrival is recorded all the same' }),
    }),
  ),
  refused: z
    .array(z.object({ eventId: z.string(), code: z.string(), message: z.string() }))
    .meta({ description: 'Claims of a bundle that cannot be kept, while the others are' }),
  ignored: z.array(z.string()).meta({ description: 'Parts that make no claim, and why' }),
  notes: z.array(z.string()).meta({ description: 'What was odd, and survived' }),
});

const champion = z.object({ version: z.int(), epoch: z.int(), since: z.string() });
export const modelsAnswer = z.object({
  models: z.array(
    z.object({
      modelId: z.string(),
      specDigest: z.string(),
      specSince: z.string(),
      champion: champion.nullable(),
      openRunNo: z.int().nullable(),
      runs: z.int(),
    }),
  ),
});

const runRow = z.object({
  modelId: z.string(),
  runNo: z.int(),
  workflowId: z.string(),
  cause,
  specDigest: z.string(),
  requestedBy: z.string(),
  promotion: z.enum(['by-policy', 'off']).meta({ description: 'off: a backfill, which moves no champion' }),
  stage: z.enum(['assess', 'labels', 'freeze', 'train', 'evaluate', 'approve', 'promote', 'done']).nullable(),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
  outcome: z.looseObject({ kind: z.string(), reasons: z.array(z.string()) }).nullable(),
  failure: z.string().nullable(),
});
export const runsAnswer = z.object({ runs: z.array(runRow) });
export const runAnswer = z.looseObject({
  run: runRow,
  stages: z.array(z.object({ stage: z.string(), at: z.string() })),
  triggers: z.array(z.looseObject({ triggerId: z.string(), state: ledgerState, reason: z.string() })),
  version: z.looseObject({ version: z.int() }).nullable(),
  evaluations: z.array(z.looseObject({})),
  approvals: z.array(z.looseObject({})),
});

export const triggersAnswer = z.object({
  triggers: z.array(
    z.looseObject({
      seq: z.int(),
      triggerId: z.string(),
      cause,
      requestedBy: z.string(),
      createdAt: z.string(),
      state: ledgerState,
      reason: z.string(),
      runNo: z.int().nullable(),
      outcome: z.string().nullable().meta({ description: 'Of that run; null for none, and while it is open' }),
    }),
  ),
  next: z.int().nullable().meta({ description: '`before` of the next page; null on the last' }),
});

export const championAnswer = z.object({
  modelId: z.string(),
  at: z.string().nullable(),
  champion: champion
    .extend({
      artifact: z.object({ digest: z.string(), bytes: z.int() }),
      specDigest: z.string(),
      trainedThrough: z.string(),
    })
    .nullable(),
});

const window = z.object({ start: z.string(), end: z.string() });
const incident = z.object({
  incidentId: z.int(),
  modelId: z.string(),
  kind: z.enum(['rollback', 'feed', 'logging', 'code', 'label']),
  cause: z.string().nullable().meta({ description: 'Verdict of triage; null for a rollback' }),
  certainty: z.enum(['confirmed', 'suspected']).nullable(),
  columns: z.array(z.string()).meta({ description: 'None: no matter of single columns' }),
  onset: z.string().nullable(),
  seen: window.nullable().meta({ description: 'From the first to the last window in which it was seen' }),
  clockMode: z.enum(['wall', 'replay']).nullable(),
  reason: z.string(),
  openedBy: z.string(),
  openedAt: z.string(),
  runNo: z.int().nullable(),
  sightings: z.int().meta({ description: 'Assessments that found the fault' }),
  evidence: z
    .array(
      z.object({
        runNo: z.int(),
        digest: z.string(),
        certainty: z.enum(['confirmed', 'suspected']),
        columns: z.array(z.string()),
        onset: z.string().nullable(),
        window,
        reasons: z.array(z.string()),
        at: z.string(),
      }),
    )
    .meta({ description: 'The newest of them, newest first' }),
  held: z.int().meta({ description: 'Triggers that wait for its closing' }),
  closure: z
    .object({
      how: z.enum(['person', 'recovery', 'overruled']),
      by: z.string(),
      reason: z.string(),
      at: z.string(),
      isRepaired: z.boolean(),
      evidenceDigest: z.string().nullable(),
    })
    .nullable()
    .meta({ description: 'null: it is open' }),
});
export const incidentsAnswer = z.object({ incidents: z.array(incident) });
export const incidentClosedAnswer = z.object({
  incident,
  isNew: z.boolean().meta({ description: 'false: it was closed before' }),
});

export const decisionAnswer = z.object({ accepted: z.boolean(), code: z.string(), reason: z.string() });
export const problemAnswer = z.object({ code: z.string(), message: z.string(), advice: z.string() });
export const healthAnswer = z.object({ status: z.literal('ok') });
export const readyAnswer = z.object({
  status: z.enum(['ready', 'not-ready']),
  postgres: z.enum(['reachable', 'unreachable']),
  temporal: z
    .enum(['reachable', 'unreachable'])
    .meta({ description: 'Not needed to take signals: they wait in Postgres' }),
});

export const monitorAnswer = z.object({
  modelId: z.string(),
  points: z.array(
    z.looseObject({
      series: z.string().meta({ description: 'estimated:… is computed without labels' }),
      periodEnd: z.string(),
      championVersion: z.int(),
      value: z.number().nullable(),
      interval: z.looseObject({ lower: z.number(), upper: z.number(), confidence: z.number() }).nullable(),
      threshold: z.number().nullable(),
      alert: z.boolean().nullable().meta({ description: 'null: no rule looks at it, or it could not be judged' }),
      rows: z.int(),
      days: z.int(),
      method: z.string(),
      note: z.string(),
    }),
  ),
  look: z
    .looseObject({ periodEnd: z.string(), outcome: z.string(), reason: z.string() })
    .nullable()
    .meta({ description: 'What became of the newest look; null before the first' }),
});
