/** What real payloads do, one test each: the list stands in the README of test/fixtures/monitors. */
import { describe, expect, it } from 'vitest';
import type { Envelope, ParsedSignal, SignalFormat } from '#dist/core/signals/drift-claim.js';
import { SIGNAL_FORMATS } from '#dist/core/signals/drift-claim.js';
import { MAX_SIGNAL_BYTES, parseSignal } from '#dist/core/signals/parse-signal.js';
import { ENVELOPE, onlyClaim, parseFile, readMonitorFile } from './signals-fixtures.js';

const parse = (format: SignalFormat, body: string | object, change: Partial<Envelope> = {}): ParsedSignal =>
  parseSignal(format, typeof body === 'string' ? body : JSON.stringify(body), { ...ENVELOPE, ...change });
const { start: _start, end: _end, ...NO_WINDOW } = ENVELOPE;
const EVIDENTLY = 'evidently-0.7.23/distance_km.drift-tests.json';
const ALERTS = 'prometheus-alertmanager-0.25.0';
const NANNYML = 'nannyml-0.13.1';
const ALIBI = 'alibi-detect-0.13.0';

describe('JSON that is none', () => {
  it('bare NaN and Infinity are no numbers, and the raw part still shows them', () => {
    const scores = onlyClaim(parseFile('whylogs-1.6.4/distance_km.drift-scores.json'));
    expect(scores.findings.find(({ column }) => column === 'origin')!.raw).toContain('"statistic":"Infinity"');
    const body = '{"monitor":"m","findings":[{"method":"psi","score":NaN},{"method":"psi","score":-Infinity}]}';
    const claim = onlyClaim(parse('generic', body));
    expect(claim.findings.map(({ score }) => score)).toEqual([null, null]);
    expect(claim.notes).toEqual(['2 bare NaN or Infinity literals were read as no number.']);
  });

  it('the same words inside texts, beside escaped quotes too, stay as they are', () => {
    const body = '{"monitor":"NaN \\" NaN","findings":[{"method":"a \\\\","column":"Infinity","score":NaN}]}';
    const claim = onlyClaim(parse('generic', body));
    expect([claim.monitor, claim.findings[0]!.method, claim.findings[0]!.column]).toEqual([
      'NaN " NaN',
      'a \\',
      'Infinity',
    ]);
  });

  it.each(['NaN1', 'xNaN', 'Infinity.5', '1NaN', 'nan', 'undefined', "{'a': 1}", '{"a": NaN', '[', 'True'])(
    '%s is refused',
    (text) =>
      expect(() => parse('generic', `{"monitor":"m","findings":[{"method":"p","score":${text}}]}`)).toThrow(
        /is no JSON/,
      ),
  );

  it('a number beyond the range of numbers is no score', () => {
    const body = '{"data":{"is_drift":1,"distance":1e999,"p_val":1e999,"threshold":0.05},"meta":{"name":"MMDDrift"}}';
    expect(onlyClaim(parse('alibi-detect', body)).findings[0]).toMatchObject({ score: null, alert: true });
  });

  it('repeated keys and __proto__ do no harm', () => {
    const body = '{"__proto__":{"alert":true},"monitor":"a","monitor":"b","findings":[{"method":"psi"}]}';
    expect(() => parse('generic', body)).toThrow(/__proto__/);
    const scores = '{"__proto__":{"algorithm":"ks","pvalue":0.5},"constructor":{"algorithm":"ks","pvalue":0.5}}';
    const claim = onlyClaim(parse('whylogs', scores));
    expect(claim.findings.map(({ column }) => column)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    const method = '{"monitor":"m","findings":[{"method":"__proto__","score":1},{"method":"constructor","score":1}]}';
    expect(onlyClaim(parse('generic', method)).findings.map(({ family }) => family)).toEqual([null, null]);
  });

  it('depth and size have an end', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const format of SIGNAL_FORMATS.filter((one) => one !== 'nannyml')) {
      expect(() => parse(format, deep)).toThrow(/nested deeper than 64/);
    }
    for (const format of SIGNAL_FORMATS) {
      expect(() => parse(format, 'x'.repeat(MAX_SIGNAL_BYTES + 1))).toThrow(/is larger than/);
      expect(() => parse(format, '')).toThrow(/is empty/);
    }
  });

  it('bytes that are no UTF-8 are refused, a byte-order mark is not', () => {
    const bytes = readMonitorFile(EVIDENTLY);
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    expect(parseSignal('evidently', marked, ENVELOPE).claims).toEqual(parseFile(EVIDENTLY).claims);
    expect(parseSignal('evidently', `\uFEFF${bytes.toString()}`, ENVELOPE).claims).toEqual(parseFile(EVIDENTLY).claims);
    const wide = Buffer.from(bytes.toString(), 'utf16le');
    expect(() => parseSignal('evidently', wide, ENVELOPE)).toThrow(/no UTF-8|no JSON/);
  });

  it('characters that Postgres cannot keep become U+FFFD in names and are refused in ids', () => {
    const body = '{"monitor":"m","findings":[{"method":"psi","column":"a\\u0000b\\ud800"}]}';
    expect(onlyClaim(parse('generic', body)).findings[0]!.column).toBe('a\uFFFDb\uFFFD');
    expect(() => parse('generic', body, { eventId: 'a\0' })).toThrow(/id that holds a NUL/);
    expect(() => parse('generic', body, { source: 's'.repeat(1_201) })).toThrow(/source that has 1201 bytes/);
  });
});

