/** Every file of a real monitor gives the claim that its row in FILES.md describes, or a refusal by name. */
import { describe, expect, it } from 'vitest';
import type { DriftClaim, Finding } from '#dist/core/signals/drift-claim.js';
import { FILE_ROWS, type FileRow, MONITOR_FILES, onlyClaim, parseFile, readMonitorFile } from './signals-fixtures.js';

const rowsOf = (library: string): readonly FileRow[] =>
  FILE_ROWS.filter((row) => row.library.startsWith(library) && !row.path.endsWith('.sql'));
const alerting = (claim: DriftClaim): Finding[] => claim.findings.filter(({ alert }) => alert === true);
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();
const names = (text: string): string[] => text.split(', ');

it('FILES.md has a row for every file, and every file a row', () => {
  expect(FILE_ROWS.map(({ path }) => path).sort()).toEqual(MONITOR_FILES);
  expect(MONITOR_FILES.length).toBeGreaterThan(150);
});

describe('the envelope and the library stand in every claim', () => {
  it.each(FILE_ROWS.filter(({ path }) => !/\.sql$|profile\.csv$/.test(path)))('$path', ({ path, library }) => {
    for (const claim of parseFile(path).claims) {
      expect(claim.modelId).toBe('delay-clf');
      expect(library.startsWith(claim.monitor) || claim.monitor === 'alertmanager').toBe(true);
      expect(claim.window.start < claim.window.end).toBe(true);
      for (const finding of claim.findings) expect(finding.raw.length).toBeGreaterThan(2);
    }
  });
});

describe('Alibi Detect', () => {
  it.each(rowsOf('alibi').filter(({ path }) => path.endsWith('.json')))('$path: $verdict', ({ path, verdict }) => {
    const claim = onlyClaim(parseFile(path));
    const [, isDrift, pValues] = /is_drift (\[[^\]]*\]|[01]), p_val (.*)$/.exec(verdict)!;
    const columns = claim.findings.filter(({ scope }) => scope === 'column');
    const whole = claim.findings.filter(({ scope }) => scope === 'dataset');
    if (isDrift!.startsWith('[')) {
      expect(columns.map(({ alert }) => Number(alert))).toEqual(JSON.parse(isDrift!));
      expect(whole).toEqual([]);
    } else {
      expect(whole.map(({ alert }) => Number(alert))).toEqual([Number(isDrift)]);
      expect(columns.every(({ alert }) => alert === null)).toBe(true);
    }
    // The row cuts the list, and its last number with it.
    const told = (pValues!.match(/NaN|-?\d[\d.e-]*/g) ?? []).slice(0, pValues!.endsWith(']') ? undefined : -1);
    if (pValues!.startsWith('[')) {
      told.forEach((value, i) => {
        expect(columns[i]!.score).toBe(value === 'NaN' ? null : Number(value));
        expect(claim.absent.some(({ name }) => name === `#${i}`)).toBe(value === 'NaN');
      });
    } else expect(whole[0]!.score).toBe(pValues === 'null' ? null : Number(pValues));
    expect(claim.notes.some((note) => note.includes('bare NaN'))).toBe(verdict.includes('not RFC 8259'));
  });

  it.each(rowsOf('alibi').filter(({ path }) => path.endsWith('.jsonl')))('$path: $verdict', ({ path, verdict }) => {
    const [, lines, first] = /(\d+) lines, first is_drift at line index (\d+)/.exec(verdict)!;
    const claim = onlyClaim(parseFile(path));
    expect(claim.findings[0]).toMatchObject({ scope: 'dataset', alert: true });
    expect(claim.notes.join(' ')).toContain(`of ${lines} instances say drift, the first at line ${Number(first) + 1}.`);
  });
});

