/** docs/triage.md says what the code decides: the table of lines, and what each verdict does to a run. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decide } from '#dist/core/triage/decide.js';
import { EVIDENCE_RULES } from '#dist/core/triage/evidence-rules.js';
import type { TriageFacts } from '#dist/core/triage/facts.js';
import { DEFAULT_TRIAGE_RULE } from '#dist/core/triage/triage-rule.js';
import { CAUSES } from '#dist/core/triage/verdict.js';
import { facts, fallen, jump, labels, map, moved, PASSED, refit, rotation } from './triage-fixtures.js';

const text = readFileSync(new URL('../../docs/triage.md', import.meta.url), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const lines = rows.filter((row) => row.length === 4);
const verdicts = rows.filter((row) => row.length === 3);

const gone = { ...PASSED, passed: false };
const shifted = { columns: [moved()], scores: null };
const window = { start: '2000-03-01T00:00:00.000Z', end: '2000-03-15T00:00:00.000Z' };

/** Facts of each verdict; of a fault first certain, then suspected. */
const FACTS: Record<string, readonly Partial<TriageFacts>[]> = {
  'broken-feed': [{ checks: [gone] }, { checks: [{ ...gone, isExact: false }] }],
  'logging-change': [{ maps: [map()] }, { maps: [map({ share: null })] }],
  'code-or-feature-bug': [{ maps: [rotation({ kind: 'shift' })] }, { maps: [rotation()] }],
  'label-fault': [
    { labels: labels({ shifts: [jump({ isInverted: true })] }) },
    { labels: labels({ shifts: [jump()] }) },
  ],
  seasonal: [{ drift: shifted, season: { window, isAlike: true, explains: [], isPerformanceUsual: true } }],
  'concept-shift': [{ performance: fallen(), refit: refit(0.01) }],
  'genuine-shift': [{ drift: shifted }],
  'no-shift': [{}],
  unclear: [{ drift: null, performance: null }],
  'pending-labels': [{ labels: labels({ positivesKnown: 0.1 }), drift: null }],
};

const WORDS = {
  stop: /^stops/,
  ask: /asks/,
  'go-on': /^goes on/,
  'await-labels': /^goes on to the label wait/,
} as const;

describe('the page on triage', () => {
  it('lists every line of the decision table, in its order and its words', () => {
    expect(lines).toEqual(EVIDENCE_RULES.map(({ id, cause, gives, when }) => [`\`${id}\``, cause, gives, when]));
  });

  it('lists every verdict, causes in the order in which they win', () => {
    expect(verdicts.map(([name]) => name?.replaceAll('`', ''))).toEqual([...CAUSES, 'unclear', 'pending-labels']);
  });

  it.each(Object.keys(FACTS))('says what %s does to a run', (verdict) => {
    const [, ofAlarm = '', ofOthers = ''] = verdicts.find(([name]) => name === `\`${verdict}\``) ?? [];
    for (const given of FACTS[verdict] ?? []) {
      const alarm = decide(facts(given), DEFAULT_TRIAGE_RULE);
      const other = decide(facts({ ...given, cause: 'schedule', claims: [] }), DEFAULT_TRIAGE_RULE);
      expect([alarm.verdict, other.verdict]).toEqual([verdict, verdict]);
      expect(ofAlarm).toMatch(WORDS[alarm.action]);
      expect(ofOthers === 'the same' ? ofAlarm : ofOthers).toMatch(WORDS[other.action]);
    }
  });
});
