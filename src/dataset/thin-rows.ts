/**
 * About every so manieth row, for what needs no more than a sample: the same rows whatever order they were read in, since Postgres
 * gives them in any and a second attempt has to find the same facts. DuckDB's own hash costs next to nothing, is independent of the
 * md5 that a spec's `sample` goes by, and its upper half of the lower bits that halve rows elsewhere.
 */
import { ROW_KEYS } from '../sources/source.js';

/** A condition on rows with id and event time; the event time tells rows without an id apart. */
export const isOneOf = (every: number): string =>
  every <= 1 ? 'true' : `(hash(${ROW_KEYS.id}, ${ROW_KEYS.eventAt}) >> 32) % ${every} = 0`;
