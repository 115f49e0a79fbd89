/**
 * One week of April with the damage that the reports in evidently/reports/faults were made of: once forty airports are missing, once
 * distance is in kilometres. Each is a file of its own, sound before and after that week.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flightsSql, writeParquet } from './prepare.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const KM_PER_MILE = 1.609344;
/** The month after the week is what a decision in May would want; nothing later is read. */
const END = '2001-05-01';

const faults = () => JSON.parse(readFileSync(join(HERE, 'evidently', 'reports', 'faults', 'index.json'), 'utf8'));

const list = (names) => names.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');

function damagedSql(name) {
  const { start, end, airports } = faults().find(({ file }) => file.startsWith(`faults/${name}-`));
  const isInWeek = `event_at >= TIMESTAMP '${start.slice(0, 19)}' AND event_at < TIMESTAMP '${end.slice(0, 19)}'`;
  const sound = `SELECT * FROM (${flightsSql()}) WHERE event_at < TIMESTAMP '${END}'`;
  if (name === 'broken-feed') {
    return `${sound} AND NOT (${isInWeek} AND (origin IN (${list(airports)}) OR destination IN (${list(airports)})))`;
  }
  return `SELECT * REPLACE (CASE WHEN ${isInWeek} THEN distance * ${KM_PER_MILE} ELSE distance END AS distance) FROM (${sound})`;
}

export const FAULTS = ['broken-feed', 'unit-change'];

/**
 * Finished files are kept, and a new one appears whole or not at all.
 * @param {{ folder?: string }} [options]
 */
export async function prepareFaultyWeek({ folder = join(HERE, 'data') } = {}) {
  for (const name of FAULTS) {
    const target = join(folder, `${name}.parquet`);
    if (!existsSync(target)) await writeParquet(`SELECT * FROM (${damagedSql(name)}) ORDER BY id`, target);
  }
}