describe('Evidently 0.7', () => {
  const withVerdict = rowsOf('evidently-0.7').filter(({ verdict }) => !verdict.includes('dumps'));
  it.each(withVerdict)('$path: $verdict', ({ path, verdict }) => {
    const claim = onlyClaim(parseFile(path));
    const drifted = /count (\d+), share ([\d.]+)/.exec(verdict);
    if (drifted !== null) {
      const whole = claim.findings.filter(({ method }) => method === 'DriftedColumnsCount');
      expect(whole.some(({ score }) => score?.toFixed(3) === drifted[2])).toBe(true);
    }
    if (verdict.includes('no tests in file')) {
      const columns = alerting(claim).filter(({ column }) => column !== null);
      expect(columns.length).toBe(Number(drifted![1]));
      expect(alerting(claim).some(({ scope }) => scope === 'dataset')).toBe(Number(drifted![2]) >= 0.5);
    } else {
      const [, count, failed] = /(?:FAIL|WARNING): (\d+)× (.*)$/.exec(verdict)!;
      expect(alerting(claim).length).toBe(Number(count));
      // A column may be called `origin,with comma`, which the row's own commas do not tell from two.
      expect(unique(alerting(claim).map(({ column }) => column ?? 'dataset'))).toEqual(unique(names(failed!)));
    }
  });

  const dumps = rowsOf('evidently-0.7').filter(({ verdict }) => verdict.includes('dumps'));
  it.each(dumps)('$path has the verdicts that its own counters show', ({ path }) => {
    const dump = JSON.parse(readMonitorFile(path).toString());
    const counters: { value: string; label: string }[] = dump.tests_widgets[0].params.counters;
    const counted = Object.fromEntries(counters.map(({ label, value }) => [label, Number(value)]));
    const claim = onlyClaim(parseFile(path));
    expect(alerting(claim).length).toBe(counted.FAIL);
    expect(claim.findings.filter(({ alert }) => alert === false).length).toBe(counted.SUCCESS);
    expect(claim.notes.join(' ')).toContain('delay-clf');
  });
});

describe('Evidently 0.4', () => {
  const suites = rowsOf('evidently-0.4').filter(({ verdict }) => verdict.includes("{'"));
  it.each(suites)('$path: $verdict', ({ path, verdict }) => {
    const claim = onlyClaim(parseFile(path));
    const [, counts, named] = /(\{.*\}); (.*)$/.exec(verdict)!;
    const expected = { ERROR: 0, FAIL: 0, SUCCESS: 0, ...JSON.parse(counts!.replaceAll("'", '"')) };
    const count = (alert: boolean | null): number => claim.findings.filter((finding) => finding.alert === alert).length;
    expect({ ERROR: count(null), FAIL: count(true), SUCCESS: count(false) }).toEqual(expected);
    for (const one of names(named!)) {
      const [, status, name] = /^(FAIL|ERROR) (.*)$/.exec(one)!;
      if (status === 'FAIL') {
        expect(alerting(claim).some(({ column, method }) => column === name || method === name)).toBe(true);
      } else expect(claim.absent.length).toBe(expected.ERROR);
    }
    expect(claim.monitorVersion).toBe('0.4.40');
  });

  const reports = rowsOf('evidently-0.4').filter(({ verdict }) => verdict.startsWith('dataset_drift'));
  it.each(reports)('$path: $verdict', ({ path, verdict }) => {
    const [, drift, drifted, all, columns] = /dataset_drift (\w+), (\d)\/(\d): (.*)$/.exec(verdict)!;
    const claim = onlyClaim(parseFile(path));
    const [whole, ...each] = claim.findings;
    expect(whole).toMatchObject({ scope: 'dataset', alert: drift === 'True', score: Number(drifted) / Number(all) });
    expect(each.length).toBe(Number(all));
    expect(unique(each.flatMap(({ column, alert }) => (alert === true ? [column!] : [])))).toEqual(
      unique(names(columns!)),
    );
  });

  it('a report of classification metrics has scores and no verdict', () => {
    const [row] = rowsOf('evidently-0.4').filter(({ verdict }) => verdict === 'no drift metric');
    const claim = onlyClaim(parseFile(row!.path));
    expect(claim.findings.every(({ scope, alert }) => scope === 'performance' && alert === null)).toBe(true);
    expect(claim.findings.find(({ method }) => method === 'roc_auc')).toMatchObject({ lowerIsDrift: true });
  });

  it('a suite as TestSuite.save wrote it says what its .json() says', () => {
    const [row] = rowsOf('evidently-0.4').filter(({ verdict }) => verdict === 'legacy TestSuite.save form');
    const verdicts = (path: string): unknown[] =>
      onlyClaim(parseFile(path)).findings.map(({ raw: _raw, ...finding }) => finding);
    expect(verdicts(row!.path)).toEqual(verdicts(row!.path.replace('.save.json', '.json')));
  });
});

