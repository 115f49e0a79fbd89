// The figures of the built-in monitor as a terminal shows them.
import { expect, it } from 'vitest';
import { renderMonitor, sparkline } from '#dist/cli/render-monitor.js';
import type { KeptPoint } from '#dist/registry/monitor-points.js';

const PLAIN = { width: null, hasColour: false } as const;
const window = { start: '2001-02-05T00:00:00.000Z', end: '2001-02-12T00:00:00.000Z' };
const point = (series: string, change: Partial<KeptPoint> = {}): KeptPoint => ({
  series,
  scope: 'column',
  column: null,
  periodEnd: window.end,
  championVersion: 1,
  measuredAt: window.end,
  value: 0.25,
  interval: null,
  threshold: 0.05,
  alert: true,
  adjustedPValue: 0.0002,
  binError: 0.01,
  window,
  rows: 2_000,
  days: 7,
  referenceDays: 28,
  method: 'ks',
  note: 'far away',
  ...change,
});
const look = {
  ...{ modelId: 'm', periodEnd: window.end, championVersion: 1, outcome: 'measured' as const, asOf: window.end },
  ...{ lookedAt: window.end, reason: 'drift:a of 3 figures alert.', alerts: ['drift:a'], triggerId: 't' },
};

it('draws a trend from its least to its most, with a gap where nothing was measured and a mark where the champion changed', () => {
  const of = (...values: (number | null)[]) => values.map((value, at) => ({ value, championVersion: at < 3 ? 1 : 2 }));
  expect(sparkline(of(0, 1, null, 0.5))).toBe('▁█ |▅');
  expect(sparkline(of(2, 2))).toBe('▁▁');
  expect(sparkline(of(null))).toBe(' ');
});

it('shows a line a series, an estimate as one, a count as it is, and what was never judged as a dash', () => {
  const points = [
    point('drift:a', { periodEnd: '2001-02-11T00:00:00.000Z', value: 0.01, alert: false }),
    point('drift:a'),
    point('estimated:auc', { value: 0.7, threshold: null, alert: null, adjustedPValue: null }),
    point('rows', { value: 2_000, threshold: 700, alert: false, adjustedPValue: null }),
  ];
  const text = renderMonitor({ modelId: 'm', points, look }, { ...PLAIN, series: null });
  expect(text).toMatch(/^drift:a +2001-02-12 +0\.2500 +– +0\.0500 +0\.0002 +ALERT +1 +▁█$/m);
  expect(text).toMatch(/^estimated:auc +2001-02-12 +0\.7000 +– +– +– +– +1 +▁$/m);
  expect(text).toMatch(/^rows +2001-02-12 +2000 +– +700 +– +no /m);
  expect(text).toContain('is computed without labels');
  expect(text).toContain('perennial triggers m');
});

it('shows every period of one series with its window and what it says', () => {
  const text = renderMonitor({ modelId: 'm', points: [point('drift:a')], look }, { ...PLAIN, series: 'drift:a' });
  expect(text).toMatch(/\[2001-02-05, 2001-02-12\) +2000 +far away$/m);
});

it('says that nothing was measured, why, and what to do', () => {
  const none = { modelId: 'm', points: [], look: null };
  expect(renderMonitor(none, { ...PLAIN, series: null })).toContain('perennial monitor m --now');
  expect(renderMonitor({ ...none, look }, { ...PLAIN, series: 'drift:b' })).toMatch(/^No figure of series drift:b\./);
});
