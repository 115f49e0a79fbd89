/**
 * The only places where a value of ours or of the user becomes SQL text: quoted identifiers, literals and instants.
 * Both dialects used here (DuckDB, Postgres with standard_conforming_strings) double the quote and know no escapes.
 */
import { PipelineError } from '../core/errors.js';
import type { Instant } from '../core/types.js';

function refuseNul(text: string): string {
  if (text.includes('\0')) {
    throw new PipelineError(
      'SPEC_INVALID',
      `The name or value ${JSON.stringify(text)} holds a NUL character; remove it.`,
    );
  }
  return text;
}

/** @throws SPEC_INVALID for a NUL character, which no SQL text can hold */
export const quoteIdent = (name: string): string => `"${refuseNul(name).replaceAll('"', '""')}"`;

/** @throws SPEC_INVALID for a NUL character */
export const quoteLiteral = (text: string): string => `'${refuseNul(text).replaceAll("'", "''")}'`;

function timeOf(instant: Instant): number {
  const time = Date.parse(instant);
  if (Number.isFinite(time)) return time;
  throw new PipelineError('SPEC_INVALID', `"${instant}" is no instant; write it like 2001-03-01T00:00:00.000Z.`);
}

/** A DuckDB TIMESTAMP literal in UTC. @throws SPEC_INVALID when the text is no instant */
export function timestampLiteral(instant: Instant): string {
  const time = timeOf(instant);
  // Microseconds since 1970 rather than a text: years before 1 and after 9999 stay exact.
  return `make_timestamp(${BigInt(time) * 1000n}::BIGINT)`;
}

/**
 * A Postgres timestamptz in UTC, as a constant: the planner sees its value, and no row computes it again.
 * @throws SPEC_INVALID when the text is no instant
 */
export const zonedLiteral = (instant: Instant): string =>
  // JavaScript writes years after 9999 as +012345, Postgres as 12345.
  `${quoteLiteral(new Date(timeOf(instant)).toISOString().replace(/^\+0*/, ''))}::timestamptz`;
