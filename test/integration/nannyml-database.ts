/** NannyML's own tables in a database of their own, as its DatabaseWriter filled them. */
import pg from 'pg';
import { emptyDatabase } from '../setup/services.js';
import { readMonitorFile } from '../unit/signals-fixtures.js';

/** As pg_dump wrote it, without psql's own commands; one simple query is one transaction, like a write of NannyML's. */
const DUMP = readMonitorFile('nannyml-0.13.1/database-writer.pg_dump.sql')
  .toString()
  .split('\n')
  .filter((line) => !line.startsWith('\\'))
  .join('\n');

export interface NannymlDatabase {
  readonly url: string;
  readonly client: pg.Client;
  close(): Promise<void>;
}

export async function nannymlDatabase(name: string): Promise<NannymlDatabase> {
  const database = await emptyDatabase(name);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(DUMP);
  await client.query('set search_path = public');
  return {
    url: database.url,
    client,
    close: async () => {
      await client.end();
      await database.drop();
    },
  };
}
