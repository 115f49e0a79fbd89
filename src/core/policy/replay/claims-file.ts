/** Recorded claims from a file: what `perennial signal parse --json` prints, or a list of such claims. */
import { z } from 'zod';
import { PipelineError } from '../../errors.js';
import { type DriftClaim, SIGNAL_FORMATS } from '../../signals/drift-claim.js';

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const number = z.number().nullable();

const finding = z.object({
  scope: z.enum(['dataset', 'column', 'prediction', 'target', 'performance', 'quality']),
  column: z.string().nullable(),
  method: z.string(),
  family: z.enum(['p-value', 'distance', 'statistic', 'auc', 'count']).nullable(),
  lowerIsDrift: z.boolean().nullable(),
  score: number,
  threshold: number,
  alert: z.boolean().nullable(),
  raw: z.string().default(''),
});

const claim = z.object({
  eventId: z.string().min(1),
  source: z.string().min(1),
  monitor: z.string().min(1),
  monitorVersion: z.string().nullable(),
  format: z.enum(SIGNAL_FORMATS),
  modelId: z.string(),
  window: z.object({ start: instant, end: instant }),
  nReference: number,
  nCurrent: number,
  receivedAt: instant,
  severity: z.enum(['info', 'warning', 'critical']),
  cause: z.enum(['drift', 'performance']),
  findings: z.array(finding),
  absent: z.array(z.object({ what: z.enum(['column', 'report', 'alerts']), name: z.string(), why: z.string() })),
  notes: z.array(z.string()),
});

/** @throws SIGNAL_INVALID naming what is wrong */
export function parseClaims(raw: unknown): DriftClaim[] {
  const list = Array.isArray(raw) ? raw : typeof raw === 'object' && raw !== null && 'claims' in raw ? raw.claims : raw;
  const parsed = z.array(claim).safeParse(list);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const message = `The recorded claims cannot be read: ${issue?.path.join('.') || 'the whole file'}: ${issue?.message ?? 'malformed'}.`;
  throw new PipelineError('SIGNAL_INVALID', message);
}

const reportList = z.array(
  z.object({
    file: z.string().min(1),
    start: instant,
    end: instant,
    nReference: z.int().optional(),
    nCurrent: z.int().optional(),
  }),
);

export type ReportEntry = z.output<typeof reportList>[number];

/** The index of a folder of reports: which file speaks of which window. @throws SIGNAL_INVALID */
export function parseReportList(raw: unknown): ReportEntry[] {
  const parsed = reportList.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const message = `The index of reports cannot be read: ${issue?.path.join('.') || 'the whole file'}: ${issue?.message ?? 'malformed'}. It is a list of {file, start, end}.`;
  throw new PipelineError('SIGNAL_INVALID', message);
}