describe('whylogs', () => {
  it.each(rowsOf('whylogs').filter(({ path }) => path.endsWith('.json')))('$path: $verdict', ({ path, verdict }) => {
    const claim = onlyClaim(parseFile(path));
    for (const one of names(verdict.replace(/^\*\*.*\*\* /, ''))) {
      const [column, category] = one.split(': ');
      const finding = claim.findings.find((candidate) => candidate.column === column);
      if (category === 'None') {
        expect(finding).toBeUndefined();
        expect(claim.absent).toMatchObject([{ what: 'column', name: column }]);
      } else expect(finding).toMatchObject({ alert: category === 'DRIFT', family: 'p-value', threshold: 0.05 });
    }
  });

  it.each(rowsOf('whylogs').filter(({ path }) => path.endsWith('.csv')))('$path is refused by name', ({ path }) => {
    expect(() => parseFile(path)).toThrow(/profile's summary.*calculate_drift_scores/);
  });
});

describe('Deepchecks', () => {
  it.each(rowsOf('deepchecks'))('$path: $verdict', ({ path, verdict }) => {
    const claim = onlyClaim(parseFile(path));
    const failures = verdict.match(/CheckFailure/g)?.length ?? 0;
    const named = [...verdict.matchAll(/([A-Z][\w -]*?): FAIL/g)].map(([, name]) => name!);
    const checks = alerting(claim).filter(({ column }) => column === null);
    expect(unique(checks.map(({ method }) => method.replace(/ \(.*\)$/, '')))).toEqual(unique(named));
    const reports = claim.absent.filter(({ what }) => what === 'report').length;
    const inapplicable = claim.notes.filter((note) => note.includes('does not apply')).length;
    expect(reports + inapplicable).toBe(failures);
    if (named.length === 0) expect(alerting(claim)).toEqual([]);
  });
});

describe('Alertmanager', () => {
  it.each(rowsOf('prometheus'))('$path: $verdict', ({ path, verdict }) => {
    const [, , statuses, truncated] = /^(\w+), \d+ alert\(s\): (.*), truncatedAlerts (\d+)$/.exec(verdict)!;
    const parsed = parseFile(path);
    const firing = names(statuses!).filter((status) => status === 'firing').length;
    // What the group left out is a claim of its own.
    expect(parsed.claims.filter(({ findings }) => findings.length > 0).length).toBe(firing);
    expect(parsed.claims.length).toBe(firing + (truncated === '0' ? 0 : 1));
    expect(parsed.ignored.length).toBe(names(statuses!).length - firing);
    expect(parsed.ignored.every((text) => text.includes('is resolved'))).toBe(true);
    const hidden = parsed.claims.flatMap(({ absent }) => absent);
    expect(hidden.length).toBe(truncated === '0' ? 0 : 1);
    if (truncated !== '0')
      expect(hidden[0]).toMatchObject({ what: 'alerts', why: expect.stringContaining(truncated!) });
  });
});

describe('NannyML', () => {
  const seriesName = ({ column, method }: Finding): string =>
    column === null ? method : method === 'value' ? column : `${column}_${method}`;

  it.each(rowsOf('nannyml').filter(({ verdict }) => verdict.includes('chunks;')))(
    '$path: $verdict',
    ({ path, verdict }) => {
      const [, chunks, alerts] = /^(\d+) chunks; alerts (.*)$/.exec(verdict)!;
      const parsed = parseFile(path);
      const reference = Number(/(\d+) chunks of the reference/.exec(parsed.claims[0]!.notes.join(' '))?.[1] ?? 0);
      const isUndated = path.includes('no-timestamps');
      expect(isUndated ? 4 : parsed.claims.length + reference).toBe(Number(chunks));
      const counts: Record<string, number> = {};
      for (const finding of parsed.claims.flatMap(alerting)) {
        counts[seriesName(finding)] = (counts[seriesName(finding)] ?? 0) + 1;
      }
      const told = alerts === 'none' ? [] : names(alerts!).map((one) => /^(.*) (\d+)$/.exec(one)!);
      expect(counts).toEqual(Object.fromEntries(told.map(([, name, count]) => [name, Number(count)])));
    },
  );

  it('says in a file with three header rows what the flat file says of the same chunks', () => {
    const verdicts = (path: string): unknown[] =>
      parseFile(path).claims.map(({ window, findings }) => ({
        window,
        findings: findings.map(({ raw: _raw, ...finding }) => finding),
      }));
    const folder = 'nannyml-0.13.1/distance_km.univariate';
    expect(verdicts(`${folder}-multilevel.csv`)).toEqual(verdicts(`${folder}-daily-with-reference.csv`));
    expect(verdicts(`${folder}-multilevel.csv`).length).toBe(7);
  });
});
