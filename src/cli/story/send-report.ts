/**
 * How the story's reasons come in: over HTTP, as from a monitor job. The reports are real ones, which Evidently made of the same
 * months (examples/flights/evidently); what a bare report cannot tell stands in the query.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../core/errors.js';

export interface Gateway {
  readonly url: string;
  readonly token: string;
}

interface Report {
  readonly file: string;
  readonly start: string;
  readonly end: string;
  readonly nReference: number;
  readonly nCurrent: number;
}

async function post(gateway: Gateway, path: string, body: Buffer | string): Promise<string> {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body,
  });
  const answer = (await response.json()) as { accepted?: { triggerId: string }[]; message?: string };
  const triggerId = answer.accepted?.[0]?.triggerId;
  if (response.status === 202 && triggerId !== undefined) return triggerId;
  throw new PipelineError(
    'SIGNAL_INVALID',
    `The gateway answered ${response.status} to ${path}: ${answer.message ?? 'it accepted nothing'}`,
  );
}

interface Sent {
  readonly modelId: string;
  readonly asOf: string;
  readonly examplesDir: string;
}

/** @param report.file below evidently/reports. The same event id twice is the same event. @returns the trigger's id */
async function sendReport(
  gateway: Gateway,
  sent: Sent,
  report: Report & { readonly eventId: string },
): Promise<string> {
  const { modelId, asOf, examplesDir } = sent;
  const query = new URLSearchParams({
    source: 'evidently',
    id: report.eventId,
    start: report.start,
    end: report.end,
    nReference: String(report.nReference),
    nCurrent: String(report.nCurrent),
    asOf,
  });
  const body = await readFile(join(examplesDir, 'evidently', 'reports', report.file));
  return post(gateway, `/v1/models/${modelId}/signals/evidently?${query}`, body);
}

async function findReport(examplesDir: string, index: string, isMeant: (report: Report) => boolean): Promise<Report> {
  const path = join(examplesDir, 'evidently', 'reports', index);
  const report = (JSON.parse(await readFile(path, 'utf8')) as Report[]).find(isMeant);
  if (report === undefined) throw new PipelineError('SIGNAL_INVALID', `${path} has no such report.`);
  return report;
}

/**
 * Evidently's report on a month, judged with the knowledge of `asOf`.
 * @returns the trigger's id
 */
export async function sendMonthlyReport(gateway: Gateway, sent: Sent & { readonly month: string }): Promise<string> {
  const { month, examplesDir } = sent;
  const report = await findReport(examplesDir, 'index.json', ({ file }) => file === `monthly/${month}.json`);
  return sendReport(gateway, sent, { ...report, eventId: `evidently/${month}` });
}

/** A week that was damaged on purpose, and when its report comes. */
export interface Alarm {
  readonly fault: 'broken-feed' | 'unit-change';
  readonly week: string;
  readonly asOf: string;
}

/** @returns the trigger's id */
export async function sendFaultReport(
  gateway: Gateway,
  { modelId, examplesDir, alarm }: { modelId: string; examplesDir: string; alarm: Alarm },
): Promise<string> {
  const name = `faults/${alarm.fault}-${alarm.week}.json`;
  const report = await findReport(examplesDir, 'faults/index.json', ({ file }) => file === name);
  const sent = { modelId, examplesDir, asOf: alarm.asOf };
  return sendReport(gateway, sent, { ...report, eventId: `evidently/${alarm.fault}/${alarm.week}` });
}

/** Somebody asks. @returns the trigger's id */
export function askForRetrain(
  gateway: Gateway,
  { modelId, eventId, asOf, reason }: { modelId: string; eventId: string; asOf: string; reason: string },
): Promise<string> {
  return post(gateway, `/v1/models/${modelId}/retrain`, JSON.stringify({ eventId, reason, asOf }));
}
