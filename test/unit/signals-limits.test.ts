/** What no report may do: be the platform itself, or be small and cost much; and what bounds say of a value. */
import { describe, expect, it } from 'vitest';
import type { Envelope, ParsedSignal, SignalFormat } from '#dist/core/signals/drift-claim.js';
import { parseSignal } from '#dist/core/signals/parse-signal.js';
import { toRegistryError } from '#dist/registry/registry-error.js';
import { batchesOf } from '#dist/workflows/claim-batch.js';
import { ENVELOPE, onlyClaim, readMonitorFile } from './signals-fixtures.js';

const parse = (format: SignalFormat, body: string | object, change: Partial<Envelope> = {}): ParsedSignal =>
  parseSignal(format, typeof body === 'string' ? body : JSON.stringify(body), { ...ENVELOPE, ...change });
const GENERIC = { monitor: 'm', findings: [{ method: 'psi', alert: true }] };

describe("the platform's own sources", () => {
  const own = ['schedule', 'manual', 'labels', 'versions', 'version-change', 'drift', 'performance', 'expectation'];

  it.each([...own, 'backfill', 'nannyml/URL'])('%s is no source of a report, wherever it stands', (source) => {
    const refusal = /source .* which is the platform's own: name another/;
    expect(() => parse('generic', GENERIC, { source })).toThrow(refusal);
    expect(() => parse('generic', { ...GENERIC, source })).toThrow(refusal);
    expect(() => parse('generic', { ...GENERIC, monitor: source })).toThrow(refusal);
    const event = { specversion: '1.0', id: '1', source, type: 'x', data: GENERIC };
    expect(() => parse('cloudevents', event)).toThrow(refusal);
  });

  it('are refused of a direct claim, and its refusal takes no place of theirs', () => {
    const value = { source: 'schedule', eventId: '2001-03-01T00:00:00.000Z' };
    const [[message]] = batchesOf('m', [{ kind: 'claim', value }], { unnamed: () => 'unnamed/1', nowMs: 0 }) as [
      [object],
    ];
    expect(message).toMatchObject({ source: 'unnamed source', refusal: expect.stringContaining('source') });
  });

  it('leave names beside them to everybody', () => {
    for (const source of ['nannyml', 'schedules', '/schedule', 'nightly']) {
      expect(onlyClaim(parse('generic', GENERIC, { source })).source).toBe(source);
    }
  });
});

