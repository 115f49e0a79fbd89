// What a run's page shows of texts that came from data or from people.
import { describe, expect, it } from 'vitest';
import { currentDetails } from '#dist/core/report/run-details.js';

describe('the page of a run', () => {
  it('shows what data and people wrote as text: no tag, no link, no line of its own', () => {
    const page = currentDetails({
      input: { modelId: 'm', runNo: 1, specDigest: 'd', cause: 'drift', requestedBy: 'r', clock: { mode: 'wall' } },
      plan: null,
      stage: 'assess',
      awaits: null,
      awaitsSince: null,
      awaitsUntil: null,
      notes: ['Retrained all the same: "see\n# [here](https://example.org) <img src=x>"'],
      assessed: {
        verdict: 'broken-feed',
        reasons: ['Column <b> is\r\n- gone.'],
        window: { start: '2001-01-01T00:00:00.000Z', end: '2001-01-02T00:00:00.000Z' },
      },
      asks: null,
      evaluation: null,
      isDecisionAwaited: false,
    });
    const lines = page.split('\n');
    expect(lines).toContain('- Retrained all the same: "see # [here\\](https://example.org) \\<img src=x>"');
    expect(lines).toContain('- Column \\<b> is - gone.');
  });
});