describe('what no payload says', () => {
  it('a report without model or window is refused with the missing names', () => {
    const bytes = readMonitorFile(EVIDENTLY);
    expect(() => parseSignal('evidently', bytes, { ...NO_WINDOW, modelId: '' })).toThrow(/its model, start, end/);
    expect(() => parseSignal('evidently', bytes, { ...NO_WINDOW, end: '2001-02-12' })).toThrow(
      /does not say its start:/,
    );
  });

  it.each([
    ['2001-02-30', /is no instant/],
    ['yesterday', /is no instant/],
    ['2001-02-05 10:00', /has no zone/],
    ['2001-02-12', /ends at or before its start/],
    ['9999-01-01', /is no instant/],
  ])('a window that starts %s is refused', (start, why) => {
    expect(() => parseFile(EVIDENTLY, { start })).toThrow(why);
  });

  it('a report without id is known again by format, window and body, and told from another window', () => {
    const id = (change: Partial<Envelope> = {}): string => onlyClaim(parseFile(EVIDENTLY, change)).eventId;
    expect(id()).toMatch(/^[0-9a-f]{64}$/);
    expect(id({ receivedAt: '2026-12-01T00:00:00.000Z', start: '2001-02-05T00:00:00Z' })).toBe(id());
    expect(id({ end: '2001-02-13' })).not.toBe(id());
    expect(id({ eventId: 'own' })).toBe('own');
  });
});

