/**
 * The project's own form, for monitors of one's own; described in docs/monitors.md, and as JSON Schema in the gateway's
 * OpenAPI document. Unknown members are refused by name, so that a typing error is no silent loss.
 */
import { z } from 'zod';
import type { Finding, ParsedSignal } from './drift-claim.js';
import { readInstant, toInstant } from './instants.js';
import { readJson } from './lenient-json.js';
import { type Draft, makeClaim } from './make-claim.js';
import { methodFacts } from './methods.js';
import { asList, member, rawOf, refuse, type SignalBody } from './payload.js';

/** Python's NaN and infinities arrive as texts. */
const score = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']), z.null()])
  .transform((value) => (typeof value === 'number' ? value : null));
const rows = z.int().min(0);
const name = z.string().min(1).max(500);

const finding = z.strictObject({
  scope: z.enum(['dataset', 'column', 'prediction', 'target', 'performance', 'quality']).optional(),
  column: name.nullish().describe('null or left out for a finding on the whole window'),
  method: name.describe('as the monitor names it, e.g. psi'),
  family: z.enum(['p-value', 'distance', 'statistic', 'auc', 'count']).nullish(),
  lowerIsDrift: z.boolean().nullish().describe('true for p-values, false for distances; left out when not known'),
  score: score.optional(),
  threshold: score.optional(),
  alert: z
    .union([z.boolean(), z.literal(0), z.literal(1), z.null()])
    .optional()
    .describe("the monitor's own verdict"),
});

const absence = z.strictObject({
  what: z.enum(['column', 'report', 'alerts']).default('column'),
  name,
  why: z.string().min(1).max(1000).default('The monitor says that it is missing.'),
});

export const genericSignalSchema = z
  .strictObject({
    monitor: name.describe('who computed it'),
    monitorVersion: name.nullish(),
    eventId: z.string().min(1).max(1200).optional(),
    source: z.string().min(1).max(1200).optional(),
    window: z
      .strictObject({ start: z.string(), end: z.string() })
      .optional()
      .describe('half-open, UTC days or instants with a zone; else from the address'),
    nReference: rows.nullish(),
    nCurrent: rows.nullish(),
    severity: z.enum(['info', 'warning', 'critical']).optional(),
    findings: z.array(finding).max(10_000).default([]),
    absent: z.array(absence).max(10_000).default([]),
  })
  .describe('A drift claim of any monitor');

type Given = z.output<typeof finding>;

function findingOf(given: Given, raw: unknown): Finding {
  const known = methodFacts('generic', given.method);
  const column = given.column ?? null;
  return {
    scope: given.scope ?? (column === null ? 'dataset' : 'column'),
    column,
    method: given.method,
    family: given.family ?? known.family,
    lowerIsDrift: given.lowerIsDrift ?? known.lowerIsDrift,
    score: given.score ?? null,
    threshold: given.threshold ?? null,
    alert: given.alert === undefined || given.alert === null ? null : Boolean(given.alert),
    raw: rawOf(raw),
  };
}

function windowOf(window: { start: string; end: string }, body: SignalBody): { start: string; end: string } {
  const [start, end] = [readInstant(window.start), readInstant(window.end)];
  if (start?.hasZone === true && end?.hasZone === true && start.ms < end.ms) {
    return { start: toInstant(start.ms), end: toInstant(end.ms) };
  }
  return refuse(
    body.format,
    'has a window that is none: write start before end, as UTC days or as instants with a zone.',
    { field: 'window' },
  );
}

/** What the address says goes before what the form says. */
function ownAddress(given: z.output<typeof genericSignalSchema>, body: SignalBody): Partial<Draft> {
  const { envelope } = body;
  const { window, eventId, source, severity } = given;
  const isWindowNamed = envelope.start !== undefined || envelope.end !== undefined;
  return {
    ...(window === undefined || isWindowNamed ? {} : { window: windowOf(window, body) }),
    ...(eventId === undefined || envelope.eventId !== undefined ? {} : { eventId }),
    ...(source === undefined || envelope.source !== undefined ? {} : { source }),
    ...(severity === undefined || envelope.severity !== undefined ? {} : { severity }),
  };
}

const MAX_PROBLEMS = 5;

export function parseGeneric(body: SignalBody): ParsedSignal {
  const { value, notes } = readJson(body);
  const read = genericSignalSchema.safeParse(value);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
    const shown = problems.slice(0, MAX_PROBLEMS).join('; ').slice(0, 1000);
    refuse(body.format, `is not of the generic form: ${shown}. The form stands in docs/monitors.md.`, {
      problems: problems.slice(0, MAX_PROBLEMS),
    });
  }
  const given = read.data;
  if (given.findings.length === 0 && given.absent.length === 0) {
    refuse(body.format, 'holds neither findings nor absent: name at least one.', { missing: ['findings'] });
  }
  const raws = asList(member(value, 'findings')) ?? [];
  const draft = {
    monitor: given.monitor,
    monitorVersion: given.monitorVersion ?? null,
    findings: given.findings.map((one, i) => findingOf(one, raws[i])),
    absent: given.absent,
    notes,
    nReference: given.nReference ?? null,
    nCurrent: given.nCurrent ?? null,
    ...ownAddress(given, body),
  };
  return { claims: [makeClaim(body, draft)], ignored: [] };
}
