/** Which categories a window's categorical features have, where there are few enough to be listed and reviewed. */
import type { Categories } from '../core/quality/source-schema.js';
import { unstorableText } from '../core/unstorable-text.js';
import { quoteLiteral } from '../sources/sql.js';
import type { Duck } from './duck.js';

/** More are no list that a person reviews. */
const MOST_CATEGORIES = 1_000;
/** Longer names are texts, not categories. */
const LONGEST = 200;

/** @param columns by the source's name, the key in `source_rows` */
export async function listCategories(duck: Duck, columns: ReadonlyMap<string, string>): Promise<Categories> {
  const listed: (readonly [string, readonly string[] | null])[] = [];
  for (const [name, key] of columns) {
    const rows = await duck.rows(
      `SELECT DISTINCT ${key} AS value FROM source_rows WHERE ${key} IS NOT NULL LIMIT ${MOST_CATEGORIES + 1}`,
    );
    const values = rows.map(({ value }) => String(value)).sort();
    // Neither SQL nor the registry can hold every text that a file can.
    const isName = (value: string): boolean => value.length <= LONGEST && unstorableText(value) === null;
    listed.push([name, values.length <= MOST_CATEGORIES && values.every(isName) ? values : null]);
  }
  return Object.fromEntries(listed);
}

/** SQL: true where the category is none of those listed; never for nulls. */
export const isUnlisted = (key: string, listed: readonly string[]): string =>
  listed.length === 0
    ? `${key} IS NOT NULL`
    : `(${key} IS NOT NULL AND ${key} NOT IN (${listed.map(quoteLiteral).join(', ')}))`;