describe('Evidently 0.7', () => {
  it('a column called `origin,with comma` keeps its name', () => {
    const claim = onlyClaim(parseFile('evidently-0.7.23/distance_km.drift-tests-odd-names.json'));
    expect(claim.findings.map(({ column }) => column)).toContain('origin,with comma');
  });

  it('the direction follows the method, which changes with the size of the reference', () => {
    const claim = onlyClaim(parseFile('evidently-0.7.23/distance_km.valuedrift-only.json'));
    expect(claim.findings.find(({ method }) => method === 'ks')).toMatchObject({
      family: 'p-value',
      lowerIsDrift: true,
    });
    const report = JSON.parse(readMonitorFile('evidently-0.7.23/distance_km.drift.json').toString());
    report.metrics[1].config.method = 'a method of tomorrow';
    const unknown = onlyClaim(parse('evidently', report)).findings[1]!;
    expect(unknown).toMatchObject({ family: null, lowerIsDrift: null, alert: null, score: report.metrics[1].value });
    expect(unknown.raw).toContain('a method of tomorrow');
  });

  it('a share of exactly one half fails a test that asks for less, and counts are floats', () => {
    const [whole] = onlyClaim(parseFile(EVIDENTLY)).findings;
    expect(whole).toMatchObject({ score: 0.5, threshold: 0.5, alert: true, method: 'DriftedColumnsCount' });
    const rows = onlyClaim(parseFile('evidently-0.7.23/distance_km.summary-tests.json'));
    expect(rows.nCurrent).toBe(5000);
  });

  it('an all-null column is absent from a summary, whatever the other tests say', () => {
    const claim = onlyClaim(parseFile('evidently-0.7.23/distance_allnan.summary-tests.json'));
    expect(claim.absent).toEqual([
      { what: 'column', name: 'distance', why: "Evidently's value for column distance is NaN." },
    ]);
  });

  it('alarms of the model itself are about performance', () => {
    const claim = onlyClaim(parseFile('evidently-0.7.23/distance_km.classification-tests.json'));
    expect(claim.cause).toBe('performance');
    expect(onlyClaim(parseFile(EVIDENTLY)).cause).toBe('drift');
  });

  it.each([{}, { metrics: [], tests: [] }, [], 3, null, { metrics: 'x' }])('%j is refused', (body) => {
    expect(() => parse('evidently', JSON.stringify(body))).toThrow(
      /evidently signal (is none of Evidently|holds no result)/,
    );
  });
});

describe('Evidently 0.4', () => {
  it('suite and report may disagree on one window, and each stands as it came', () => {
    const of = (kind: string): unknown =>
      onlyClaim(parseFile(`evidently-0.4.40/feb_quiet.${kind}.json`)).findings.find(({ scope }) => scope === 'dataset');
    expect(of('testsuite-drift')).toMatchObject({ alert: true, threshold: 0.3, score: 0.4 });
    expect(of('report-drift')).toMatchObject({ alert: false, threshold: 0.5, score: 0.4 });
  });

  it('a test that ended with an error names its column in its description alone', () => {
    const claim = onlyClaim(parseFile('evidently-0.4.40/distance_allnan.testsuite-drift.json'));
    expect(claim.absent.map(({ what, name }) => [what, name])).toEqual([
      ['report', 'Share of Drifted Columns'],
      ['column', 'distance'],
    ]);
    expect(claim.findings.filter(({ alert }) => alert === null).map(({ score }) => score)).toEqual([null, null]);
  });
});

