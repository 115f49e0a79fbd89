/** It moved, but to where it was at the same time of an earlier period, and the champion does as well as usual. */
import { shortWindow } from '../../instant.js';
import { type EvidenceRule, evidence } from '../evidence-rule.js';
import { movedColumns, needsPerformance } from '../fact-words.js';

export const SEASONAL: readonly EvidenceRule[] = [
  {
    id: 'season-alike',
    cause: 'seasonal',
    gives: 'confirmed',
    when: 'what moved has not moved against the same calendar window of an earlier period, and the champion is in its usual band there, or could not be measured and no claim is about it',
    find: (facts) => {
      const { season } = facts;
      const moved = movedColumns(facts).map(({ column }) => column);
      if (season?.isPerformanceUsual === null && needsPerformance(facts)) return null;
      if (season === null || season.isAlike !== true || season.isPerformanceUsual === false || moved.length === 0)
        return null;
      const window = shortWindow(season.window);
      const texts = [`${moved.join(', ')} moved against the weeks before, and not against ${window}.`];
      if (season.isPerformanceUsual === null) texts.push('The champion’s quality at that time could not be measured.');
      return evidence(texts, { columns: moved });
    },
  },
  {
    id: 'season-unlike',
    cause: 'seasonal',
    gives: 'excluded',
    when: 'the same calendar window of an earlier period is unlike this one',
    find: ({ season }) =>
      season?.isAlike === false ? evidence([`The window differs from ${shortWindow(season.window)} too.`]) : null,
  },
  {
    id: 'season-untold',
    cause: 'seasonal',
    gives: 'not-checked',
    when: 'nothing moved against the same calendar window of an earlier period, on too few rows or days to have seen it',
    find: ({ season }) =>
      season?.isAlike === null
        ? evidence([
            `Nothing is seen to differ from ${shortWindow(season.window)}, on too few rows or days to have seen it.`,
          ])
        : null,
  },
  {
    id: 'season-no-history',
    cause: 'seasonal',
    gives: 'not-checked',
    when: 'history does not reach back to that window',
    find: ({ season }) =>
      season === null ? evidence(['There are no rows of the same calendar window a year earlier.']) : null,
  },
];