describe('a body of NannyML', () => {
  const csv = (columns: readonly string[], rows: readonly string[]): string => [columns.join(','), ...rows].join('\n');

  it('of few bytes and very many cells is refused before they become findings', () => {
    const columns = ['chunk_key', ...Array.from({ length: 9_000 }, (_, i) => `c${i}_value`)];
    const body = csv(columns, Array<string>(20).fill(`k${','.repeat(9_000)}`));
    const startMs = performance.now();
    expect(() => parse('nannyml', body)).toThrow(/holds 360000 findings and absences, more than 20000/);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it('with more than 500 chunks in the window named is refused, and taken with a narrower window', () => {
    const day = (i: number): string => new Date(Date.UTC(2001, 0, 1 + i)).toISOString().slice(0, 10);
    const rows = Array.from({ length: 600 }, (_, i) => `${i},${day(i)},${day(i)},${i}`);
    const body = csv(['chunk_key', 'chunk_start_date', 'chunk_end_date', 'x_psi_value'], rows);
    const wide = { start: '2001-01-01', end: '2003-01-01' };
    expect(() => parse('nannyml', body, wide)).toThrow(/holds 600 chunks; 500 at once/);
    expect(parse('nannyml', body, { ...wide, end: '2001-02-01' }).claims.length).toBe(31);
  });

  const HEAD = ['chunk_key', 'roc_auc_value', 'roc_auc_upper_threshold', 'roc_auc_lower_threshold', 'roc_auc_alert'];
  it.each([
    ['0.7,0.8,0.6,', { alert: false, threshold: 0.6 }],
    ['0.7,0.8,0.6,maybe', { alert: false, threshold: 0.6 }],
    ['0.5,0.8,0.6,', { alert: null, threshold: 0.6 }],
    ['0.9,0.8,0.6,1.0', { alert: true, threshold: 0.8 }],
    ['0.9,0.8,0.6,0.0', { alert: false, threshold: 0.8 }],
    ['0.7,,0.6,', { alert: null, threshold: 0.6 }],
    [',0.8,0.6,', { alert: null }],
  ])('with the cells %s', (cells, expected) => {
    expect(onlyClaim(parse('nannyml', csv(HEAD, [`k,${cells}`]))).findings[0]).toMatchObject(expected);
  });
});

describe('a group of Alertmanager', () => {
  const group = JSON.parse(
    readMonitorFile('prometheus-alertmanager-0.25.0/max-alerts-1-truncated.json').toString(),
  ) as { alerts: { startsAt: string }[] };

  it('tells what it left out in a claim of its own, whatever is known of the alerts shown', () => {
    const whole = parse('alertmanager', { ...group, truncatedAlerts: 0 }).claims;
    const [alert, hidden, ...others] = parse('alertmanager', group).claims;
    expect([alert, others]).toEqual([whole[0], []]);
    expect(hidden).toMatchObject({ severity: 'warning', findings: [], absent: [{ what: 'alerts' }] });
    expect(hidden!.eventId).toMatch(/\/2026-11-22T07:01:52\.036Z\/truncated$/);
    expect(parse('alertmanager', group).claims[1]).toEqual(hidden);
  });

  it('of thousands of alerts gives 500 claims, the last of which says so', () => {
    const alerts = Array.from({ length: 3_000 }, (_, i) => ({ ...group.alerts[0], fingerprint: `f${i}` }));
    const { claims } = parse('alertmanager', { ...group, alerts, truncatedAlerts: 0 });
    expect(claims.length).toBe(500);
    expect(claims[499]!.absent[0]!.why).toContain('2501 alerts beyond the first 499');
  });
});

it('events of one batch share the limit of a body', () => {
  const findings = Array.from({ length: 5_000 }, () => ({ method: 'psi', alert: true }));
  const events = Array.from({ length: 5 }, (_, i) => ({
    specversion: '1.0',
    id: `${i}`,
    source: 's',
    type: 'x',
    data: { monitor: 'm', findings },
  }));
  expect(parse('cloudevents', events.slice(0, 4)).claims.length).toBe(4);
  expect(() => parse('cloudevents', events)).toThrow(/25000 findings and absences/);
});

it('an id made here tells clocks apart', () => {
  const ids = [{}, { asOf: '2001-03-01T00:00:00.000Z' }, { asOf: '2001-03-02T00:00:00.000Z' }].map(
    (change) => onlyClaim(parse('generic', GENERIC, change)).eventId,
  );
  expect(new Set(ids).size).toBe(3);
});

it('a row that a constraint refuses is told by its constraint, never with the values that it holds', () => {
  const refused = Object.assign(new Error('new row for relation "api_tokens" violates check constraint "expires"'), {
    code: '23514',
    detail: 'Failing row contains (8, z, a-hash-of-a-secret).',
  });
  const { code, message, details } = toRegistryError(refused);
  expect([code, message]).toEqual(['INVARIANT_BROKEN', expect.stringContaining('constraint "expires"')]);
  expect(JSON.stringify([message, details])).not.toMatch(/Failing row|secret/);
});

it('a value that Postgres refuses is the sender’s to correct', () => {
  const error = Object.assign(new Error('date/time field value out of range'), { code: '22008' });
  expect(toRegistryError(error)).toMatchObject({ code: 'SIGNAL_INVALID', message: expect.stringContaining('22008') });
});
