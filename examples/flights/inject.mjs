/**
 * Flights with one fault, or one real change, from a day on: a file to try perennial's triage with.
 *
 *   node examples/flights/inject.mjs --list
 *   node examples/flights/inject.mjs CASE --from DAY [--to DAY] [--seed N] [--rows N] --out FILE
 *
 *   --from   the onset, e.g. 2001-03-05
 *   --to     the first day without rows; sixteen days after the onset by default: two weeks to judge, and their labels
 *   --rows   about so many rows a week, of 116,000; all of them by default
 *   --seed   draws rows and airports; the same seed gives the same file (default 1)
 *
 * The file starts with 1 January 2001 (of `season`: two years before --to) and has the columns of prepare.mjs, and `hour` as a feature
 * pipeline would have logged it. What is true of each case stands in inject-cases.mjs, how it is made in inject-sql.mjs.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './inject-cases.mjs';
import { INJECTED } from './inject-sql.mjs';
import { flightsSql, writeParquet } from './prepare.mjs';

const DAY_MS = 86_400_000;
const LAST = '2001-07-01';
const FIRST_ONSET = '2001-01-29';
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const addDays = (day, days) => dayOf(Date.parse(day) + days * DAY_MS);

class Refusal extends Error {}

function checkDay(name, value) {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) && dayOf(Date.parse(value)) === value)
    return;
  throw new Refusal(`${name} is a day, written as 2001-03-05; it is "${value}".`);
}

function checkWhole(name, value) {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new Refusal(`${name} is a whole number from 0 on.`);
}

function checkSpan(caseName, from, to) {
  if (to <= from) throw new Refusal(`--to (${to}) lies after --from (${from}).`);
  if (caseName === 'season') return;
  if (from < FIRST_ONSET) throw new Refusal(`--from is at earliest ${FIRST_ONSET}, so that four weeks lie before it.`);
  if (to > LAST) throw new Refusal(`--to is at latest ${LAST}, where the flights end; it is ${to}.`);
}

/**
 * @param {{ caseName: string, from: string, to?: string, windowEnd?: string, seed?: number, rowsAWeek?: number | null, target: string }} options
 *   `windowEnd`: where the window that will be judged ends; two days before `to` by default
 */
export async function injectFlights(options) {
  const { caseName, from, target, seed = 1, rowsAWeek = null } = options;
  if (!Object.hasOwn(CASES, caseName)) {
    throw new Refusal(`There is no case "${caseName}". Cases: ${Object.keys(CASES).join(', ')}.`);
  }
  checkDay('--from', from);
  const { to = addDays(from, 16) } = options;
  checkDay('--to', to);
  checkSpan(caseName, from, to);
  checkWhole('--seed', seed);
  if (rowsAWeek !== null) checkWhole('--rows', rowsAWeek);
  const windowEnd = options.windowEnd ?? addDays(to, -2);
  // The days of a season are drawn from the whole half-year.
  const until = caseName === 'season' ? '' : `WHERE event_at < TIMESTAMP '${to}'`;
  const every = `SELECT * FROM (${flightsSql(', delay, CAST(hour(date) AS INTEGER) AS hour')}) ${until}`;
  const rows = INJECTED[caseName]({ from, to, windowEnd, seed, rowsAWeek });
  await writeParquet(`WITH every AS (${every}) SELECT * EXCLUDE (delay) FROM (${rows}) ORDER BY event_at, id`, target);
  return { caseName, from, to, target };
}

function list() {
  const width = Math.max(...Object.keys(CASES).map((name) => name.length));
  for (const [name, { about, truth, passes, version }] of Object.entries(CASES)) {
    const also = passes.length === 0 ? '' : ` (also right: ${passes.join(', ')})`;
    const announced = version === null ? '' : `; announce it as ${version.kind} ${version.name}`;
    console.log(`${name.padEnd(width)}  ${truth}${also}\n${' '.repeat(width)}  ${about}${announced}`);
  }
}

async function main() {
  const option = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: { type: 'boolean' }, from: option, to: option, seed: option, rows: option, out: option },
  });
  if (values.list) return list();
  const [caseName] = positionals;
  if (caseName === undefined || values.from === undefined || values.out === undefined) {
    throw new Refusal('Write: inject.mjs CASE --from DAY [--to DAY] [--seed N] [--rows N] --out FILE, or --list.');
  }
  const made = await injectFlights({
    caseName,
    from: values.from,
    ...(values.to === undefined ? {} : { to: values.to }),
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
    rowsAWeek: values.rows === undefined ? null : Number(values.rows),
    target: values.out,
  });
  console.log(`Wrote ${made.target}: ${CASES[caseName].about}, from ${made.from} on; rows to ${made.to}.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Refusal || error.code?.startsWith('ERR_PARSE_ARGS'))) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
