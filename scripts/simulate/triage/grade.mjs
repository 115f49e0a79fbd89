// How a verdict stands to the truth of its case.

/** Verdicts that leave it to a person, or to labels that are to come. */
const OPEN = ['unclear', 'pending-labels'];
const TRAINS = ['concept-shift', 'genuine-shift', 'clear'];

const isPassing = ({ passes }, { verdict, certainty }) =>
  passes.some((pass) => pass === verdict || pass === `${verdict} ${certainty}`);

/**
 * `right`; `cautious`: unclear, or the right one as suspected where it could have been certain; `wrong`: anything else.
 * @param truth of inject-cases.mjs
 */
export function gradeOf(truth, result) {
  const { verdict, certainty } = result;
  if (verdict === truth.truth) {
    return certainty !== 'suspected' || truth.passes.includes('suspected') ? 'right' : 'cautious';
  }
  if (isPassing(truth, result)) return 'right';
  return OPEN.includes(verdict) ? 'cautious' : 'wrong';
}

/** Would go on to training without a person having been asked. */
export const isTraining = ({ verdict, action }) => action === 'go-on' || TRAINS.includes(verdict);

/** Of the window without the fault, from the onset on. */
export const isEnough = ({ enough }, { rowsAWeek, days }) =>
  (rowsAWeek / 7) * days >= enough.rows && days >= enough.days;

export const labelOf = ({ verdict, certainty }) => (certainty === 'suspected' ? `${verdict}?` : verdict);
