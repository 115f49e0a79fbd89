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

/**
 * Evidently's report on a month, judged with the knowledge of `asOf`. The same month twice is the same event.
 * @returns the trigger's id
 */
export async function sendMonthlyReport(
  gateway: Gateway,
  { modelId, month, asOf, examplesDir }: { modelId: string; month: string; asOf: string; examplesDir: string },
): Promise<string> {
  const dir = join(examplesDir, 'evidently', 'reports');
  const index = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')) as Report[];
  const report = index.find(({ file }) => file === `monthly/${month}.json`);
  if (report === undefined) throw new PipelineError('SIGNAL_INVALID', `There is no report of ${month} in ${dir}.`);
  const query = new URLSearchParams({
    source: 'evidently',
    id: `evidently/${month}`,
    start: report.start,
    end: report.end,
    nReference: String(report.nReference),
    nCurrent: String(report.nCurrent),
    asOf,
  });
  return post(gateway, `/v1/models/${modelId}/signals/evidently?${query}`, await readFile(join(dir, report.file)));
}

/** Somebody asks. @returns the trigger's id */
export function askForRetrain(
  gateway: Gateway,
  { modelId, eventId, asOf, reason }: { modelId: string; eventId: string; asOf: string; reason: string },
): Promise<string> {
  return post(gateway, `/v1/models/${modelId}/retrain`, JSON.stringify({ eventId, reason, asOf }));
}
