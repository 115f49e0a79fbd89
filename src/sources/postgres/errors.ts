/**
 * What Postgres or the way to it reports, as our own codes. Messages name the variable that holds the URL, never the URL.
 */
import { PipelineError } from '../../core/errors.js';

/** SQLSTATE classes: 42 names and syntax, 22 values that cannot be read as asked. The rest may pass. */
export function postgresError(error: unknown, urlEnv: string): unknown {
  if (error instanceof PipelineError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = error.message === '' ? code : error.message;
  if (code === '42501') {
    const message = `The role of ${urlEnv} may not read the source: ${text}.`;
    return new PipelineError('SOURCE_UNAVAILABLE', message, { cause: error, details: { sqlState: code } });
  }
  if (/^(42|22|0A|21)/.test(code) && code.length === 5) {
    const message = `Postgres refused the source's query: ${text}. Compare source.table or source.query with the database.`;
    return new PipelineError('DATA_SCHEMA_VIOLATION', message, { cause: error, details: { sqlState: code } });
  }
  const message = `The source behind ${urlEnv} cannot be read: ${text}.`;
  return new PipelineError('SOURCE_UNAVAILABLE', message, { cause: error, details: { sqlState: code } });
}
