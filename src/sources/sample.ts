/**
 * The sample's rule as SQL that DuckDB and Postgres both run with identical results: the first eight hex digits of
 * md5(id text ‖ ':' ‖ seed), read as an unsigned number, lie below fraction × 2^32. Fixed-width lower-case hex sorts as the numbers do,
 * so the comparison stays text and needs no cast that only one of the two knows.
 */
const RANGE = 2 ** 32;

/**
 * @param md5 an SQL expression: lower-case hex md5 of the UTF-8 bytes of the text expression it is given
 * @returns a boolean expression, or null when every row stays
 */
export function sampleFilter(
  sample: { readonly fraction: number; readonly seed: number } | undefined,
  idText: string,
  md5: (text: string) => string,
): string | null {
  if (sample === undefined) return null;
  const limit = Math.ceil(sample.fraction * RANGE);
  if (limit >= RANGE) return null;
  return `substr(${md5(`(${idText} || ':${sample.seed}')`)}, 1, 8) < '${limit.toString(16).padStart(8, '0')}'`;
}
