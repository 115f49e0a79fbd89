/** CloudEvents in each mode, written by the specification's own library; data of real monitors inside. */
import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import type { Envelope, ParsedSignal } from '#dist/core/signals/drift-claim.js';
import { parseSignal } from '#dist/core/signals/parse-signal.js';
import { ENVELOPE, onlyClaim, parseFile, readMonitorFile } from './signals-fixtures.js';

const { start: _start, end: _end, ...BARE } = ENVELOPE;
const REPORT = 'evidently-0.7.23/distance_km.drift-tests.json';
const ATTRIBUTES = {
  id: 'report-17',
  source: '/jobs/drift/daily',
  type: 'io.evidently.report',
  windowstart: '2001-02-05',
  windowend: '2001-02-12T00:00:00Z',
  nreference: 5000,
  ncurrent: 4000,
  severity: 'critical',
};
const eventOf = (change: Record<string, unknown> = {}): CloudEvent<unknown> =>
  new CloudEvent({ ...ATTRIBUTES, data: JSON.parse(readMonitorFile(REPORT).toString()), ...change });

interface Message {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

function parse({ headers, body }: Message, change: Partial<Envelope> = {}): ParsedSignal {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return parseSignal('cloudevents', String(body), { ...BARE, headers: Object.fromEntries(lower), ...change });
}

const batchOf = (...events: readonly CloudEvent<unknown>[]): Message => ({
  headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
  body: JSON.stringify(events),
});

describe('modes', () => {
  it('structured, binary and batch say the same', () => {
    const event = eventOf();
    const structured = onlyClaim(parse(HTTP.structured(event)));
    expect(structured).toMatchObject({
      eventId: 'report-17',
      source: '/jobs/drift/daily',
      monitor: 'evidently',
      format: 'cloudevents',
      window: { start: '2001-02-05T00:00:00.000Z', end: '2001-02-12T00:00:00.000Z' },
      nReference: 5000,
      nCurrent: 4000,
      severity: 'critical',
    });
    expect(onlyClaim(parse(HTTP.binary(event)))).toEqual(structured);
    expect(onlyClaim(parse(batchOf(event)))).toEqual(structured);
    expect(structured.findings).toEqual(onlyClaim(parseFile(REPORT)).findings);
  });

  it('the events of a batch are claims of their own', () => {
    const events = ['a', 'b', 'c'].map((id) => eventOf({ id }));
    expect(parse(batchOf(...events)).claims.map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c']);
  });

  it('a batch with one bad event is refused whole', () => {
    expect(() => parse(batchOf(eventOf(), eventOf({ windowstart: 'soon' })))).toThrow(
      /start "soon", which is no instant/,
    );
    expect(() => parse(batchOf())).toThrow(/batch of 0 events/);
  });

  it('an event without a content type is told by its members', () => {
    expect(onlyClaim(parse({ headers: {}, body: JSON.stringify(eventOf()) })).eventId).toBe('report-17');
  });

  it('CSV travels as a text, in base64 too, and each chunk is a claim under the id of the event', () => {
    const csv = readMonitorFile('nannyml-0.13.1/distance_km.univariate-multilevel.csv');
    const change = { type: 'com.example.nannyml', datacontenttype: 'text/csv' };
    const plain = parse(HTTP.structured(eventOf({ ...change, data: csv.toString() })));
    expect(plain.claims.length).toBe(7);
    expect(plain.claims[0]!.eventId).toBe('report-17/2001-02-05T00:00:00.000Z/2001-02-05');
    const base64 = { ...ATTRIBUTES, ...change, specversion: '1.0', data_base64: csv.toString('base64') };
    expect(parse({ headers: {}, body: JSON.stringify(base64) })).toEqual(plain);
    expect(parse({ ...HTTP.binary(eventOf({ ...change, data: csv.toString() })), body: csv.toString() })).toEqual(
      plain,
    );
  });

  it('header values are percent-encoded UTF-8, and those that are not stay as they are', () => {
    const message = HTTP.binary(eventOf());
    const sourced = (source: string): string =>
      onlyClaim(parse({ ...message, headers: { ...message.headers, 'ce-source': source } })).source;
    expect(sourced('/jobs/vertraging%20%C3%A9')).toBe('/jobs/vertraging é');
    expect(sourced('/jobs/100%')).toBe('/jobs/100%');
  });

  it('bare NaN in the data is survived', () => {
    const data = readMonitorFile('alibi-detect-0.13.0/distance_allnan.ks-batch.json').toString();
    const body = `{"specversion":"1.0","id":"1","source":"s","type":"alibi-detect.drift","data":${data}}`;
    const claim = onlyClaim(parse({ headers: {}, body }, { start: '2001-02-05', end: '2001-02-12' }));
    expect(claim.absent).toMatchObject([{ name: '#1' }]);
    expect(claim.notes.join(' ')).toContain('bare NaN');
  });
});

describe('Seldon', () => {
  /** As its Alibi Detect server answers: version 0.3, extensions of its own, window nowhere. */
  const HEADERS = {
    'Content-Type': 'application/json',
    'Ce-Specversion': '0.3',
    'Ce-Id': '3z1-drift',
    'Ce-Source': 'io.seldon.serving.cifar10-drift',
    'Ce-Type': 'io.seldon.serving.inference.drift',
    'Ce-Namespace': 'development',
    'Ce-Inferenceservicename': 'cifar10',
    'Ce-Endpoint': 'default',
    'Ce-Requestid': '3z1',
  };
  const body = readMonitorFile('alibi-detect-0.13.0/distance_km.ks-batch.json').toString();

  it('its events are read as those of Alibi Detect, with the window of the address', () => {
    const claim = onlyClaim(parse({ headers: HEADERS, body }, { start: '2001-02-05', end: '2001-02-12' }));
    expect(claim).toMatchObject({
      eventId: '3z1-drift',
      source: 'io.seldon.serving.cifar10-drift',
      monitor: 'alibi-detect',
    });
    expect(claim.findings[0]).toMatchObject({ alert: true, method: 'KSDrift p_val' });
  });

  it('without a window, and as an outlier instead of drift, they are refused by name', () => {
    expect(() => parse({ headers: HEADERS, body })).toThrow(/does not say its start, end/);
    const outlier = JSON.stringify({ data: { is_outlier: [1], instance_score: null }, meta: { name: 'OutlierVAE' } });
    expect(() => parse({ headers: HEADERS, body: outlier })).toThrow(/has no data.is_drift/);
  });
});

describe('refusals', () => {
  it.each([
    [{ perennialformat: 'excel' }, /perennialformat "excel"; known are evidently/],
    [{ data: undefined }, /has no data: the report of evidently/],
    [{ type: 'io.other.thing' }, /not of the generic form/],
  ])('%j', (change, why) => {
    expect(() => parse(HTTP.structured(eventOf(change)))).toThrow(why);
  });

  it('the attributes that every event has are named when they are missing', () => {
    const body = JSON.stringify({ specversion: '1.0', type: 'io.evidently.report', data: {} });
    expect(() => parse({ headers: {}, body })).toThrow(/lacks the attributes id, source,/);
    expect(() => parse({ headers: { 'ce-specversion': '1.0', 'ce-id': '1' }, body: '{}' })).toThrow(/source, type/);
    const old = JSON.stringify({ ...ATTRIBUTES, specversion: '0.1', data: {} });
    expect(() => parse({ headers: {}, body: old })).toThrow(/specversion "0.1"; send 1.0/);
  });

  it('the attributes of an event go before what its generic data say of themselves', () => {
    const own = { monitor: 'm', eventId: 'inner', source: 'inner', window: { start: '2000-01-01', end: '2000-01-02' } };
    const data = { ...own, findings: [{ method: 'psi', alert: true }] };
    expect(onlyClaim(parse(HTTP.structured(eventOf({ type: 'x', data }))))).toMatchObject({
      eventId: 'report-17',
      source: '/jobs/drift/daily',
      window: { start: '2001-02-05T00:00:00.000Z' },
    });
  });

  it('perennialformat goes before the type', () => {
    const data = JSON.parse(
      readMonitorFile('whylogs-1.6.4/origin_lower.drift-scores.json').toString().replaceAll('Infinity', '9'),
    );
    expect(onlyClaim(parse(HTTP.structured(eventOf({ perennialformat: 'whylogs', data })))).monitor).toBe('whylogs');
  });
});
