import { describe, expect, it } from 'vitest';
import { evaluate } from '#dist/core/evaluation/evaluate.js';
import { type ReportContext, renderReport } from '#dist/core/evaluation/report.js';
import { gate, holdout, withSpec } from '../property/evaluation-holdout.js';

const context: ReportContext = {
  modelId: 'flights',
  runNo: 3,
  candidateVersion: 7,
  championVersion: 4,
  holdout: { start: '2001-03-01T00:00:00.000Z', end: '2001-03-29T00:00:00.000Z' },
  evidenceDigest: 'ab'.repeat(32),
  spec: {
    margin: 0,
    source: { kind: 'csv', path: 'a.csv', columns: { id: 'id', eventAt: 'event_at', label: 'y', labelKnownAt: 'k' } },
    approval: {
      policy: 'when-needed',
      quorum: 1,
      allowed: [],
      separateRequester: true,
      channels: ['update'],
      expiry: 'P7D',
    },
  },
  look: 2,
};

describe('the report', () => {
  const gates = [gate({ min: 0.5 }), gate({ on: 'each:origin', nonInferior: { tolerance: 0.1 }, required: false })];
  const result = evaluate({ ...withSpec(holdout({ rowsPerDay: 100 }), { gates }), look: 2 });
  const text = renderReport(result, context);
  it('opens with the verdict and its reasons', () => {
    expect(text.split('\n')[0]).toBe('# Promote: flights, version 7');
    expect(text.indexOf(result.reasons[0]!)).toBeLessThan(text.indexOf('## Candidate and champion'));
  });
  it('shows every metric, every gate and both intervals with their levels', () => {
    for (const title of ['AUC (primary)', 'AUC within days', 'Average precision', 'Log loss', 'Brier', 'Calibration']) {
      expect(text).toContain(title);
    }
    for (const one of result.gates) expect(text).toContain(`| ${one.gate} |`);
    expect(text).toContain('look 2 at this range gates at 99.17 %');
    expect(text).toContain('At 95 %');
  });
  it('says what the row interval assumes, what was not checked and what an interval speaks for', () => {
    expect(text).toContain('assumes independent rows');
    expect(text).toContain('could not assess 1 values');
    expect(text).toContain('"as-of not guaranteed" for rows.');
    expect(text).not.toContain('"as-of not guaranteed" for labels');
    expect(text).toContain("An interval speaks for this holdout's period");
    expect(text).toContain(context.evidenceDigest);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
  it('fits on about a page', () => {
    expect(text.split('\n').length).toBeLessThan(70);
  });
  it('leaves comparisons out of a first version’s page', () => {
    const first = renderReport(evaluate(holdout({ champion: null })), { ...context, championVersion: null, look: 1 });
    expect(first).toContain('no champion yet');
    expect(first).not.toContain('## The difference');
    expect(first).not.toMatch(/NaN|undefined|Infinity/);
  });
  it('keeps a slice name from breaking the table', () => {
    const slices = [{ name: 'a|b', column: 'origin', in: ['A'] }];
    expect(renderReport(evaluate(withSpec(holdout(), { slices })), context)).toContain('| a\\|b |');
  });
});
