// Synthetic holdouts with known truth: days shift the scores of both classes and of each model, as real days do.
// Seeded, so that a figure can be seen again.
import { normalUpperTail } from '../../dist/core/stats/normal-upper-tail.js';

/** mulberry32, uniform in [0, 1). */
export function uniform(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal by Box and Muller, both halves used. */
export function gaussian(rng) {
  let spare = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - rng()));
    const angle = 2 * Math.PI * rng();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

const squash = (z) => 1 / (1 + Math.exp(-z));

/** Standard deviations between days: of a day's level, of its separation of the classes, of its share of positives. */
const LEVEL = 0.3;
const SEPARATION = 0.25;
const SHARE = 0.3;
/** Correlation of two models: of their day effects and of their rows' noise. */
const SHARED_DAY = 0.6;
const SHARED_ROW = 0.8;

/**
 * @param separations one a model: how far apart it sees the classes, in standard deviations of a row's noise
 * @returns labels, days and one array of scores a model
 */
export function drawDays({ separations, days, rowsPerDay, normal, rng }) {
  const rows = days * rowsPerDay;
  const label = new Uint8Array(rows);
  const day = new Int32Array(rows);
  const scores = separations.map(() => new Float32Array(rows));
  const mix = (shared, weight) => Math.sqrt(weight) * shared + Math.sqrt(1 - weight) * normal();
  for (let at = 0; at < days; at += 1) {
    const share = squash(-1.4 + SHARE * normal());
    const [sharedLevel, sharedSeparation] = [normal(), normal()];
    const effects = separations.map((separation) => ({
      level: LEVEL * mix(sharedLevel, SHARED_DAY),
      separation: separation + SEPARATION * mix(sharedSeparation, SHARED_DAY),
    }));
    for (let row = at * rowsPerDay; row < (at + 1) * rowsPerDay; row += 1) {
      day[row] = at;
      label[row] = rng() < share ? 1 : 0;
      const shared = normal();
      for (const [model, effect] of effects.entries()) {
        const latent = effect.level + effect.separation * label[row] + mix(shared, SHARED_ROW);
        scores[model][row] = squash(latent - 1.4);
      }
    }
  }
  return { label, day, scores };
}

/** Pooled AUC of a model over infinitely many days: both classes' scores are normal there. */
export function trueAuc(separation) {
  const z = separation / Math.sqrt(2 * (1 + LEVEL ** 2) + SEPARATION ** 2);
  return 1 - normalUpperTail(z);
}
