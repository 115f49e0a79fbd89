/** The arithmetic mean: a file of its own, so that nobody writes it again. */

/** NaN of no value, and when a value is NaN. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