describe('NannyML', () => {
  it('an empty threshold is normal', () => {
    const { claims } = parseFile(`${NANNYML}/distance_km.univariate-js-ks.csv`);
    const chi2 = claims[0]!.findings.find(({ method }) => method === 'chi2')!;
    expect(chi2).toMatchObject({ threshold: null, alert: false, family: 'statistic', lowerIsDrift: false });
  });

  it('without dates all chunks are one claim of the window named, and without a window it is refused', () => {
    const path = `${NANNYML}/distance_km.univariate-no-timestamps.csv`;
    const claim = onlyClaim(parseFile(path));
    expect(claim.window).toEqual({ start: '2001-02-05T00:00:00.000Z', end: '2001-02-12T00:00:00.000Z' });
    expect(() => parseSignal('nannyml', readMonitorFile(path), NO_WINDOW)).toThrow(/its start, end/);
  });

  it('chunk keys that start again in the analysis period are chunks of their own', () => {
    const [reference, analysis] = ['reference', 'analysis'].map(
      (period) => `[0:9],0,0,9,2001-01-01,2001-01-01,${period},`,
    );
    const head =
      'chunk_key,chunk_index,chunk_start_index,chunk_end_index,chunk_start_date,chunk_end_date,chunk_period,';
    const csv = `${head}x_psi_value,x_psi_alert\n${reference}1,True\n${analysis}2,False\n${analysis}3,True\n${analysis}3,True\n`;
    const parsed = parse('nannyml', csv, { start: '2001-01-01', end: '2001-01-02' });
    expect(parsed.claims.map(({ findings }) => findings[0]!.score)).toEqual([2, 3]);
    expect(parsed.ignored).toEqual(['Chunk [0:9] stands in the file twice with the same start.']);
  });

  it('an empty value with alert False is an absent column, not a quiet one', () => {
    const { claims } = parseFile(`${NANNYML}/distance_allnan.univariate-default.csv`);
    for (const claim of claims) expect(claim.absent.map(({ name }) => name)).toEqual(['distance']);
    const means = parseFile(`${NANNYML}/distance_allnan.summary-stats-mean.csv`).claims[0]!;
    expect(means.findings[0]).toMatchObject({ column: 'distance', score: null, alert: true, method: 'value' });
  });

  it('realised quality without its labels yet is not absent', () => {
    const csv = readMonitorFile(`${NANNYML}/feb_quiet.performance.csv`).toString().split('\n').slice(0, 2);
    const cells = csv[1]!.split(',');
    const [rate, value] = ['chunk_targets_missing_rate', 'roc_auc_value'].map((name) =>
      csv[0]!.split(',').indexOf(name),
    );
    cells[value!] = '';
    expect(onlyClaim(parse('nannyml', `${csv[0]}\n${cells.join(',')}\n`)).absent.length).toBe(1);
    cells[rate!] = '1.0';
    expect(onlyClaim(parse('nannyml', `${csv[0]}\n${cells.join(',')}\n`)).absent).toEqual([]);
  });

  it('a file that grows by a chunk repeats the old chunks under their old ids', () => {
    const lines = readMonitorFile(`${NANNYML}/distance_km.univariate-default.csv`).toString().split('\n');
    const ids = (count: number): string[] =>
      parse('nannyml', lines.slice(0, count + 1).join('\n')).claims.map(({ eventId }) => eventId);
    expect(ids(5).slice(0, 4)).toEqual(ids(4));
    // A file that begins a chunk later counts from the start again.
    const later = lines.slice(2, 6).map((line, i) => line.replace(/^[^,]*,\d+,/, `[${i}],${i},`));
    const shifted = parse('nannyml', [lines[0], ...later].join('\n')).claims;
    expect(shifted.map(({ eventId }) => eventId)).toEqual(ids(5).slice(1));
    expect(parseSignal('nannyml', lines.join('\n'), NO_WINDOW).claims.length).toBe(10);
  });

  it('chunks outside the window named are left out by name', () => {
    const parsed = parseFile(`${NANNYML}/distance_km.univariate-multilevel.csv`, { end: '2001-02-07' });
    expect(parsed.claims.length).toBe(2);
    expect(parsed.ignored.length).toBe(5);
    expect(parsed.ignored[0]).toContain('2001-02-07');
  });
});

