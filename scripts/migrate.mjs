// Brings the registry's schema in the Postgres of DATABASE_URL up to date, as its owner (PERENNIAL_MIGRATION_URL) where one
// is named: the first step of a cluster's roll-out.
// Idempotent, and safe when several run at once.
import { readEnv } from '../dist/env.js';
import { migrate } from '../dist/registry/migrate.js';

const { databaseUrl, migrationUrl = databaseUrl } = readEnv();
if (migrationUrl === undefined) {
  process.stderr.write('DATABASE_URL is not set: name the Postgres whose registry is to be migrated.\n');
  process.exitCode = 2;
} else {
  try {
    await migrate(migrationUrl);
    process.stdout.write('the registry schema is up to date\n');
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 7;
  }
}
