/**
 * From what an adapter found to a claim: window, id, source, severity and cause, the same way for every format, and
 * nothing in it that could not be stored.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Window } from '../types.js';
import { unstorableText } from '../unstorable-text.js';
import type { Absence, DriftClaim, Finding, Severity } from './drift-claim.js';
import { readInstant, toInstant } from './instants.js';
import { asCount, cutText, refuse, type SignalBody } from './payload.js';

export interface Draft {
  readonly monitor: string;
  readonly monitorVersion: string | null;
  readonly findings: readonly Finding[];
  readonly absent: readonly Absence[];
  readonly notes: readonly string[];
  /** Where the payload tells; the envelope's counts go before. */
  readonly nReference?: number | null;
  readonly nCurrent?: number | null;
  /** Where the payload has windows of its own; else the envelope's. */
  readonly window?: Window;
  readonly source?: string;
  readonly eventId?: string;
  readonly severity?: Severity;
  /** What tells this claim from others of the body, where there are several; else the whole body. */
  readonly identity?: string;
}

const MAX_FINDINGS = 10_000;
const MAX_ID_BYTES = 1_200;
const MAX_NAME = 500;
const MAX_SENTENCE = 1_000;
const MAX_NOTES = 50;

/** What the envelope has to name because no payload does. @throws SIGNAL_INVALID with everything that is missing */
function requireNames(body: SignalBody, needsWindow: boolean): void {
  const { modelId, start, end } = body.envelope;
  const missing = [
    modelId === '' ? 'model' : null,
    needsWindow && (start === undefined || start === '') ? 'start' : null,
    needsWindow && (end === undefined || end === '') ? 'end' : null,
  ].filter((name) => name !== null);
  if (missing.length === 0) return;
  refuse(
    body.format,
    `does not say its ${missing.join(', ')}: the payload cannot tell. Name the model in the path, and the window in the ` +
      'address (?start=2001-02-05&end=2001-02-12), as --window START/END, or as windowstart and windowend of a CloudEvent.',
    { missing },
  );
}

function instantOf(body: SignalBody, name: 'start' | 'end'): number {
  const text = body.envelope[name] ?? '';
  const read = readInstant(text);
  if (read?.hasZone === true) return read.ms;
  const problem = read === null ? 'is no instant' : 'has no zone';
  return refuse(
    body.format,
    `names ${name} ${JSON.stringify(cutText(text, 80))}, which ${problem}: write a UTC day such as 2001-03-01 or ` +
      'an instant with its zone such as 2001-03-01T06:00:00Z.',
    { field: name },
  );
}

/** @throws SIGNAL_INVALID naming what is missing or wrong */
export function envelopeWindow(body: SignalBody): Window {
  requireNames(body, true);
  const [startMs, endMs] = [instantOf(body, 'start'), instantOf(body, 'end')];
  if (startMs >= endMs) {
    refuse(body.format, `has a window that ends at or before its start (${toInstant(startMs)}): swap start and end.`, {
      field: 'end',
    });
  }
  return { start: toInstant(startMs), end: toInstant(endMs) };
}

/** Rare, and cheap to look for. */
const SUSPECT = /[\0\ud800-\udfff]/;

/** With U+FFFD for what Postgres cannot keep. */
function storable(text: string, most: number): string {
  if (!SUSPECT.test(text)) return cutText(text, most);
  return cutText(text.replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD'), most);
}

function checkId(body: SignalBody, field: 'source' | 'id', id: string): string {
  const bytes = utf8ToBytes(id).length;
  const fault = id === '' ? 'is empty' : bytes > MAX_ID_BYTES ? `has ${bytes} bytes` : unstorableText(id);
  if (fault === null) return id;
  return refuse(body.format, `has a ${field} that ${fault}: send 1 to ${MAX_ID_BYTES} bytes of text.`, { field });
}

function cleanFinding(finding: Finding): Finding {
  return {
    ...finding,
    column: finding.column === null ? null : storable(finding.column, MAX_NAME),
    method: storable(finding.method, MAX_NAME),
    raw: storable(finding.raw, finding.raw.length),
  };
}

function cleanAbsence(absence: Absence): Absence {
  return { ...absence, name: storable(absence.name, MAX_NAME), why: storable(absence.why, MAX_SENTENCE) };
}

function cleanNotes(notes: readonly string[]): string[] {
  const kept = notes.slice(0, MAX_NOTES).map((note) => storable(note, MAX_SENTENCE));
  return notes.length > MAX_NOTES ? [...kept, `${notes.length - MAX_NOTES} more notes were left out.`] : kept;
}

function severityOf(draft: Draft): Severity {
  return draft.absent.length > 0 || draft.findings.some(({ alert }) => alert === true) ? 'warning' : 'info';
}

function causeOf(findings: readonly Finding[]): DriftClaim['cause'] {
  const alerting = findings.filter(({ alert }) => alert === true);
  return alerting.length > 0 && alerting.every(({ scope }) => scope === 'performance') ? 'performance' : 'drift';
}

/** Of the format, the window, the clock and the body, so that the same report sent twice is known again. */
function digestId(body: SignalBody, window: Window, identity: string): string {
  const { asOf } = body.envelope;
  const address = `${body.format}\n${window.start}/${window.end}${asOf === undefined ? '' : `\nas of ${asOf}`}`;
  return bytesToHex(sha256(utf8ToBytes(`${address}\n${identity}`)));
}

/** @throws SIGNAL_INVALID without model or window, with ids that cannot be kept, with more than 10,000 findings */
export function makeClaim(body: SignalBody, draft: Draft): DriftClaim {
  const { envelope, format } = body;
  requireNames(body, draft.window === undefined);
  const window = draft.window ?? envelopeWindow(body);
  const parts = Math.max(draft.findings.length, draft.absent.length);
  if (parts > MAX_FINDINGS) {
    refuse(format, `holds ${parts} findings, more than ${MAX_FINDINGS}: send it in parts, for fewer columns each.`);
  }
  return {
    eventId: checkId(
      body,
      'id',
      draft.eventId ?? envelope.eventId ?? digestId(body, window, draft.identity ?? body.text),
    ),
    source: checkId(body, 'source', draft.source ?? envelope.source ?? draft.monitor),
    monitor: storable(draft.monitor, MAX_NAME),
    monitorVersion: storableOrNull(draft.monitorVersion ?? envelope.monitorVersion ?? null),
    format,
    modelId: envelope.modelId,
    window,
    nReference: asCount(envelope.nReference ?? draft.nReference),
    nCurrent: asCount(envelope.nCurrent ?? draft.nCurrent),
    receivedAt: envelope.receivedAt,
    severity: draft.severity ?? envelope.severity ?? severityOf(draft),
    cause: causeOf(draft.findings),
    findings: draft.findings.map(cleanFinding),
    absent: draft.absent.map(cleanAbsence),
    notes: cleanNotes([...(body.notes ?? []), ...draft.notes]),
  };
}

function storableOrNull(text: string | null): string | null {
  return text === null ? null : storable(text, MAX_NAME);
}