describe('Alibi Detect', () => {
  it('features have the names that the envelope gives by position, when they are as many', () => {
    const path = `${ALIBI}/distance_km.tabular-feature.json`;
    const columns = ['hour', 'weekday', 'distance', 'origin', 'destination'];
    const names = (given: readonly string[]): (string | null)[] =>
      onlyClaim(parseFile(path, { columns: given })).findings.map(({ column }) => column);
    expect(names(columns)).toEqual(columns);
    expect(names(columns.slice(1))).toEqual(['#0', '#1', '#2', '#3', '#4']);
    expect(onlyClaim(parseFile(path, { columns: ['a'] })).notes.join()).toContain(
      '1 columns were named for 5 features',
    );
  });

  it('no drift on input that held NaN is not taken for quiet', () => {
    const claim = onlyClaim(
      parseFile(`${ALIBI}/distance_allnan.ks-batch.json`, { columns: ['hour', 'distance', 'p'] }),
    );
    expect(claim.findings[0]).toMatchObject({ scope: 'dataset', alert: false });
    expect(claim).toMatchObject({ absent: [{ what: 'column', name: 'distance' }], severity: 'warning' });
    const mmd = onlyClaim(parseFile(`${ALIBI}/distance_allnan.mmd-torch.json`));
    expect(mmd.notes.join(' ')).toContain('gave NaN as its distance');
  });

  it('p-values may be null, and online thresholds start as [NaN]', () => {
    expect(onlyClaim(parseFile(`${ALIBI}/distance_km.tabular-batch-no-pval.json`)).findings).toMatchObject([
      { score: null, threshold: null, alert: true },
    ]);
    const claim = onlyClaim(parseFile(`${ALIBI}/distance_km.cvm-online.jsonl`));
    expect(claim.notes.join(' ')).toContain('19 instances came before the detector had a threshold');
    const [first] = readMonitorFile(`${ALIBI}/distance_km.cvm-online.jsonl`).toString().split('\n');
    expect(onlyClaim(parse('alibi-detect', first!)).findings[0]).toMatchObject({ alert: false, score: null });
  });

  it('a detector that is not known keeps its value without a direction', () => {
    const body = { data: { is_drift: 1, p_val: 0.01, threshold: 0.05 }, meta: { name: 'MyDrift2' } };
    const [finding] = onlyClaim(parse('alibi-detect', body)).findings;
    expect(finding).toMatchObject({ method: 'MyDrift2 p_val', family: null, lowerIsDrift: null, score: 0.01 });
  });
});

describe('Alertmanager', () => {
  it('repeats and retries are the same claims, and a group that grew holds its old alert unchanged', () => {
    const ids = (name: string): string[] => parseFile(`${ALERTS}/${name}.json`).claims.map(({ eventId }) => eventId);
    expect(ids('04-repeat-of-03')).toEqual(ids('03-firing-other-group'));
    expect(ids('05-repeat-of-02')).toEqual(ids('02-firing-group-grew'));
    expect(ids('retry-3-answered-200')).toEqual(ids('retry-1-answered-500'));
    const [first] = parseFile(`${ALERTS}/01-firing.json`).claims;
    expect(parseFile(`${ALERTS}/02-firing-group-grew.json`).claims[0]).toEqual(first);
  });

  it('the window is what came before the alert, and the end of year 1 means nothing', () => {
    const claim = onlyClaim(parseFile(`${ALERTS}/01-firing.json`, { alertWindowMs: 3_600_000 }));
    expect(claim.window).toEqual({ start: '2026-11-22T05:56:19.000Z', end: '2026-11-22T06:56:19.000Z' });
    expect(claim).toMatchObject({
      severity: 'critical',
      findings: [{ column: 'distance', score: 0.41, method: 'psi' }],
    });
  });

  it('severities that are not known count as a warning and say so', () => {
    const group = JSON.parse(readMonitorFile(`${ALERTS}/01-firing.json`).toString());
    group.alerts[0].labels.severity = 'P1';
    const claim = onlyClaim(parse('alertmanager', group));
    expect(claim.severity).toBe('warning');
    expect(claim.notes).toEqual(['Severity "P1" is not known and counts as warning.']);
  });

  it('a broken alert is left out by name while others are sound, and refused alone', () => {
    const group = JSON.parse(readMonitorFile(`${ALERTS}/02-firing-group-grew.json`).toString());
    group.alerts[0].startsAt = 'soon';
    const parsed = parse('alertmanager', group);
    expect(parsed.claims.length).toBe(1);
    expect(parsed.ignored).toEqual([
      'FeatureDrift (e25106331c4423ec) has no startsAt that is an instant, and so no window.',
    ]);
    group.alerts.pop();
    expect(() => parse('alertmanager', group)).toThrow(/no alert with a startsAt/);
  });
});
