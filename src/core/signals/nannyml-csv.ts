/**
 * NannyML's CSV exports, flat or multilevel. Each chunk of the analysis period becomes a claim of its own with the chunk's
 * dates as its window: a job that exports the whole period every day sends old chunks again, and they are known as repeats
 * instead of alarming once more. Chunks are told by row, since analysis counts its keys from the start again. Without
 * dates (no timestamp column was given) all chunks are one claim over the envelope's window. Reference chunks claim nothing.
 */
import type { Window } from '../types.js';
import { readCsv } from './csv.js';
import type { Absence, DriftClaim, Finding, ParsedSignal } from './drift-claim.js';
import { readInstant, toInstant } from './instants.js';
import { type Draft, envelopeWindow, makeClaim } from './make-claim.js';
import { judgedBy } from './nannyml-bounds.js';
import { type NannyHeader, readHeader, type Series } from './nannyml-header.js';
import { limitParts, MAX_CLAIMS, rawOf, refuse, type SignalBody } from './payload.js';

const MAX_CHUNKS = 1_000;

interface Chunk {
  readonly key: string;
  readonly cells: readonly string[];
  /** Null where the file has no dates. */
  readonly window: Window | null;
  readonly rows: number | null;
}

function rowsOf(body: SignalBody): string[][] {
  try {
    return readCsv(body.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse(
      body.format,
      `is no CSV: ${why}. Send the file of NannyML's RawFilesWriter or result.to_df().to_csv().`,
    );
  }
}

const cellAt = (cells: readonly string[], index: number | undefined): string =>
  index === undefined ? '' : (cells[index] ?? '').trim();

function numberAt(cells: readonly string[], index: number | undefined): number | null {
  const text = cellAt(cells, index);
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : null;
}

/** pandas writes a column of flags with gaps as numbers: `1.0`. */
function flagAt(cells: readonly string[], index: number | undefined): boolean | null {
  const text = cellAt(cells, index).toLowerCase();
  if (text === 'true' || text === '1' || text === '1.0') return true;
  return text === 'false' || text === '0' || text === '0.0' ? false : null;
}

/** The last instant of a chunk belongs to it; windows are half-open. */
function windowOf(cells: readonly string[], { chunk }: NannyHeader, body: SignalBody): Window | null {
  const [start, end] = [cellAt(cells, chunk.get('start_date')), cellAt(cells, chunk.get('end_date'))];
  if (start === '' && end === '') return null;
  const [from, through] = [readInstant(start), readInstant(end)];
  if (from !== null && through !== null && from.ms <= through.ms) {
    return { start: toInstant(from.ms), end: toInstant(through.ms + 1) };
  }
  const key = cellAt(cells, chunk.get('key'));
  return refuse(
    body.format,
    `has dates in chunk ${key} that are no window: ${start.slice(0, 60)} to ${end.slice(0, 60)}.`,
  );
}

function chunkOf(cells: readonly string[], header: NannyHeader, body: SignalBody): Chunk {
  const [first, last] = ['start_index', 'end_index'].map((name) => numberAt(cells, header.chunk.get(name)));
  const rows = first === null || last === null ? null : last! - first! + 1;
  return { key: cellAt(cells, header.chunk.get('key')), cells, window: windowOf(cells, header, body), rows };
}

function findingOf({ cells }: Chunk, { facts, cells: at }: Series): Finding {
  const [score, upper, lower] = ['value', 'upper_threshold', 'lower_threshold'].map((name) =>
    numberAt(cells, at.get(name)),
  ) as [number | null, number | null, number | null];
  return {
    ...facts,
    score,
    ...judgedBy({ score, upper, lower, lowerIsDrift: facts.lowerIsDrift, alert: flagAt(cells, at.get('alert')) }),
    raw: rawOf(Object.fromEntries([...at].map(([field, index]) => [field, cells[index] ?? '']))),
  };
}

/** No value: an all-null column gives alert False, which is no verdict. Realised quality only waits for its labels. */
function absencesOf(chunk: Chunk, findings: readonly Finding[], header: NannyHeader): Absence[] {
  const waitsForLabels = (numberAt(chunk.cells, header.chunk.get('targets_missing_rate')) ?? 0) > 0;
  const empty = findings.filter(({ score, scope }) => score === null && !(scope === 'performance' && waitsForLabels));
  const absences = empty.map(({ column, method }): Absence => {
    const name = column ?? method;
    const why = `NannyML gave no value for ${name} in chunk ${chunk.key}.`;
    return { what: column === null ? 'report' : 'column', name, why };
  });
  return [...new Map(absences.map((absence) => [absence.name, absence])).values()];
}

function draftOf(chunks: readonly Chunk[], header: NannyHeader, notes: readonly string[]): Draft {
  const findings = chunks.map((chunk) => header.series.map((series) => findingOf(chunk, series)));
  const rows = chunks.map((chunk) => chunk.rows);
  return {
    monitor: 'nannyml',
    monitorVersion: null,
    findings: findings.flat(),
    absent: chunks.flatMap((chunk, i) => absencesOf(chunk, findings[i]!, header)),
    notes,
    nCurrent: rows.includes(null) ? null : rows.reduce<number>((sum, count) => sum + (count ?? 0), 0),
  };
}

/** Values alone: position and number of a chunk shift when the file begins later, and columns come in any order. */
function identityOf({ findings }: Draft): string {
  return JSON.stringify(findings.map(({ column, method, raw }) => JSON.stringify([column, method, raw])).sort());
}

/** Findings, and absences at most: each value that is empty may be one. */
function partsOf(chunks: readonly Chunk[], { series }: NannyHeader): number {
  const emptyOf = ({ cells }: Chunk): number =>
    series.filter(({ cells: at }) => numberAt(cells, at.get('value')) === null).length;
  return chunks.reduce((sum, chunk) => sum + series.length + emptyOf(chunk), 0);
}

/** One claim a chunk; an exact repeat of a row is left out. */
function datedClaims(
  chunks: readonly Chunk[],
  body: SignalBody,
  made: { header: NannyHeader; notes: string[] },
): ParsedSignal {
  const [claims, ignored]: [Map<string, DriftClaim>, string[]] = [new Map(), []];
  const { envelope } = body;
  const within = envelope.start === undefined && envelope.end === undefined ? null : envelopeWindow(body);
  const isWithin = ({ window }: Chunk): boolean =>
    within === null || (window!.end > within.start && window!.start < within.end);
  const taken = chunks.filter(isWithin);
  if (taken.length > MAX_CLAIMS) {
    refuse(
      body.format,
      `holds ${taken.length} chunks; ${MAX_CLAIMS} at once are taken: name a window with start and end.`,
    );
  }
  limitParts(body.format, partsOf(taken, made.header));
  for (const chunk of chunks) {
    const window = chunk.window!;
    if (!isWithin(chunk)) {
      ignored.push(`Chunk ${chunk.key} (${window.start} to ${window.end}) lies outside the window named.`);
      continue;
    }
    const draft = draftOf([chunk], made.header, made.notes);
    const base = envelope.eventId === undefined ? {} : { eventId: `${envelope.eventId}/${window.start}/${chunk.key}` };
    const claim = makeClaim(body, { ...draft, ...base, window, identity: identityOf(draft) });
    if (claims.has(claim.eventId)) ignored.push(`Chunk ${chunk.key} stands in the file twice with the same start.`);
    else claims.set(claim.eventId, claim);
  }
  return { claims: [...claims.values()], ignored };
}

function notesOf(header: NannyHeader, chunks: readonly Chunk[], reference: number): string[] {
  const isOpen = header.series.some(({ facts }) => facts.method === 'value');
  return [
    ...(chunks.some(({ window }) => window !== null) ? ['Chunk dates carry no zone and are read as UTC.'] : []),
    ...(reference > 0 ? [`${reference} chunks of the reference period claim nothing.`] : []),
    ...(isOpen ? ['The file does not say what its values are, so that their direction is not known.'] : []),
  ];
}

export function parseNannyml(body: SignalBody): ParsedSignal {
  const rows = rowsOf(body);
  const header = readHeader(rows);
  if (header === null) {
    refuse(body.format, 'has no column chunk_key with values beside it: send the CSV of a NannyML result.', {
      missing: ['chunk_key'],
    });
  }
  const data = rows.slice(header.rows);
  const period = header.chunk.get('period');
  const analysis = data.filter((cells) => period === undefined || cellAt(cells, period) !== 'reference');
  if (analysis.length === 0 || analysis.length > MAX_CHUNKS) {
    const found = `${analysis.length} chunks of the analysis period`;
    refuse(
      body.format,
      `holds ${found}; 1 to ${MAX_CHUNKS} are taken: result.filter(period='analysis'), the newest only.`,
    );
  }
  const chunks = analysis.map((cells) => chunkOf(cells, header, body));
  const notes = notesOf(header, chunks, data.length - analysis.length);
  if (chunks.every(({ window }) => window !== null)) return datedClaims(chunks, body, { header, notes });
  const undated =
    'The chunks have no dates (no timestamp column was given): all of them are claimed of the window named.';
  limitParts(body.format, partsOf(chunks, header));
  return { claims: [makeClaim(body, draftOf(chunks, header, [...notes, undated]))], ignored: [] };
}
