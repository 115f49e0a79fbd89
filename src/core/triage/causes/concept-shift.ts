/** What the inputs mean has changed: the champion is worse, nothing else is, and learning anew helps. */
import { type Evidence, type EvidenceRule, evidence } from '../evidence-rule.js';
import {
  areInputsUnmoved,
  areLabelsToCome,
  hasFallen,
  isPerformanceMeasured,
  performanceText,
  signed,
  untestedInputs,
} from '../fact-words.js';
import type { RefitFacts, TriageFacts } from '../facts.js';

const refitText = ({ gain, interval, days, trainRows }: RefitFacts): string =>
  `A small model on ${trainRows} recent rows against the same learner on as many earlier ones, on ${days} later days: ` +
  `log loss ${signed(-gain)} (gain [${signed(interval.lower)}, ${signed(interval.upper)}]).`;

const gains = (refit: RefitFacts | null): boolean => refit !== null && refit.interval.lower > 0;

function unmeasured({ performance, refit }: TriageFacts): Evidence {
  return evidence([
    performance === null
      ? 'The champion’s performance on mature labels could not be measured.'
      : refit === null
        ? 'The refit probe was not run.'
        : `Labels of ${performance.days} days are mature: too few to tell.`,
  ]);
}

export const CONCEPT_SHIFT: readonly EvidenceRule[] = [
  {
    id: 'concept-refit-gains',
    cause: 'concept-shift',
    gives: 'confirmed',
    when: 'performance fell by a proper score, every input was tested and none moved, and the refit probe gains',
    find: (facts, rule) => {
      const { performance, refit } = facts;
      if (!hasFallen(performance, rule) || !areInputsUnmoved(facts) || refit === null || !gains(refit)) return null;
      if (untestedInputs(facts).length > 0) return null;
      return evidence([performanceText(performance), 'No input moved.', refitText(refit)], {
        onset: performance.onset,
      });
    },
  },
  {
    id: 'concept-not-fallen',
    cause: 'concept-shift',
    gives: 'excluded',
    when: 'performance was measured and did not fall',
    find: ({ performance }, rule) =>
      performance !== null && isPerformanceMeasured(performance, rule) && !hasFallen(performance, rule)
        ? evidence([performanceText(performance)])
        : null,
  },
  {
    id: 'concept-inputs-moved',
    cause: 'concept-shift',
    gives: 'excluded',
    when: 'inputs moved: a fall may be theirs',
    find: (facts) =>
      facts.drift !== null && !areInputsUnmoved(facts)
        ? evidence(['Inputs moved as well: a fall may be theirs.'])
        : null,
  },
  {
    id: 'concept-refit-no-gain',
    cause: 'concept-shift',
    gives: 'excluded',
    when: 'the refit probe does not gain',
    find: ({ refit }) => (refit !== null && !gains(refit) ? evidence([refitText(refit)]) : null),
  },
  {
    id: 'concept-labels-to-come',
    cause: 'concept-shift',
    gives: 'missing',
    when: 'before the label wait there are rows enough, and too few days have labels to measure performance',
    find: (facts, rule) =>
      areLabelsToCome(facts, rule) && !isPerformanceMeasured(facts.performance, rule) ? unmeasured(facts) : null,
  },
  {
    id: 'concept-inputs-untested',
    cause: 'concept-shift',
    gives: 'not-checked',
    when: 'performance fell, and an input could not be tested: the fall may be its',
    find: (facts, rule) => {
      const columns = untestedInputs(facts);
      return columns.length > 0 && hasFallen(facts.performance, rule)
        ? evidence([`Whether ${columns.join(', ')} moved could not be tested: a fall may be theirs.`], { columns })
        : null;
    },
  },
  {
    id: 'concept-unmeasured',
    cause: 'concept-shift',
    gives: 'not-checked',
    when: 'performance or the refit probe could not be measured',
    find: (facts, rule) => {
      const isFallen = hasFallen(facts.performance, rule);
      if (isPerformanceMeasured(facts.performance, rule) && !(isFallen && facts.refit === null)) return null;
      return unmeasured(facts);
    },
  },
];
