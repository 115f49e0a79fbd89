/**
 * CloudEvents over HTTP, 1.0 and 0.3 (Seldon still sends the latter): structured, binary (attributes in `ce-` headers) and
 * batch. `source` and `id` of an event are the key of its claim. The data are read by the format that the extension
 * `perennialformat` names, else by what the type says (`io.evidently.report`, `io.seldon.serving.inference.drift`), else as
 * the generic form. Extensions `windowstart`, `windowend`, `nreference`, `ncurrent`, `severity`, `monitorversion` and
 * `columns` go before the query's. A batch is taken whole or refused whole, so that its sender can look and send it again.
 * Source: https://github.com/cloudevents/spec/tree/v1.0.2
 */
import type { DriftClaim, Envelope, ParsedSignal, Severity, SignalFormat } from './drift-claim.js';
import { readJson } from './lenient-json.js';
import {
  asFields,
  asList,
  asText,
  type Fields,
  limitParts,
  MAX_CLAIMS,
  member,
  refuse,
  type SignalBody,
} from './payload.js';

export type DataFormat = Exclude<SignalFormat, 'cloudevents'>;
type ParseData = (format: DataFormat, body: SignalBody) => ParsedSignal;

const DATA_FORMATS: readonly string[] = [
  'evidently',
  'nannyml',
  'alibi-detect',
  'alertmanager',
  'whylogs',
  'deepchecks',
  'generic',
] satisfies DataFormat[];
const VERSIONS = new Set(['1.0', '0.3']);
const REQUIRED = ['specversion', 'id', 'source', 'type'];
const MAX_EVENTS = 500;

interface Event {
  readonly attributes: Fields;
  readonly text: string;
  readonly parsed?: unknown;
  readonly notes: readonly string[];
}

/** By the words of its name: `io.evidently.report`, `com.example.nannyml/chunk`. */
function formatOfType(type: string): DataFormat {
  const words = type.toLowerCase().split(/[^a-z0-9-]+/);
  if (words.includes('seldon') || words.includes('alibi')) return 'alibi-detect';
  return (DATA_FORMATS.find((format) => words.includes(format)) as DataFormat | undefined) ?? 'generic';
}

function formatOf(attributes: Fields, body: SignalBody): DataFormat {
  const named = asText(member(attributes, 'perennialformat'));
  if (named === null) return formatOfType(asText(member(attributes, 'type')) ?? '');
  if (DATA_FORMATS.includes(named)) return named as DataFormat;
  const known = DATA_FORMATS.join(', ');
  return refuse(body.format, `names perennialformat ${JSON.stringify(named.slice(0, 80))}; known are ${known}.`, {
    field: 'perennialformat',
  });
}

/** A mapping of header values: percent-encoded UTF-8. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Written by a sender that does not encode: as it stands.
    return value;
  }
}

function attributesOfHeaders(headers: Readonly<Record<string, string>>): Fields {
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]): [string, string] => [name.slice('ce-'.length), decoded(value)]);
  return Object.fromEntries(attributes);
}

function textOfBase64(data: string, body: SignalBody): string {
  try {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse(body.format, 'has data_base64 that is no text in base64.', { field: 'data_base64' });
  }
}

/** Data that are JSON stand in the event as such; CSV stands there as a text. */
function eventOf(value: unknown, body: SignalBody, notes: readonly string[]): Event {
  const attributes = asFields(value);
  if (attributes === null) return refuse(body.format, 'is no CloudEvent: an event is an object.');
  const [data, base64] = [member(attributes, 'data'), asText(member(attributes, 'data_base64'))];
  if (base64 !== null) return { attributes, notes, text: textOfBase64(base64, body) };
  if (typeof data === 'string') return { attributes, notes, text: data };
  return { attributes, notes, text: JSON.stringify(data), parsed: data };
}

function count(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** Only what the event really says, so that the envelope's own values stay under it. */
function envelopeOf(attributes: Fields, envelope: Envelope): Envelope {
  const [start, end] = [asText(member(attributes, 'windowstart')), asText(member(attributes, 'windowend'))];
  const [nReference, nCurrent] = [count(member(attributes, 'nreference')), count(member(attributes, 'ncurrent'))];
  const severity = asText(member(attributes, 'severity'));
  const isSeverity = severity === 'info' || severity === 'warning' || severity === 'critical';
  const monitorVersion = asText(member(attributes, 'monitorversion'));
  const columns = asText(member(attributes, 'columns'));
  return {
    ...envelope,
    source: asText(member(attributes, 'source')) ?? '',
    eventId: asText(member(attributes, 'id')) ?? '',
    ...(start === null ? {} : { start }),
    ...(end === null ? {} : { end }),
    ...(nReference === undefined ? {} : { nReference }),
    ...(nCurrent === undefined ? {} : { nCurrent }),
    ...(isSeverity ? { severity: severity satisfies Severity } : {}),
    ...(monitorVersion === null ? {} : { monitorVersion }),
    ...(columns === null ? {} : { columns: columns.split(',').map((name) => name.trim()) }),
  };
}

function parseEvent(event: Event, body: SignalBody, parseData: ParseData): ParsedSignal {
  const { attributes, text, parsed, notes } = event;
  const missing = REQUIRED.filter((name) => asText(member(attributes, name)) === null);
  if (missing.length > 0) {
    refuse(body.format, `lacks the attributes ${missing.join(', ')}, which every CloudEvent has.`, { missing });
  }
  const version = asText(member(attributes, 'specversion')) ?? '';
  if (!VERSIONS.has(version)) refuse(body.format, `has specversion ${JSON.stringify(version.slice(0, 40))}; send 1.0.`);
  const format = formatOf(attributes, body);
  if (text === '' || parsed === null)
    refuse(body.format, `has no data: the report of ${format} is expected there.`, { missing: ['data'] });
  const envelope = envelopeOf(attributes, body.envelope);
  return parseData(format, { format: body.format, text, notes, ...(parsed === undefined ? {} : { parsed }), envelope });
}

function eventsOf(body: SignalBody): Event[] {
  const headers = body.envelope.headers ?? {};
  const contentType = (headers['content-type'] ?? '').toLowerCase();
  const isStructured = contentType.startsWith('application/cloudevents');
  if (!isStructured && headers['ce-specversion'] !== undefined) {
    return [{ attributes: attributesOfHeaders(headers), notes: [], text: body.text }];
  }
  const { value, notes } = readJson(body);
  const batch = asList(value);
  if (batch === null) return [eventOf(value, body, notes)];
  if (batch.length === 0 || batch.length > MAX_EVENTS) {
    refuse(body.format, `is a batch of ${batch.length} events; 1 to ${MAX_EVENTS} are taken.`);
  }
  return batch.map((event) => eventOf(event, body, notes));
}

export function parseCloudEvents(body: SignalBody, parseData: ParseData): ParsedSignal {
  const [claims, ignored]: [DriftClaim[], string[]] = [[], []];
  let parts = 0;
  for (const event of eventsOf(body)) {
    const parsed = parseEvent(event, body, parseData);
    for (const claim of parsed.claims) {
      claims.push(claim);
      parts += claim.findings.length + claim.absent.length;
    }
    for (const reason of parsed.ignored) ignored.push(reason);
    limitParts(body.format, parts);
    if (claims.length > MAX_CLAIMS) refuse(body.format, `holds more than ${MAX_CLAIMS} claims: send it in parts.`);
  }
  return { claims, ignored };
}
