/** Rows, repeats and missing values of a window by day: what does not hang on the values of any one column. */
import type { WindowInputs } from '../core/triage/input-measures.js';
import { unparsedKey } from '../sources/file-source.js';
import { ROW_KEYS } from '../sources/source.js';
import type { Duck } from './duck.js';
import type { CountedFeature, DayValues } from './input-columns.js';

type Repeats = Pick<WindowInputs, 'duplicateIds' | 'duplicateRows' | 'repeatedRows'>;

/** A list a day from (day, n) rows; days without one have 0. */
async function perDay(duck: Duck, sql: string, days: number): Promise<number[]> {
  const list = new Array<number>(days).fill(0);
  for (const row of await duck.rows(sql)) list[Number(row.day)] = Number(row.n);
  return list;
}

export async function countHours(duck: Duck, days: number): Promise<number[][]> {
  const hours = Array.from({ length: days }, () => new Array<number>(24).fill(0));
  const rows = await duck.rows(
    `SELECT day_at AS day, hour(${ROW_KEYS.eventAt}) AS hour, count(*) AS n FROM input_rows WHERE day_at IS NOT NULL GROUP BY ALL`,
  );
  for (const row of rows) hours[Number(row.day)]![Number(row.hour)] = Number(row.n);
  return hours;
}

async function duplicateIds(duck: Duck, days: number): Promise<number[]> {
  const { id, eventAt } = ROW_KEYS;
  return perDay(
    duck,
    `SELECT day_at AS day, count(*) AS n FROM (SELECT day_at, row_number() OVER (PARTITION BY ${id} ORDER BY ${eventAt}) AS place FROM input_rows ` +
      `WHERE ${id} IN (SELECT ${id} FROM input_rows WHERE ${id} IS NOT NULL GROUP BY ${id} HAVING count(*) > 1)) ` +
      'WHERE place > 1 AND day_at IS NOT NULL GROUP BY day_at',
    days,
  );
}

/** Rows are told apart by a hash of 64 bits: of a million rows two different ones meet in one of 30 million windows. */
export async function countRepeats(
  duck: Duck,
  features: readonly CountedFeature[],
  options: { readonly days: number; readonly hasDuplicateIds: boolean },
): Promise<Repeats> {
  const { days, hasDuplicateIds } = options;
  const { eventAt } = ROW_KEYS;
  const keys = new Set(features.filter((of) => of.isMeasured && !of.isEventTime).map((of) => of.planned.key));
  const values = [...keys].join(', ');
  const none = new Array<number>(days).fill(0);
  const ids = hasDuplicateIds ? await duplicateIds(duck, days) : none;
  // An event time alone says nothing of a row.
  if (keys.size === 0) return { duplicateIds: ids, duplicateRows: none, repeatedRows: none };
  await duck.run(
    `CREATE TABLE row_prints AS SELECT day_at, hash(${eventAt}, ${values}) AS whole, hash(${eventAt}::TIME, ${values}) AS dateless ` +
      'FROM input_rows WHERE day_at IS NOT NULL',
  );
  const duplicateRows = await perDay(
    duck,
    'SELECT day_at AS day, count(*) - count(DISTINCT whole) AS n FROM row_prints GROUP BY day_at',
    days,
  );
  const repeatedRows = await perDay(
    duck,
    'SELECT own.day_at AS day, count(*) AS n FROM row_prints own SEMI JOIN row_prints past ON past.dateless = own.dateless AND past.day_at = own.day_at - 1 GROUP BY own.day_at',
    days,
  );
  await duck.run('DROP TABLE row_prints');
  return { duplicateIds: ids, duplicateRows, repeatedRows };
}

/** Per feature, in their order, rows a day without a value and with one that is no number; columns that are not measured count nothing. */
export async function countMissing(
  duck: Duck,
  features: readonly CountedFeature[],
  options: { readonly rows: readonly number[]; readonly isCsv: boolean },
): Promise<DayValues[]> {
  const select = features.flatMap((of) => {
    if (!of.isMeasured) return [];
    const { key } = of.planned;
    const isText = of.feature.kind === 'numeric' && options.isCsv;
    const unparsed = isText ? [`count(*) FILTER (WHERE ${unparsedKey(key)}) AS unparsed${of.at}`] : [];
    return [`count(${key}) AS filled${of.at}`, ...unparsed];
  });
  const rows =
    select.length === 0
      ? []
      : await duck.rows(
          `SELECT day_at AS day, ${select.join(', ')} FROM input_rows WHERE day_at IS NOT NULL GROUP BY day_at`,
        );
  return features.map((of): DayValues => {
    const list = (name: string): number[] => {
      const values = new Array<number>(options.rows.length).fill(0);
      for (const row of rows) values[Number(row.day)] = Number(row[`${name}${of.at}`] ?? 0);
      return values;
    };
    const [filled, unparsed] = [list('filled'), list('unparsed')];
    const nulls = of.isMeasured ? options.rows.map((all, day) => all - filled[day]! - unparsed[day]!) : filled;
    return { filled, unparsed, nulls };
  });
}
