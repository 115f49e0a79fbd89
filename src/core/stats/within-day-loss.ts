/**
 * Log loss of one day's rows over what the day's share of positives alone explains: how wrong a model is about *which* rows are
 * positive, blind to how many are. A day of bad weather has more late flights and a higher log loss under every model; that is no
 * worse model.
 */

/** As log-loss.ts clips. */
const EPSILON = 2 ** -23;
const STEPS = 60;
const CLOSE = 1e-12;

export interface DayLoss {
  /** Mean log loss of the scores as they are. */
  readonly loss: number;
  /** Mean log loss after the day's own intercept is added to every logit. */
  readonly shifted: number;
  /** Log loss of the day's share of positives as everybody's score: the entropy of the share. */
  readonly entropy: number;
  /** Variance of the label: share × (1 − share). */
  readonly variance: number;
}

const clip = (score: number): number => Math.min(Math.max(score, EPSILON), 1 - EPSILON);
const logistic = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** log(1 + e^x), without overflow. */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));

/**
 * Definition: with z the logits of the scores and y the labels, the b at which Σ logistic(z + b) = Σ y (the maximum of the likelihood
 * over b), and the mean losses of z, of z + b, and of the constant share.
 * Inputs: scores in [0, 1] and labels 0 or 1 of one day's rows, aligned; no NaN.
 * Conventions: natural log; scores clipped to [2^-23, 1 − 2^-23]. Both `shifted` and `entropy` fit one number to the day, so that
 * their difference has no bias by the day's number of rows to first order.
 * Output: `shifted − entropy` is 0 for a model that cannot tell rows of the day apart, negative for one that can, positive for one
 * that ranks them backwards. Per unit of `variance` it does not depend on the share to first order: with logits of variance s² that are
 * right it is −s²/2.
 * Edge cases: null without both classes.
 * Reference: calibration in the large (Cox 1958), the intercept refitted with the slope kept; oracle: a root found by bisection
 * (test/unit/triage-performance.test.ts).
 * Example: scores .2 .2 .8 .8, labels 0 0 1 1: loss and shifted .22314, entropy .69315, variance .25.
 */
export function dayLoss(scores: Float64Array, labels: Uint8Array): DayLoss | null {
  const rows = scores.length;
  let positives = 0;
  let loss = 0;
  const logits = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const score = clip(scores[row]!);
    logits[row] = Math.log(score / (1 - score));
    positives += labels[row]!;
    loss += labels[row] === 1 ? -Math.log(score) : -Math.log(1 - score);
  }
  if (positives === 0 || positives === rows) return null;
  const intercept = fitIntercept(logits, positives);
  let shifted = 0;
  for (let row = 0; row < rows; row += 1) {
    const logit = logits[row]! + intercept;
    shifted += softplus(labels[row] === 1 ? -logit : logit);
  }
  const share = positives / rows;
  return {
    loss: loss / rows,
    shifted: shifted / rows,
    entropy: -share * Math.log(share) - (1 - share) * Math.log(1 - share),
    variance: share * (1 - share),
  };
}

/** Newton's steps inside a bracket, halved where one leaves it: the sum rises with b from 0 to the number of rows. */
function fitIntercept(logits: Float64Array, positives: number): number {
  let low = -40;
  let high = 40;
  let intercept = 0;
  for (let step = 0; step < STEPS; step += 1) {
    let sum = 0;
    let slope = 0;
    for (let row = 0; row < logits.length; row += 1) {
      const p = logistic(logits[row]! + intercept);
      sum += p;
      slope += p * (1 - p);
    }
    if (sum > positives) high = intercept;
    else low = intercept;
    const newton = intercept - (sum - positives) / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - intercept) <= CLOSE) return next;
    intercept = next;
  }
  return intercept;
}
