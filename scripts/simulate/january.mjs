// January's flights as columns, read from the package's Parquet file: the rows of which nothing changed, for false alarms.
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

const FLIGHTS = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));

/** The columns that the monitors were measured on. */
const COLUMNS = [
  { name: 'hour', kind: 'numeric', sql: 'hour(date)::DOUBLE' },
  { name: 'weekday', kind: 'categorical', sql: 'dayname(date)' },
  { name: 'distance', kind: 'numeric', sql: 'distance::DOUBLE' },
  { name: 'origin', kind: 'categorical', sql: 'origin' },
  { name: 'destination', kind: 'categorical', sql: 'destination' },
];

/**
 * @param {string} until first day that is left out, e.g. '2001-02-01'
 * @returns columns in order of time (numeric: values; categorical: codes into levels) and the day of each row since 2001-01-01
 */
export async function readFlights(until) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const read = async (sql) => (await connection.runAndReadAll(sql)).getColumns();
  try {
    await connection.run(
      `CREATE TABLE flights AS SELECT date, ${COLUMNS.map(({ name, sql }) => `${sql} AS ${name}`).join(', ')} ` +
        `FROM read_parquet('${FLIGHTS}', file_row_number = true) WHERE date < TIMESTAMP '${until}' ORDER BY date, file_row_number`,
    );
    const from = 'FROM flights ORDER BY rowid';
    const columns = [];
    for (const { name, kind } of COLUMNS) {
      if (kind === 'numeric') {
        const [values] = await read(`SELECT ${name} ${from}`);
        columns.push({ name, kind, values: Float64Array.from(values) });
      } else {
        const [levels] = await read(`SELECT DISTINCT ${name} AS level FROM flights ORDER BY level`);
        await connection.run(
          `CREATE TYPE ${name}_level AS ENUM (SELECT DISTINCT ${name} AS level FROM flights ORDER BY level)`,
        );
        const [codes] = await read(`SELECT enum_code(${name}::${name}_level)::INTEGER ${from}`);
        columns.push({ name, kind, levels, codes: Int32Array.from(codes) });
      }
    }
    const [days] = await read(`SELECT date_diff('day', DATE '2001-01-01', date::DATE)::INTEGER ${from}`);
    return { rows: days.length, columns, day: Int32Array.from(days) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
